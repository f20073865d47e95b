#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Where something new is to stand, links followed, and what is there now.
struct SaveTarget {
  /// The path that was asked for.
  let path: String
  /// The path that gets the name: where a symbolic link at ``path`` leads, even when nothing is there yet.
  let place: String
  /// The folder that holds ``place``.
  let directory: String
  /// What is at ``place``; `nil` when nothing is.
  let existing: stat?

  private static let maximumLinks = 40

  init(_ path: String) throws(ArchiveError) {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw ArchiveError(.cannotCreate, path: path, "not a path that a file can have")
    }
    var place = path
    while place.utf8.count > 1, place.utf8.last == UInt8(ascii: "/") { place.removeLast() }
    var existing: stat?
    var links = 0
    while true {
      var status = stat()
      guard lstat(place, &status) == 0 else {
        let number = errno
        if number == ENOENT { break }
        throw .system(.cannotCreate, number: number, path: path, doing: "resolve the path")
      }
      guard status.st_mode & S_IFMT == S_IFLNK else {
        existing = status
        break
      }
      links += 1
      guard links <= SaveTarget.maximumLinks else {
        throw .system(.cannotCreate, number: ELOOP, path: path, doing: "resolve the path")
      }
      place = try SaveTarget.destination(of: place, for: path)
    }
    self.path = path
    self.place = place
    self.existing = existing
    directory = SaveTarget.directory(of: place)
  }

  /// The last part of ``place``.
  var name: String {
    place.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(place[place.index(after: $0)...]) }
      ?? place
  }

  /// The error for something that is there and must not be replaced.
  var occupied: ArchiveError {
    ArchiveError(
      .cannotCreate, path: path, "the file exists already; ask for overwriting to replace it")
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func destination(of link: String, for path: String) throws(ArchiveError) -> String
  {
    var length = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
      length = buffer.withMemoryRebound(to: CChar.self) { text in
        text.baseAddress.map { readlink(link, $0, text.count) } ?? -1
      }
      count = max(length, 0)
    }
    guard length >= 0 else {
      throw .system(.cannotCreate, number: errno, path: path, doing: "resolve the path")
    }
    guard length > 0, length < Int(PATH_MAX), let text = String(validating: bytes, as: UTF8.self)
    else {
      throw ArchiveError(.cannotCreate, path: path, "the link leads to a path that is not UTF-8")
    }
    if text.utf8.first == UInt8(ascii: "/") { return text }
    return directory(of: link) + "/" + text
  }
}

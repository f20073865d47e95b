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
  /// Whether a symbolic link stands at ``path``.
  let isLink: Bool

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
    isLink = links > 0
    directory = SaveTarget.directory(of: place)
  }

  /// The last part of ``place``.
  var name: String {
    guard let slash = place.utf8.lastIndex(of: UInt8(ascii: "/")) else { return place }
    return String(place[place.utf8.index(after: slash)...])
  }

  /// Throws unless a file may be made here, or replace what is here.
  func requireFile(overwriting: Bool) throws(ArchiveError) {
    guard path.utf8.last != UInt8(ascii: "/") else {
      throw ArchiveError(.cannotCreate, path: path, "expected a file, found the path of a folder")
    }
    guard let existing else { return }
    guard existing.st_mode & S_IFMT == S_IFREG else {
      let kind = FileKind(mode: existing.st_mode)
      throw ArchiveError(.cannotCreate, path: path, "expected a file or nothing, found \(kind)")
    }
    guard overwriting else { throw occupied }
    try requireWritable("file")
  }

  /// Throws when what is here must not be written, and so not replaced either.
  ///
  /// - Parameter what: what is here, in words.
  func requireWritable(_ what: String) throws(ArchiveError) {
    guard faccessat(AT_FDCWD, place, W_OK, AT_EACCESS) == 0 else {
      throw .system(.cannotCreate, number: errno, path: path, doing: "replace the \(what)")
    }
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

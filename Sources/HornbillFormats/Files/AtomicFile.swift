#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A new file that appears under its name only when it is complete.
///
/// Bytes go to a temporary file in the directory of the target; ``commit()`` makes them durable and gives them the
/// name. Whatever happens before, the target keeps its old contents, and the temporary file is removed when the
/// value goes away. A process that is killed leaves a file `.hornbill-….tmp` behind.
package struct AtomicFile: ~Copyable {
  /// The path that was asked for.
  package let path: String
  /// The path of the temporary file, for libraries that write by path.
  package let temporaryPath: String
  private let target: String
  private let directory: String
  private let overwriting: Bool
  private var descriptor: Int32
  private var isCommitted = false
  private var buffer: [UInt8] = []
  private var flushed = 0

  /// The number of bytes written so far.
  package var position: Int { flushed + buffer.count }

  /// Makes the temporary file.
  ///
  /// - Parameters:
  ///   - path: the target. A symbolic link is followed.
  ///   - overwriting: whether a file of that name is replaced; it keeps its permissions.
  package init(path: String, overwriting: Bool) throws(ArchiveError) {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw ArchiveError(.cannotCreate, path: path, "not a path that a file can have")
    }
    var mode: mode_t?
    var target = path
    var status = stat()
    if stat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFREG else {
        let kind = FileKind(mode: status.st_mode)
        throw ArchiveError(
          .cannotCreate, path: path, "expected a file or nothing, found \(kind)")
      }
      guard overwriting else { throw AtomicFile.exists(path) }
      mode = status.st_mode & 0o777
      guard let resolved = realpath(path, nil) else {
        throw .system(.cannotCreate, number: errno, path: path, doing: "resolve the path")
      }
      target = String(cString: resolved)
      free(resolved)
    }
    var directory = "."
    if let slash = target.utf8.lastIndex(of: UInt8(ascii: "/")) {
      directory = slash == target.startIndex ? "/" : String(target[..<slash])
    }
    var descriptor: Int32 = -1
    var temporaryPath = ""
    for _ in 0..<16 {
      let suffix = String(UInt64.random(in: .min ... .max), radix: 16)
      temporaryPath = "\(directory)/.hornbill-\(suffix).tmp"
      descriptor = open(temporaryPath, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
      if descriptor >= 0 || errno != EEXIST { break }
    }
    guard descriptor >= 0 else {
      throw .system(
        .cannotCreate, number: errno, path: path, doing: "create a file in '\(directory)'")
    }
    if let mode { _ = fchmod(descriptor, mode) }
    self.path = path
    self.target = target
    self.directory = directory
    self.temporaryPath = temporaryPath
    self.overwriting = overwriting
    self.descriptor = descriptor
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if !isCommitted { unlink(temporaryPath) }
  }

  /// Appends bytes.
  package mutating func write(_ bytes: some Collection<UInt8>) throws(ArchiveError) {
    buffer += bytes
    if buffer.count >= 1 << 20 { try flush() }
  }

  /// Replaces bytes that were written before.
  package mutating func overwrite(at offset: Int, with bytes: [UInt8]) throws(ArchiveError) {
    try flush()
    try writeAll(bytes, at: offset)
  }

  /// Makes the contents durable and gives them the name of the target.
  package consuming func commit() throws(ArchiveError) {
    try flush()
    guard fsync(descriptor) == 0 else {
      throw .system(.io, number: errno, path: path, doing: "write the file")
    }
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0 else {
      throw .system(.io, number: errno, path: path, doing: "write the file")
    }
    if overwriting {
      guard rename(temporaryPath, target) == 0 else {
        throw .system(.cannotCreate, number: errno, path: path, doing: "replace the file")
      }
      isCommitted = true
    } else {
      try nameWithoutReplacing()
    }
    let parent = open(directory, O_RDONLY | O_CLOEXEC)
    if parent >= 0 {
      // Some file systems cannot sync a directory; the file itself is durable by now.
      _ = fsync(parent)
      close(parent)
    }
  }

  /// Gives the name by a second link, which fails when the name is taken, unlike `rename`.
  private mutating func nameWithoutReplacing() throws(ArchiveError) {
    if link(temporaryPath, target) == 0 {
      // The temporary name goes away with this value.
      return
    }
    switch errno {
    case EEXIST:
      throw AtomicFile.exists(path)
    case EPERM, EOPNOTSUPP, ENOSYS, EMLINK:
      guard access(target, F_OK) != 0 else { throw AtomicFile.exists(path) }
      guard rename(temporaryPath, target) == 0 else {
        throw .system(.cannotCreate, number: errno, path: path, doing: "name the file")
      }
      isCommitted = true
    default:
      throw .system(.cannotCreate, number: errno, path: path, doing: "name the file")
    }
  }

  private static func exists(_ path: String) -> ArchiveError {
    ArchiveError(
      .cannotCreate, path: path, "the file exists already; ask for overwriting to replace it")
  }

  private mutating func flush() throws(ArchiveError) {
    guard !buffer.isEmpty else { return }
    try writeAll(buffer, at: flushed)
    flushed += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }

  private func writeAll(_ bytes: [UInt8], at offset: Int) throws(ArchiveError) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(
          descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset + done))
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw .system(.io, number: errno, path: path, doing: "write the file")
      }
      guard count > 0 else {
        throw .system(.io, number: ENOSPC, path: path, doing: "write the file")
      }
      done += count
    }
  }
}

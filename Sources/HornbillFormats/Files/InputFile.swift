#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A regular file open for reading at any place, by any number of threads.
final class InputFile: Sendable {
  /// The path as given.
  let path: String
  /// The size in bytes when the file was opened.
  let size: Int
  /// The descriptor, owned by this object.
  let descriptor: Int32

  /// Opens a file.
  ///
  /// Opening never waits: a pipe or a device is refused.
  init(path: String) throws(ArchiveError) {
    guard !path.utf8.contains(0) else {
      throw ArchiveError(.unreadable, path: path, "a path cannot contain a NUL character")
    }
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .system(number: errno, path: path, doing: "open the file")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let number = errno
      close(descriptor)
      throw .system(number: number, path: path, doing: "examine the file")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      let kind = FileKind(mode: status.st_mode)
      throw ArchiveError(.unreadable, path: path, "expected a regular file, found \(kind)")
    }
    self.path = path
    self.descriptor = descriptor
    size = Int(status.st_size)
  }

  deinit {
    close(descriptor)
  }

  /// Reads bytes at an offset into memory, all of them.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(ArchiveError) {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0 {
        if errno == EINTR { continue }
        throw .system(.io, number: errno, path: path, doing: "read the file")
      }
      guard count > 0 else {
        throw ArchiveError(
          .truncated, path: path,
          "truncated: expected \(buffer.count) bytes at \(offset), found \(done)")
      }
      done += count
    }
  }
}

/// What a path leads to, for messages.
enum FileKind: CustomStringConvertible {
  case regular, directory, pipe, socket, device, other

  init(mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFREG: self = .regular
    case S_IFDIR: self = .directory
    case S_IFIFO: self = .pipe
    case S_IFSOCK: self = .socket
    case S_IFCHR, S_IFBLK: self = .device
    default: self = .other
    }
  }

  /// What a path leads to, links followed.
  init(path: String) throws(ArchiveError) {
    guard !path.utf8.contains(0) else {
      throw ArchiveError(.unreadable, path: path, "a path cannot contain a NUL character")
    }
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw .system(number: errno, path: path, doing: "open the file")
    }
    self.init(mode: status.st_mode)
  }

  var description: String {
    switch self {
    case .regular: "a regular file"
    case .directory: "a directory"
    case .pipe: "a pipe"
    case .socket: "a socket"
    case .device: "a device"
    case .other: "something else"
    }
  }
}

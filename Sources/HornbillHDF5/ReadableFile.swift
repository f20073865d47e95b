#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A regular file, open for reading.
struct ReadableFile: ~Copyable {
  let descriptor: Int32
  let length: UInt64

  /// Opens a file without waiting for anything: a pipe, a device and a folder are refused.
  init(_ path: String) throws(HDF5.Error) {
    guard !path.utf8.contains(0) else {
      throw HDF5.Error(.invalidArgument, file: path, "the path contains a NUL")
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let reason = errno
      let code: HDF5.Error.Code =
        reason == ENOENT || reason == ENOTDIR ? .notFound : .io
      throw HDF5.Error(code, file: path, "cannot be opened: \(systemMessage(reason))")
    }
    var status = stat()
    let result = fstat(descriptor, &status)
    let kind = status.st_mode & mode_t(S_IFMT)
    guard result == 0, kind == mode_t(S_IFREG), status.st_size >= 0 else {
      close(descriptor)
      let what = kind == mode_t(S_IFDIR) ? "a folder" : "a pipe, socket or device"
      throw HDF5.Error(.io, file: path, "expected a regular file, found \(what)")
    }
    self.descriptor = descriptor
    length = UInt64(status.st_size)
  }

  deinit { close(descriptor) }

  /// Up to `count` bytes from `offset`; fewer at the end of the file or after an error.
  func bytes(at offset: UInt64, count: Int) -> [UInt8] {
    guard let start = off_t(exactly: offset) else { return [] }
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
      while done < count {
        let rest = UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[done...])
        let got = pread(descriptor, rest.baseAddress, rest.count, start + off_t(done))
        if got < 0 && errno == EINTR { continue }
        if got <= 0 { return }
        done += got
      }
    }
  }
}

/// The operating system's text for an error number.
func systemMessage(_ number: Int32) -> String {
  guard let text = strerror(number) else { return "error \(number)" }
  return String(cString: text)
}

/// What a path leads to.
enum PathKind {
  case nothing
  case regularFile
  case other

  init(_ path: String) {
    var status = stat()
    if stat(path, &status) != 0 {
      self = .nothing
    } else {
      self = status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) ? .regularFile : .other
    }
  }
}

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Writes bytes to an open file, all of them.
enum OutputBytes {
  /// One call of the system takes no more than about 2 GiB.
  private static let largestPiece = 1 << 30

  static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int, path: String
  ) throws(ArchiveError) {
    var done = 0
    while done < bytes.count {
      let count = pwrite(
        descriptor, bytes.baseAddress?.advanced(by: done), min(bytes.count - done, largestPiece),
        off_t(offset + done))
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

  static func write(
    _ bytes: [UInt8], to descriptor: Int32, at offset: Int, path: String
  ) throws(ArchiveError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(ArchiveError) in
      try write(UnsafeRawBufferPointer(buffer), to: descriptor, at: offset, path: path)
    }
  }
}

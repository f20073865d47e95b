#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Writes bytes at places of an open file.
struct RegionWriter {
  /// The path for errors.
  let path: String
  /// The file, open for reading and writing; it is not closed.
  let descriptor: Int32

  /// Writes bytes at an offset.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(ArchiveError) {
    try OutputBytes.write(bytes, to: descriptor, at: offset, path: path)
  }

  /// Takes bytes that lie in the file into a checksum.
  func update(_ crc: inout CRC32, over range: Range<Int>) throws(ArchiveError) {
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(range.count, 1 << 18), alignment: 64)
    defer { memory.deallocate() }
    var position = range.lowerBound
    while position < range.upperBound {
      let wanted = min(memory.count, range.upperBound - position)
      let count = pread(descriptor, memory.baseAddress, wanted, off_t(position))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw .system(
          .io, number: count < 0 ? errno : EIO, path: path, doing: "read back the file")
      }
      crc.update(UnsafeRawBufferPointer(rebasing: memory[..<count]))
      position += count
    }
  }

  /// The number of bytes of the file.
  func length() throws(ArchiveError) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .system(.io, number: errno, path: path, doing: "examine the file")
    }
    return Int(status.st_size)
  }
}

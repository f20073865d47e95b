#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The part of a file in which an HDF5 image lies, for mapping it.
///
/// Unchecked: `mapping` is touched only while the library is entered.
final class ImageFile: @unchecked Sendable {
  private let descriptor: Int32
  private let offset: UInt64
  private let length: UInt64
  private var mapping: FileMapping?

  /// Keeps a file that is open; `nil` when the system has no descriptor left.
  init?(_ file: borrowing ReadableFile, offset: UInt64, length: UInt64) {
    descriptor = fcntl(file.descriptor, F_DUPFD_CLOEXEC, 0)
    guard descriptor >= 0 else { return nil }
    self.offset = offset
    self.length = length
  }

  deinit { close(descriptor) }

  /// Bytes of the image; `nil` when the file no longer holds them, or cannot be mapped.
  ///
  /// - Precondition: the library is entered.
  func bytes(at start: UInt64, count: Int) -> HDF5.MappedBytes? {
    var status = stat()
    guard start <= length, UInt64(count) <= length - start, fstat(descriptor, &status) == 0,
      UInt64(max(status.st_size, 0)) >= offset + start + UInt64(count)
    else { return nil }
    if mapping == nil { mapping = FileMapping(descriptor, length: offset + length) }
    guard let mapping else { return nil }
    let first = Int(offset + start)
    return HDF5.MappedBytes(
      bytes: UnsafeRawBufferPointer(rebasing: mapping.bytes[first..<first + count]), owner: mapping)
  }
}

/// A file in memory from its first byte on.
///
/// Unchecked: the memory is never written.
private final class FileMapping: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer

  init?(_ descriptor: Int32, length: UInt64) {
    guard let count = Int(exactly: length), count > 0,
      let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED
    else { return nil }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
}

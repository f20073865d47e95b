import CHDF5

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension HDF5 {
  /// Bytes of a file where the system has mapped them into memory: nothing is read before it is looked at.
  ///
  /// They stay there as long as the value lives, also when the file is closed, removed or replaced by
  /// another one of its name. A file that is written in place shows its new contents, and when one becomes
  /// shorter, the system ends a process that looks at bytes which are gone. Files that may be changed like
  /// that are read instead, with ``Dataset/read(into:as:)``.
  ///
  /// Unchecked: the memory is never written.
  public struct MappedBytes: @unchecked Sendable {
    /// The bytes; read only, and there as long as ``owner`` lives.
    package let bytes: UnsafeRawBufferPointer
    /// What keeps the bytes.
    package let owner: any AnyObject & Sendable

    /// The number of bytes.
    public var count: Int { bytes.count }

    /// Looks at the bytes; their address is of no use afterwards.
    public func withUnsafeBytes<Result, Failure: Swift.Error>(
      _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      defer { withExtendedLifetime(owner) {} }
      return try body(bytes)
    }

    /// Tells the system that some of the bytes are not needed for now.
    ///
    /// The memory of their whole pages is free for others; who looks at them has them read from the file again.
    package func letGo(_ range: Range<Int>) {
      let page = Int(getpagesize())
      guard let start = bytes.baseAddress, range.lowerBound >= 0, range.upperBound <= count else {
        return
      }
      let first = (Int(bitPattern: start) + range.lowerBound + page - 1) / page * page
      let end = (Int(bitPattern: start) + range.upperBound) / page * page
      guard first < end, let pages = UnsafeMutableRawPointer(bitPattern: first) else { return }
      madvise(pages, end - first, MADV_DONTNEED)
      withExtendedLifetime(owner) {}
    }
  }
}

extension HDF5.Dataset {
  /// The bytes of all elements as they are stored, mapped into memory.
  ///
  /// - Returns: `nil` unless the elements lie in one piece of the file that was opened, uncompressed, and
  ///   the file was opened under a strict policy; such elements are read.
  /// - Throws: ``HDF5/Error``: `truncated` when they do not lie inside the file, `closed`.
  public func mappedBytes() throws(HDF5.Error) -> HDF5.MappedBytes? {
    Library.enter()
    defer { Library.leave() }
    guard count > 0, let image = reference.context.image,
      let address = try ownContiguousAddress()
    else { return nil }
    let (size, overflow) = count.multipliedReportingOverflow(by: type.size)
    guard !overflow, UInt64(size) <= H5Dget_storage_size(try reference.id()) else { return nil }
    return image.bytes(at: address, count: size)
  }
}

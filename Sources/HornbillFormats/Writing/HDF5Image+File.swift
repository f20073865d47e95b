import HornbillHDF5

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension HDF5Image {
  /// Writes a whole file that is one image; it appears when it is complete.
  static func write(
    to path: String, overwriting: Bool, _ body: (inout HDF5Image) throws(ArchiveError) -> Void
  ) throws(ArchiveError) {
    let file = try AtomicFile(path: path, overwriting: overwriting)
    try file.withDescriptor { (descriptor) throws(ArchiveError) in
      var image = try HDF5Image(path: path, descriptor: descriptor)
      try body(&image)
      var crc: CRC32?
      _ = try image.finish(crc: &crc)
    }
    try file.commit()
  }

  /// Sets an attribute.
  func set(
    _ name: String, _ value: HDF5.AttributeValue, of object: some HDF5.Object
  ) throws(ArchiveError) {
    try attempt { () throws(HDF5.Error) in try object.setAttribute(name, value) }
  }
}

extension AtomicFile {
  /// Opens the new file once more for a writer of its own, which must be done when the closure returns.
  fileprivate func withDescriptor(
    _ body: (Int32) throws(ArchiveError) -> Void
  ) throws(ArchiveError) {
    let descriptor = open(temporaryPath, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .system(.io, number: errno, path: path, doing: "open the new file")
    }
    defer { close(descriptor) }
    try body(descriptor)
  }
}

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
    var crc: CRC32?
    _ = try fill(file.temporaryPath, start: 0, path: path, crc: &crc, body)
    try file.commit()
  }

  /// Writes a new file that is one image.
  ///
  /// - Parameters:
  ///   - place: where the file is made.
  ///   - path: the path for errors.
  ///   - member: the name for errors of what is made at `place`.
  static func create(
    at place: String, path: String, member: String,
    _ body: (inout HDF5Image) throws(ArchiveError) -> Void
  ) throws(ArchiveError) {
    var crc: CRC32?
    _ = try fill(
      place, flags: O_CREAT | O_EXCL, start: 0, path: path, member: member, crc: &crc, body)
  }

  /// Appends an image to a file.
  ///
  /// - Parameters:
  ///   - place: where the file is.
  ///   - start: the end of the file.
  ///   - path: the path for errors.
  ///   - member: the name of the image for errors.
  /// - Returns: the number of its bytes and their checksum.
  static func append(
    to place: String, at start: Int, path: String, member: String,
    _ body: (inout HDF5Image) throws(ArchiveError) -> Void
  ) throws(ArchiveError) -> (size: Int, crc: CRC32) {
    var crc: CRC32? = CRC32()
    let end = try fill(place, start: start, path: path, member: member, crc: &crc, body)
    return (end - start, crc ?? CRC32())
  }

  private static func fill(
    _ place: String, flags: Int32 = 0, start: Int, path: String, member: String? = nil,
    crc: inout CRC32?, _ body: (inout HDF5Image) throws(ArchiveError) -> Void
  ) throws(ArchiveError) -> Int {
    let descriptor = open(place, O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0o666)
    guard descriptor >= 0 else {
      throw .system(.cannotCreate, number: errno, path: path, doing: "open the new file")
    }
    defer { close(descriptor) }
    var image = try HDF5Image(
      path: path, member: member, descriptor: descriptor, start: start)
    try body(&image)
    return try image.finish(crc: &crc)
  }

  /// Sets an attribute.
  func set(
    _ name: String, _ value: HDF5.AttributeValue, of object: some HDF5.Object
  ) throws(ArchiveError) {
    try attempt { () throws(HDF5.Error) in try object.setAttribute(name, value) }
  }
}

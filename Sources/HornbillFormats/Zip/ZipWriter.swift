/// Writes a zip archive of stored members, piece by piece.
///
/// libzip keeps every member until the archive is closed and makes a temporary file of its own, which neither streams
/// nor survives a crash cleanly; members that are only stored need nothing of it. Equal contents give equal bytes: times
/// are 1980-01-01, as NumPy writes them. An archive that is not finished leaves nothing behind.
package struct ZipWriter: ~Copyable {
  private struct Member {
    let name: [UInt8]
    let offset: Int
    let dataOffset: Int
    var size = 0
    var crc = CRC32()
  }

  private var file: AtomicFile
  private var finished: [Member] = []
  private var current: Member?
  private var names: Set<String> = []

  /// Begins an archive; see ``AtomicFile`` for how it comes to have its name.
  package init(path: String, overwriting: Bool) throws(ArchiveError) {
    file = try AtomicFile(path: path, overwriting: overwriting)
  }

  /// Begins a member; the one before it is complete.
  ///
  /// - Parameter alignment: the data begin at a multiple of this many bytes (at most 4096).
  package mutating func beginMember(_ name: String, alignment: Int = 1) throws(ArchiveError) {
    try endMember()
    if let problem = ZipEntry.problem(ofName: name) {
      throw ArchiveError(
        .unsupported, path: file.path, object: name, "zip: the name \(problem)")
    }
    guard names.insert(name).inserted else {
      throw ArchiveError(
        .unsupported, path: file.path, object: name, "zip: two members have this name")
    }
    guard names.count <= ZipLimits().memberCount else {
      throw ArchiveError(
        .limit, path: file.path, "zip: more than \(ZipLimits().memberCount) members")
    }
    let raw = Array(name.utf8)
    let offset = file.position
    // The zip64 field is always there: the size is not known before the data have passed.
    let plain = offset + 30 + raw.count + 20
    let padding = ZipWriter.padding(after: plain, alignment: max(1, alignment))
    current = Member(name: raw, offset: offset, dataOffset: plain + padding)
    try file.write(ZipWriter.localHeader(name: raw, size: 0, crc: 0, padding: padding))
  }

  /// The bytes to skip so that data begin at a multiple of the alignment.
  ///
  /// Data never begin at a power of two from 512 on: there a program that knows HDF5 files by their signature would take the
  /// archive for one.
  private static func padding(after plain: Int, alignment: Int) -> Int {
    var padding = (alignment - plain % alignment) % alignment
    // A field of padding has a header of 4 bytes.
    while (1..<4).contains(padding)
      || (plain + padding >= 512 && (plain + padding).nonzeroBitCount == 1)
    {
      padding += alignment
    }
    return padding
  }

  /// Appends bytes to the member begun last.
  package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
    current?.crc.update(bytes)
    current?.size += bytes.count
    try file.write(bytes)
  }

  /// Appends bytes to the member begun last.
  package mutating func write(_ bytes: [UInt8]) throws(ArchiveError) {
    try bytes.withUnsafeBytes { bytes in
      Result { () throws(ArchiveError) in try write(bytes) }
    }.get()
  }

  /// Adds a member whose bytes another writer appends to the file at a path.
  ///
  /// - Parameters:
  ///   - name: the member's name.
  ///   - alignment: as for ``beginMember(_:alignment:)``.
  ///   - append: writes the bytes into the file at `path` from `start` on, and returns their number and checksum.
  mutating func addMember(
    _ name: String, alignment: Int = 1,
    by append: (_ path: String, _ start: Int) throws(ArchiveError) -> (size: Int, crc: CRC32)
  ) throws(ArchiveError) {
    try beginMember(name, alignment: alignment)
    let path = file.temporaryPath
    var crc = CRC32()
    var size = 0
    try file.extend { (start) throws(ArchiveError) in
      (size, crc) = try append(path, start)
      return size
    }
    current?.size = size
    current?.crc = crc
  }

  /// Completes the archive and gives it its name.
  package consuming func finish() throws(ArchiveError) {
    try endMember()
    let start = file.position
    for member in finished { try file.write(ZipWriter.record(of: member)) }
    let size = file.position - start
    var end: [UInt8] = []
    end.append(littleEndian: UInt32(0x0606_4B50))
    end.append(littleEndian: UInt64(44))
    end.append(littleEndian: UInt16(0x031E))
    end.append(littleEndian: UInt16(45))
    end.append(littleEndian: UInt64(0))
    end.append(littleEndian: UInt64(finished.count))
    end.append(littleEndian: UInt64(finished.count))
    end.append(littleEndian: UInt64(size))
    end.append(littleEndian: UInt64(start))
    end.append(littleEndian: UInt32(0x0706_4B50))
    end.append(littleEndian: UInt32(0))
    end.append(littleEndian: UInt64(start + size))
    end.append(littleEndian: UInt32(1))
    let isLarge = start + size >= 0xFFFF_FFFF
    if !isLarge { end.removeAll() }
    end.append(littleEndian: UInt32(0x0605_4B50))
    end.append(littleEndian: UInt32(0))
    end.append(littleEndian: UInt16(finished.count))
    end.append(littleEndian: UInt16(finished.count))
    end.append(littleEndian: isLarge ? UInt32.max : UInt32(size))
    end.append(littleEndian: isLarge ? UInt32.max : UInt32(start))
    end.append(littleEndian: UInt16(0))
    try file.write(end)
    try file.commit()
  }

  private mutating func endMember() throws(ArchiveError) {
    guard let member = current else { return }
    current = nil
    let padding = member.dataOffset - member.offset - 30 - member.name.count - 20
    let header = ZipWriter.localHeader(
      name: member.name, size: member.size, crc: member.crc.value, padding: padding)
    try file.overwrite(at: member.offset, with: header)
    finished.append(member)
  }

  /// Version, flags (UTF-8 name), method 0, time and date, which both kinds of header share.
  private static func common() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt16(45))
    bytes.append(littleEndian: UInt16(0x0800))
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: UInt16(0x0021))
    return bytes
  }

  private static func localHeader(
    name: [UInt8], size: Int, crc: UInt32, padding: Int
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt32(0x0403_4B50))
    bytes += common()
    bytes.append(littleEndian: crc)
    bytes.append(littleEndian: UInt32.max)
    bytes.append(littleEndian: UInt32.max)
    bytes.append(littleEndian: UInt16(name.count))
    bytes.append(littleEndian: UInt16(20 + padding))
    bytes += name
    bytes.append(littleEndian: UInt16(0x0001))
    bytes.append(littleEndian: UInt16(16))
    bytes.append(littleEndian: UInt64(size))
    bytes.append(littleEndian: UInt64(size))
    if padding > 0 {
      // Field 0xD935 is the registered one for alignment.
      bytes.append(littleEndian: UInt16(0xD935))
      bytes.append(littleEndian: UInt16(padding - 4))
      bytes += repeatElement(0, count: padding - 4)
    }
    return bytes
  }

  private static func record(of member: Member) -> [UInt8] {
    let isLarge = max(member.size, member.offset) >= 0xFFFF_FFFF
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt32(0x0201_4B50))
    bytes.append(littleEndian: UInt16(0x031E))
    bytes += common()
    bytes.append(littleEndian: member.crc.value)
    bytes.append(littleEndian: isLarge ? UInt32.max : UInt32(member.size))
    bytes.append(littleEndian: isLarge ? UInt32.max : UInt32(member.size))
    bytes.append(littleEndian: UInt16(member.name.count))
    bytes.append(littleEndian: UInt16(isLarge ? 28 : 0))
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: UInt32(0o100600) << 16)
    bytes.append(littleEndian: isLarge ? UInt32.max : UInt32(member.offset))
    bytes += member.name
    if isLarge {
      bytes.append(littleEndian: UInt16(0x0001))
      bytes.append(littleEndian: UInt16(24))
      bytes.append(littleEndian: UInt64(member.size))
      bytes.append(littleEndian: UInt64(member.size))
      bytes.append(littleEndian: UInt64(member.offset))
    }
    return bytes
  }
}

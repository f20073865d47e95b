/// The list of members at the end of a zip archive (APPNOTE 6.3.10, sections 4.3.7 to 4.3.16).
///
/// Read strictly: an archive that two readers could understand differently is refused.
struct ZipDirectory {
  let members: [ZipMember]

  private let source: ByteSource
  private let limits: ZipLimits

  /// Whether bytes begin like a zip archive.
  static func isZip(_ prefix: [UInt8]) -> Bool {
    prefix.starts(with: [0x50, 0x4B, 0x03, 0x04]) || prefix.starts(with: [0x50, 0x4B, 0x05, 0x06])
  }

  init(source: ByteSource, limits: ZipLimits) throws(ArchiveError) {
    self.source = source
    self.limits = limits
    members = try ZipDirectory.members(of: source, limits: limits)
  }

  private struct End {
    var count: UInt64
    var size: UInt64
    var offset: UInt64
    /// Where the records after the list begin.
    var position: Int
  }

  private static func malformed(_ source: ByteSource, _ detail: String) -> ArchiveError {
    ArchiveError(.malformed, path: source.path, "zip: " + detail)
  }

  private static func findEnd(of source: ByteSource) throws(ArchiveError) -> End {
    let tailCount = min(source.count, 22 + 0xFFFF + 20)
    let tail = try source.read(at: source.count - tailCount, count: tailCount)
    let tailStart = source.count - tailCount
    var found: Int?
    var index = tailCount - 22
    while index >= 0, found == nil {
      if tail.uint32(at: index) == 0x0605_4B50 { found = index }
      index -= 1
    }
    guard let found else {
      throw ArchiveError(
        .truncated, path: source.path,
        "truncated: a zip ends with a list of its members, which is missing; copy the file again")
    }
    let comment = Int(tail.uint16(at: found + 20))
    guard found + 22 + comment == tailCount else {
      throw malformed(
        source, "\(tailCount - found - 22) bytes follow the end record, it announces \(comment)")
    }
    let record = tail[found...]
    guard record.uint16(at: 4) == 0, record.uint16(at: 6) == 0 else {
      throw ArchiveError(
        .unsupported, path: source.path, "zip: the archive is split over several files")
    }
    var end = End(
      count: UInt64(record.uint16(at: 10)), size: UInt64(record.uint32(at: 12)),
      offset: UInt64(record.uint32(at: 16)), position: tailStart + found)
    guard record.uint16(at: 8) == record.uint16(at: 10) else {
      throw malformed(source, "the end record gives two counts of members")
    }
    if found >= 20, tail.uint32(at: found - 20) == 0x0706_4B50 {
      try readZip64(tail[(found - 20)...], into: &end, source: source)
    } else if end.count == 0xFFFF || end.size == 0xFFFF_FFFF || end.offset == 0xFFFF_FFFF {
      throw malformed(source, "the end record refers to a zip64 record that is missing")
    }
    return end
  }

  private static func readZip64(
    _ locator: ArraySlice<UInt8>, into end: inout End, source: ByteSource
  ) throws(ArchiveError) {
    let locatorPosition = end.position - 20
    guard let position = Int(exactly: locator.uint64(at: 8)), position <= locatorPosition - 56
    else {
      throw malformed(source, "the zip64 record lies outside the file")
    }
    let record = try source.read(at: position, count: 56)
    guard record.uint32(at: 0) == 0x0606_4B50,
      record.uint64(at: 4) == UInt64(locatorPosition - position - 12),
      record.uint32(at: 16) == 0, record.uint32(at: 20) == 0,
      record.uint64(at: 24) == record.uint64(at: 32)
    else { throw malformed(source, "the zip64 record is damaged") }
    let values = (record.uint64(at: 32), record.uint64(at: 40), record.uint64(at: 48))
    guard end.count == 0xFFFF || end.count == values.0,
      end.size == 0xFFFF_FFFF || end.size == values.1,
      end.offset == 0xFFFF_FFFF || end.offset == values.2
    else { throw malformed(source, "the zip64 record and the end record differ") }
    end = End(count: values.0, size: values.1, offset: values.2, position: position)
  }

  private static func members(
    of source: ByteSource, limits: ZipLimits
  ) throws(ArchiveError) -> [ZipMember] {
    let end = try findEnd(of: source)
    guard end.count <= UInt64(limits.memberCount) else {
      throw ArchiveError(
        .limit, path: source.path,
        "zip: expected at most \(limits.memberCount) members, found \(end.count)")
    }
    guard let size = Int(exactly: end.size), let offset = Int(exactly: end.offset),
      !offset.addingReportingOverflow(size).overflow, offset + size == end.position
    else {
      throw malformed(
        source,
        "the list of members should end at \(end.position), it says \(end.size) bytes at \(end.offset)"
      )
    }
    guard size <= limits.directoryBytes else {
      throw ArchiveError(
        .limit, path: source.path,
        "zip: expected a list of members of at most \(limits.directoryBytes) bytes, found \(size)")
    }
    let bytes = try source.read(at: offset, count: size)
    var members: [ZipMember] = []
    var extents: [Range<Int>] = []
    var names: Set<String> = []
    var position = 0
    for index in 0..<Int(end.count) {
      let entry = try ZipEntry(bytes[position...], index: index, source: source)
      position += entry.length
      guard names.insert(entry.name).inserted else {
        throw ArchiveError(
          .refused, path: source.path, object: entry.name, "zip: two members have this name")
      }
      let dataOffset = try entry.dataOffset(in: source, before: offset)
      try entry.check(limits: limits, path: source.path)
      extents.append(entry.localOffset..<dataOffset + entry.storedSize)
      members.append(
        ZipMember(
          name: entry.name, index: index, method: entry.method, size: entry.size,
          storedSize: entry.storedSize, crc: entry.crc, dataOffset: dataOffset))
    }
    guard position == bytes.count else {
      throw malformed(source, "the list of members has \(bytes.count - position) bytes too many")
    }
    extents.sort { $0.lowerBound < $1.lowerBound }
    for (one, next) in zip(extents, extents.dropFirst()) where one.upperBound > next.lowerBound {
      throw ArchiveError(
        .refused, path: source.path,
        "zip: members overlap at byte \(next.lowerBound); no honest program writes this")
    }
    return members
  }
}

/// One record of the list of members, checked.
struct ZipEntry {
  let name: String
  let method: ZipMember.Method
  let size: Int
  let storedSize: Int
  let crc: UInt32
  let localOffset: Int
  /// The bytes that the record takes in the list.
  let length: Int
  private let rawName: ArraySlice<UInt8>
  private let rawMethod: UInt16

  init(_ bytes: ArraySlice<UInt8>, index: Int, source: ByteSource) throws(ArchiveError) {
    let path = source.path
    guard bytes.count >= 46, bytes.uint32(at: 0) == 0x0201_4B50 else {
      throw ArchiveError(.malformed, path: path, "zip: record \(index) of the list is damaged")
    }
    let nameLength = Int(bytes.uint16(at: 28))
    let extraLength = Int(bytes.uint16(at: 30))
    length = 46 + nameLength + extraLength + Int(bytes.uint16(at: 32))
    guard bytes.count >= length else {
      throw ArchiveError(.malformed, path: path, "zip: record \(index) of the list is cut short")
    }
    rawName = bytes.dropFirst(46).prefix(nameLength)
    let name = try ZipEntry.checkedName(rawName, path: path)
    self.name = name

    func refuse(_ code: ArchiveError.Code, _ detail: String) -> ArchiveError {
      ArchiveError(code, path: path, object: name, "zip: " + detail)
    }
    let flags = bytes.uint16(at: 8)
    guard flags & 0x2041 == 0 else { throw refuse(.unsupported, "the member is encrypted") }
    rawMethod = bytes.uint16(at: 10)
    switch rawMethod {
    case 0: method = .stored
    case 8: method = .deflated
    default:
      throw refuse(
        .unsupported, "expected method 0 (stored) or 8 (deflated), found \(rawMethod)")
    }
    let mode = bytes.uint32(at: 38) >> 16
    guard mode & 0xF000 != 0xA000 else { throw refuse(.refused, "the member is a symbolic link") }

    var sizes = [
      UInt64(bytes.uint32(at: 24)), UInt64(bytes.uint32(at: 20)), UInt64(bytes.uint32(at: 42)),
    ]
    let extra = bytes.dropFirst(46 + nameLength).prefix(extraLength)
    if sizes.contains(0xFFFF_FFFF) {
      guard let field = ZipEntry.field(0x0001, of: extra) else {
        throw refuse(.malformed, "the zip64 sizes are missing")
      }
      var offset = 0
      for place in sizes.indices where sizes[place] == 0xFFFF_FFFF {
        guard field.count >= offset + 8 else {
          throw refuse(.malformed, "the zip64 sizes are cut short")
        }
        sizes[place] = field.uint64(at: offset)
        offset += 8
      }
    }
    guard let size = Int(exactly: sizes[0]), let storedSize = Int(exactly: sizes[1]),
      let localOffset = Int(exactly: sizes[2]), bytes.uint16(at: 34) == 0
    else { throw refuse(.malformed, "a size or position is impossible") }
    self.size = size
    self.storedSize = storedSize
    self.localOffset = localOffset
    crc = bytes.uint32(at: 16)
  }

  private static func field(_ id: UInt16, of extra: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var rest = extra
    while rest.count >= 4 {
      let length = Int(rest.uint16(at: 2))
      guard rest.count >= 4 + length else { return nil }
      if rest.uint16(at: 0) == id { return rest.dropFirst(4).prefix(length) }
      rest = rest.dropFirst(4 + length)
    }
    return nil
  }

  private static func checkedName(
    _ bytes: ArraySlice<UInt8>, path: String
  ) throws(ArchiveError) -> String {
    guard let name = String(validating: bytes, as: UTF8.self) else {
      throw ArchiveError(
        .unsupported, path: path, object: String(decoding: bytes, as: UTF8.self),
        "zip: the name is not UTF-8")
    }
    if let problem = problem(ofName: name) {
      throw ArchiveError(.refused, path: path, object: name, "zip: the name \(problem)")
    }
    return name
  }

  /// What makes a member's name unsafe, if anything does.
  static func problem(ofName name: String) -> String? {
    if name.isEmpty { return "is empty" }
    if name.utf8.count > 0xFFFF { return "is longer than 65535 bytes" }
    if name.utf8.contains(0) { return "contains a NUL character" }
    if name.utf8.contains(UInt8(ascii: "\\")) { return "contains a backslash" }
    if name.utf8.first == UInt8(ascii: "/") { return "is absolute" }
    let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    for part in parts where part.elementsEqual("..".utf8) { return "leads out of the archive" }
    return nil
  }

  /// Checks sizes against the limits and against each other.
  func check(limits: ZipLimits, path: String) throws(ArchiveError) {
    if method == .stored, size != storedSize {
      throw ArchiveError(
        .malformed, path: path, object: name,
        "zip: a stored member takes \(storedSize) bytes but should be \(size)")
    }
    if name.hasSuffix("/"), size != 0 {
      throw ArchiveError(.malformed, path: path, object: name, "zip: a folder has contents")
    }
    let (allowed, overflow) = storedSize.multipliedReportingOverflow(by: limits.ratio)
    if !overflow, size > allowed {
      throw ArchiveError(
        .refused, path: path, object: name,
        "zip: \(storedSize) bytes claim to unfold to \(size), more than \(limits.ratio) times as much"
      )
    }
  }

  /// Reads the header that precedes the data and says where the data begin.
  func dataOffset(in source: ByteSource, before limit: Int) throws(ArchiveError) -> Int {
    func malformed(_ detail: String) -> ArchiveError {
      ArchiveError(.malformed, path: source.path, object: name, "zip: " + detail)
    }
    guard localOffset <= limit - 30 else { throw malformed("the header lies outside the file") }
    let count = min(30 + rawName.count, limit - localOffset)
    let header = try source.read(at: localOffset, count: count)
    guard header.uint32(at: 0) == 0x0403_4B50 else { throw malformed("the header is damaged") }
    let nameLength = Int(header.uint16(at: 26))
    guard nameLength == rawName.count, header.dropFirst(30).elementsEqual(rawName),
      header.uint16(at: 8) == rawMethod, header.uint16(at: 6) & 0x2041 == 0
    else { throw malformed("the header and the list of members differ") }
    let offset = localOffset + 30 + nameLength + Int(header.uint16(at: 28))
    guard offset <= limit, storedSize <= limit - offset else {
      throw malformed("the data lie outside the file")
    }
    return offset
  }
}

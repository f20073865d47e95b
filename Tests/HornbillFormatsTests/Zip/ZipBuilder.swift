/// Makes zip archives, sound and unsound ones, field by field.
struct ZipBuilder {
  struct Member {
    var name: [UInt8]
    /// The bytes that are kept.
    var data: [UInt8]
    var method: UInt16 = 0
    var flags: UInt16 = 0x0800
    var crc: UInt32
    var size: UInt32
    var storedSize: UInt32
    var attributes: UInt32 = 0
    var localName: [UInt8]?
    var localFlags: UInt16?
    /// Where the list says that the member's header is.
    var offset: UInt32?
    var extra: [UInt8] = []

    /// A stored member; its checksum is right unless another is given.
    init(_ name: String, _ data: [UInt8], crc: UInt32? = nil) {
      self.name = Array(name.utf8)
      self.data = data
      self.crc = crc ?? ZipBuilder.crc(data)
      size = UInt32(data.count)
      storedSize = UInt32(data.count)
    }
  }

  var members: [Member]
  var comment: [UInt8] = []
  var trailer: [UInt8] = []
  var count: UInt16?
  var listOffset: UInt32?
  var listSize: UInt32?
  var diskNumber: UInt16 = 0
  /// Whether sizes and positions stand in zip64 fields and records.
  var isZip64 = false
  /// Where the zip64 record is said to be.
  var zip64Position: UInt32?

  init(_ members: [Member]) {
    self.members = members
  }

  static func crc(_ data: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in data {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }

  var bytes: [UInt8] {
    var result: [UInt8] = []
    var list: [UInt8] = []
    for member in members {
      let offset = member.offset ?? UInt32(result.count)
      let common = [member.method, 0, 0x21].flatMap(le16)
      let localName = member.localName ?? member.name
      result += le32(0x0403_4B50) + le16(20) + le16(member.localFlags ?? member.flags) + common
      result += le32(member.crc) + le32(member.storedSize) + le32(member.size)
      result += le16(UInt16(localName.count)) + le16(0) + localName + member.data
      list += le32(0x0201_4B50) + le16(0x0314) + le16(20) + le16(member.flags) + common
      var extra = member.extra
      if isZip64 {
        extra += le16(1) + le16(24) + le64(member.size) + le64(member.storedSize) + le64(offset)
      }
      list += le32(member.crc) + le32(isZip64 ? .max : member.storedSize)
      list += le32(isZip64 ? .max : member.size)
      list += le16(UInt16(member.name.count)) + le16(UInt16(extra.count)) + le16(0)
      list += le16(0) + le16(0) + le32(member.attributes) + le32(isZip64 ? .max : offset)
      list += member.name + extra
    }
    let start = UInt32(result.count)
    result += list
    let number = count ?? UInt16(members.count)
    if isZip64 {
      let record = UInt32(result.count)
      result += le32(0x0606_4B50) + le64(44) + le16(45) + le16(45) + le32(0) + le32(0)
      result += le64(UInt32(number)) + le64(UInt32(number)) + le64(UInt32(list.count)) + le64(start)
      result += le32(0x0706_4B50) + le32(0) + le64(zip64Position ?? record) + le32(1)
      result += le32(0x0605_4B50) + le32(0) + le16(.max) + le16(.max) + le32(.max) + le32(.max)
      return result + le16(0)
    }
    result += le32(0x0605_4B50) + le16(diskNumber) + le16(0) + le16(number) + le16(number)
    result += le32(listSize ?? UInt32(list.count)) + le32(listOffset ?? start)
    result += le16(UInt16(comment.count)) + comment + trailer
    return result
  }

  private func le16(_ value: UInt16) -> [UInt8] { [UInt8(value & 0xFF), UInt8(value >> 8)] }

  private func le64(_ value: UInt32) -> [UInt8] { le32(value) + le32(0) }

  private func le32(_ value: UInt32) -> [UInt8] {
    le16(UInt16(value & 0xFFFF)) + le16(UInt16(value >> 16))
  }
}

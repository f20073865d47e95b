/// The cyclic redundancy check of zip files: polynomial 0xEDB88320, reflected (ISO 3309).
struct CRC32: Sendable {
  private var state: UInt32 = 0xFFFF_FFFF

  /// The checksum of the bytes seen so far.
  var value: UInt32 { ~state }

  /// Eight tables: entry `k·256 + b` is the effect of byte `b` with `k` zero bytes after it.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
      tables[byte] = crc
    }
    for index in 256..<tables.count {
      let previous = tables[index - 256]
      tables[index] = previous >> 8 ^ tables[Int(previous & 0xFF)]
    }
    return tables
  }()

  /// Takes in more bytes.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var crc = state
    CRC32.tables.withUnsafeBufferPointer { tables in
      var index = 0
      while bytes.count - index >= 8 {
        let word =
          UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
          ^ UInt64(crc)
        crc = 0
        for byte in 0..<8 {
          crc ^=
            tables[(7 - byte) * 256 + Int(truncatingIfNeeded: word >> (8 * UInt64(byte)) & 0xFF)]
        }
        index += 8
      }
      while index < bytes.count {
        crc = crc >> 8 ^ tables[Int((crc ^ UInt32(bytes[index])) & 0xFF)]
        index += 1
      }
    }
    state = crc
  }

  /// The checksum of an array.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var crc = CRC32()
    bytes.withUnsafeBytes { crc.update($0) }
    return crc.value
  }
}

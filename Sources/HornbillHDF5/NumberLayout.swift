/// How the bytes of a stored element make a number.
enum NumberLayout: Hashable, Sendable {
  case integer(HDF5.IntegerFormat)
  case floatingPoint(HDF5.FloatFormat, HDF5.ByteOrder)

  var size: Int {
    switch self {
    case .integer(let format): format.size
    case .floatingPoint(let format, _): format.size
    }
  }

  var isFloatingPoint: Bool { if case .floatingPoint = self { true } else { false } }

  /// Whether two layouts have the same bytes: the order of a single byte does not matter.
  func hasSameBytes(as other: NumberLayout) -> Bool {
    switch (self, other) {
    case (.integer(let a), .integer(let b)) where a.size == 1 && b.size == 1:
      a.isSigned == b.isSigned && a.bitOffset == b.bitOffset && a.precision == b.precision
    default: self == other
    }
  }
}

extension HDF5.DataType {
  /// How the elements make numbers; nil when they are not numbers, or cannot be decoded.
  var numberLayout: NumberLayout? {
    switch form {
    case .integer(let format), .enumeration(let format, _), .bitfield(let format):
      format.isDecodable ? .integer(format) : nil
    case .floatingPoint(let format, let order):
      format.isDecodable ? .floatingPoint(format, order) : nil
    default: nil
    }
  }
}

/// Why elements could not be converted.
enum ConversionFailure: Error, Hashable {
  /// Floating-point numbers are not turned into whole ones.
  case floatToInteger
  /// The number of the element with this index does not fit the type.
  case outOfRange(index: Int)
  /// Numbers cannot be written in this format.
  case unwritableFormat
}

extension HDF5.IntegerFormat {
  /// The bits of the number at an offset, in the lowest `size * 8` bits.
  func loadBits(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
    var bits: UInt64 = 0
    for index in 0..<size {
      let position = order == .little ? size - 1 - index : index
      bits = bits << 8 | UInt64(bytes[offset + position])
    }
    return bits
  }

  /// The number at an offset, without its sign.
  func decodeUnsigned(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
    let bits = loadBits(bytes, at: offset) >> UInt64(bitOffset)
    return precision == 64 ? bits : bits & (1 << UInt64(precision) - 1)
  }

  /// The number at an offset; one without a sign that is too large becomes negative.
  func decodeSigned(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int64 {
    let bits = decodeUnsigned(bytes, at: offset)
    guard isSigned else { return Int64(bitPattern: bits) }
    let unused = UInt64(64 - precision)
    return Int64(bitPattern: bits << unused) >> Int64(unused)
  }

  /// Writes the lowest bits of a number at an offset.
  func store(_ number: UInt64, _ bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
    let mask: UInt64 = precision == 64 ? .max : 1 << UInt64(precision) - 1
    var bits = (number & mask) << UInt64(bitOffset)
    for index in 0..<size {
      bytes[offset + (order == .little ? index : size - 1 - index)] = UInt8(
        truncatingIfNeeded: bits)
      bits >>= 8
    }
  }
}

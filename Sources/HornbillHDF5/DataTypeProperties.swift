extension HDF5.DataType {
  /// Makes the type of a whole number.
  public static func integer(
    size: Int, isSigned: Bool, order: HDF5.ByteOrder = .little
  ) -> HDF5.DataType {
    HDF5.DataType(.integer(HDF5.IntegerFormat(size: size, isSigned: isSigned, order: order)))
  }

  /// Makes the type of a floating-point number.
  public static func floatingPoint(
    _ format: HDF5.FloatFormat, order: HDF5.ByteOrder = .little
  ) -> HDF5.DataType { HDF5.DataType(.floatingPoint(format, order)) }

  /// Makes the type of a text.
  public static func string(_ format: HDF5.StringFormat) -> HDF5.DataType {
    HDF5.DataType(.string(format))
  }

  /// A signed number of 8 bits.
  public static let int8 = integer(size: 1, isSigned: true)
  /// A signed number of 16 bits, little-endian.
  public static let int16 = integer(size: 2, isSigned: true)
  /// A signed number of 32 bits, little-endian.
  public static let int32 = integer(size: 4, isSigned: true)
  /// A signed number of 64 bits, little-endian.
  public static let int64 = integer(size: 8, isSigned: true)
  /// An unsigned number of 8 bits.
  public static let uint8 = integer(size: 1, isSigned: false)
  /// An unsigned number of 16 bits, little-endian.
  public static let uint16 = integer(size: 2, isSigned: false)
  /// An unsigned number of 32 bits, little-endian.
  public static let uint32 = integer(size: 4, isSigned: false)
  /// An unsigned number of 64 bits, little-endian.
  public static let uint64 = integer(size: 8, isSigned: false)
  /// IEEE half precision, little-endian.
  public static let float16 = floatingPoint(.float16)
  /// A 16-bit float with the fields of bfloat16, little-endian.
  public static let bfloat16 = floatingPoint(.bfloat16)
  /// IEEE single precision, little-endian.
  public static let float32 = floatingPoint(.float32)
  /// IEEE double precision, little-endian.
  public static let float64 = floatingPoint(.float64)
  /// What h5py writes for a truth value: an enumeration of int8 with FALSE = 0 and TRUE = 1.
  public static let boolean = HDF5.DataType(
    .enumeration(
      HDF5.IntegerFormat(size: 1, isSigned: true),
      [
        HDF5.EnumerationMember(name: "FALSE", value: 0),
        HDF5.EnumerationMember(name: "TRUE", value: 1),
      ]))
  /// What Keras 3 writes for bfloat16: two opaque bytes; an attribute `dtype` says what they are.
  public static let bfloat16Opaque = HDF5.DataType(.opaque(size: 2, tag: ""))

  /// The bytes of one element in the file; a text of variable length counts as its reference.
  public var size: Int {
    switch form {
    case .integer(let format), .enumeration(let format, _), .bitfield(let format): format.size
    case .floatingPoint(let format, _): format.size
    case .string(let format):
      switch format.length {
      case .variable: 16
      case .fixed(let size): size
      }
    case .opaque(let size, _), .compound(let size, _), .reference(let size, _), .time(let size):
      size
    case .array(let shape, let element):
      shape.reduce(element.size) { $0.multipliedReportingOverflow(by: $1).partialValue }
    case .sequence: 16
    }
  }

  /// The order of the bytes of a number; nil for what is not a number.
  public var byteOrder: HDF5.ByteOrder? {
    switch form {
    case .integer(let format), .enumeration(let format, _), .bitfield(let format): format.order
    case .floatingPoint(_, let order): order
    default: nil
    }
  }

  /// Whether it is a whole number.
  public var isInteger: Bool { if case .integer = form { true } else { false } }

  /// Whether it is a whole number that may be negative, or a floating-point number.
  public var isSigned: Bool {
    switch form {
    case .integer(let format), .enumeration(let format, _): format.isSigned
    case .floatingPoint: true
    default: false
    }
  }

  /// The fields of a floating-point number; nil for other types.
  public var floatFormat: HDF5.FloatFormat? {
    if case .floatingPoint(let format, _) = form { format } else { nil }
  }

  /// Whether it is a floating-point number, of any format.
  public var isFloatingPoint: Bool { floatFormat != nil }

  /// Whether it is IEEE half precision.
  public var isHalf: Bool { floatFormat == .float16 }

  /// Whether it is a floating-point type with the fields of bfloat16.
  ///
  /// ``Dataset/isBFloat16`` also knows the opaque form.
  public var isBFloat16: Bool { floatFormat == .bfloat16 }

  /// Whether it is a truth value as h5py writes it: an enumeration of FALSE = 0 and TRUE = 1.
  public var isBoolean: Bool {
    guard case .enumeration(_, let members) = form, members.count == 2 else { return false }
    return Set(members)
      == [
        HDF5.EnumerationMember(name: "FALSE", value: 0),
        HDF5.EnumerationMember(name: "TRUE", value: 1),
      ]
  }

  /// The form of a text; nil for other types.
  public var stringFormat: HDF5.StringFormat? {
    if case .string(let format) = form { format } else { nil }
  }

  /// The named values of an enumeration; empty for other types.
  public var members: [HDF5.EnumerationMember] {
    if case .enumeration(_, let members) = form { members } else { [] }
  }

  /// The tag of an opaque type; nil for other types.
  public var opaqueTag: String? { if case .opaque(_, let tag) = form { tag } else { nil } }

  /// Whether an element holds references to bytes that lie elsewhere in the file.
  var hasReferences: Bool {
    switch form {
    case .string(let format): format.isVariableLength
    case .sequence, .reference: true
    case .array(_, let element): element.hasReferences
    case .compound(_, let fields): fields.contains { $0.type.hasReferences }
    default: false
    }
  }
}

extension HDF5.DataType: CustomStringConvertible {
  /// The type in a few words, such as `float32`, `int16 big-endian` or `string of 12 bytes`.
  public var description: String {
    switch form {
    case .integer(let format): Self.name(format)
    case .enumeration(let format, _):
      isBoolean ? "boolean" : "enumeration of \(Self.name(format))"
    case .bitfield(let format): "bitfield of \(format.size) bytes"
    case .floatingPoint(let format, let order):
      Self.name(format) + (order == .big && format.size > 1 ? " big-endian" : "")
    case .string(let format):
      switch format.length {
      case .variable: "string of variable length"
      case .fixed(let size): "string of \(size) bytes"
      }
    case .opaque(let size, let tag):
      "opaque of \(size) bytes" + (tag.isEmpty ? "" : " tagged '\(escaped(tag))'")
    case .compound(_, let fields):
      "compound of \(fields.map { escaped($0.name) }.joined(separator: ", "))"
    case .array(let shape, let element): "array \(shape) of \(element)"
    case .sequence(let element): "sequence of \(element)"
    case .reference(_, let isRegion): isRegion ? "region reference" : "object reference"
    case .time(let size): "time of \(size) bytes"
    }
  }

  private static func name(_ format: HDF5.IntegerFormat) -> String {
    let base = (format.isSigned ? "int" : "uint") + String(format.size * 8)
    return base + (format.order == .big && format.size > 1 ? " big-endian" : "")
  }

  private static func name(_ format: HDF5.FloatFormat) -> String {
    switch format {
    case .float16: "float16"
    case .bfloat16: "bfloat16"
    case .float32: "float32"
    case .float64: "float64"
    default:
      "float of \(format.size) bytes (\(format.exponentSize) + \(format.mantissaSize) bits)"
    }
  }
}

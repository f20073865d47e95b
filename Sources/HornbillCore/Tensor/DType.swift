/// The element type of a tensor.
///
/// The names are NumPy's, which are also Keras's (`keras.backend.standardize_dtype`).
public enum DType: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  case bool
  case int8
  case int16
  case int32
  case int64
  case uint8
  case uint16
  case uint32
  case uint64
  case float16
  case bfloat16
  case float32
  case float64
  /// Text of any length, UTF-8.
  case string

  /// NumPy's name of the type, for example `float32`.
  public var description: String { rawValue }

  /// The bits of one element; 0 for text, whose elements have no fixed size.
  public var bitWidth: Int {
    switch self {
    case .bool, .int8, .uint8: 8
    case .int16, .uint16, .float16, .bfloat16: 16
    case .int32, .uint32, .float32: 32
    case .int64, .uint64, .float64: 64
    case .string: 0
    }
  }

  /// The bytes of one element; 0 for text.
  public var byteCount: Int { bitWidth / 8 }

  /// Whether the type holds binary fractions.
  public var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }

  /// Whether the type holds whole numbers; false for `bool`.
  public var isInteger: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: true
    default: false
    }
  }

  /// Whether the type holds whole numbers without a sign.
  public var isUnsignedInteger: Bool {
    switch self {
    case .uint8, .uint16, .uint32, .uint64: true
    default: false
    }
  }
}

extension HDF5 {
  /// A number type of the machine, into which elements are read and from which they are written.
  public enum NativeType: String, Hashable, Sendable, CaseIterable {
    /// Swift's `Int8`.
    case int8
    /// Swift's `Int16`.
    case int16
    /// Swift's `Int32`.
    case int32
    /// Swift's `Int64`.
    case int64
    /// Swift's `UInt8`.
    case uint8
    /// Swift's `UInt16`.
    case uint16
    /// Swift's `UInt32`.
    case uint32
    /// Swift's `UInt64`.
    case uint64
    /// Swift's `Float`.
    case float32
    /// Swift's `Double`.
    case float64

    /// The bytes of one number.
    public var size: Int {
      switch self {
      case .int8, .uint8: 1
      case .int16, .uint16: 2
      case .int32, .uint32, .float32: 4
      case .int64, .uint64, .float64: 8
      }
    }

    /// Whether it is a floating-point type.
    public var isFloatingPoint: Bool { self == .float32 || self == .float64 }

    /// The layout of the type on this machine.
    var layout: NumberLayout {
      switch self {
      case .float32: .floatingPoint(.float32, .native)
      case .float64: .floatingPoint(.float64, .native)
      case .int8, .int16, .int32, .int64:
        .integer(IntegerFormat(size: size, isSigned: true, order: .native))
      case .uint8, .uint16, .uint32, .uint64:
        .integer(IntegerFormat(size: size, isSigned: false, order: .native))
      }
    }
  }

  /// A Swift type that elements can be read as.
  public protocol NativeValue: BitwiseCopyable, Sendable {
    /// The type's name in ``NativeType``.
    static var nativeType: NativeType { get }
    /// The number zero.
    static var zero: Self { get }
  }
}

extension Int8: HDF5.NativeValue {
  /// `int8`.
  public static var nativeType: HDF5.NativeType { .int8 }
}

extension Int16: HDF5.NativeValue {
  /// `int16`.
  public static var nativeType: HDF5.NativeType { .int16 }
}

extension Int32: HDF5.NativeValue {
  /// `int32`.
  public static var nativeType: HDF5.NativeType { .int32 }
}

extension Int64: HDF5.NativeValue {
  /// `int64`.
  public static var nativeType: HDF5.NativeType { .int64 }
}

extension UInt8: HDF5.NativeValue {
  /// `uint8`.
  public static var nativeType: HDF5.NativeType { .uint8 }
}

extension UInt16: HDF5.NativeValue {
  /// `uint16`.
  public static var nativeType: HDF5.NativeType { .uint16 }
}

extension UInt32: HDF5.NativeValue {
  /// `uint32`.
  public static var nativeType: HDF5.NativeType { .uint32 }
}

extension UInt64: HDF5.NativeValue {
  /// `uint64`.
  public static var nativeType: HDF5.NativeType { .uint64 }
}

extension Float: HDF5.NativeValue {
  /// `float32`.
  public static var nativeType: HDF5.NativeType { .float32 }
}

extension Double: HDF5.NativeValue {
  /// `float64`.
  public static var nativeType: HDF5.NativeType { .float64 }
}

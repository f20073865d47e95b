import HornbillCore

/// Arithmetic of the integer types, whose elements are held as `Int64` (`uint64` by bit pattern).
enum IntegerFunctions {
  /// The number reduced to the range of the type by dropping high bits; `bool` is whether it differs from 0.
  @inline(__always)
  static func wrapped(_ x: Int64, to dtype: DType) -> Int64 {
    switch dtype {
    case .bool: x != 0 ? 1 : 0
    case .int8: Int64(Int8(truncatingIfNeeded: x))
    case .int16: Int64(Int16(truncatingIfNeeded: x))
    case .int32: Int64(Int32(truncatingIfNeeded: x))
    case .uint8: Int64(UInt8(truncatingIfNeeded: x))
    case .uint16: Int64(UInt16(truncatingIfNeeded: x))
    case .uint32: Int64(UInt32(truncatingIfNeeded: x))
    default: x
    }
  }

  /// The least and the greatest number of the type, as held.
  static func range(_ dtype: DType) -> (least: Int64, greatest: Int64) {
    switch dtype {
    case .bool: (0, 1)
    case .int8: (Int64(Int8.min), Int64(Int8.max))
    case .int16: (Int64(Int16.min), Int64(Int16.max))
    case .int32: (Int64(Int32.min), Int64(Int32.max))
    case .uint8: (0, Int64(UInt8.max))
    case .uint16: (0, Int64(UInt16.max))
    case .uint32: (0, Int64(UInt32.max))
    case .uint64: (0, Int64(bitPattern: UInt64.max))
    default: (Int64.min, Int64.max)
    }
  }

  /// Whether `a` is less than `b`.
  @inline(__always)
  static func isLess(_ a: Int64, _ b: Int64, _ dtype: DType) -> Bool {
    dtype == .uint64 ? UInt64(bitPattern: a) < UInt64(bitPattern: b) : a < b
  }

  /// A floating-point number truncated to the type.
  static func converted(_ x: Double, to dtype: DType) -> Int64 {
    if dtype == .bool { return x != 0 ? 1 : 0 }
    if dtype == .uint64, x >= 0x1p63 {
      return Int64(bitPattern: x >= 0x1p64 ? UInt64.max : UInt64(x))
    }
    return wrapped(Int64(saturating: x), to: dtype)
  }

  /// The number as a floating-point number.
  static func double(_ x: Int64, _ dtype: DType) -> Double {
    dtype == .uint64 ? Double(UInt64(bitPattern: x)) : Double(x)
  }

  /// The result of an elementwise function; predicates give 0 or 1.
  static func unary(_ op: UnaryOp, _ x: Int64, _ dtype: DType) -> Int64 {
    let isUnsigned = dtype.isUnsignedInteger
    switch op {
    case .negate: return wrapped(0 &- x, to: dtype)
    case .absolute: return isUnsigned || x >= 0 ? x : wrapped(0 &- x, to: dtype)
    case .sign: return x == 0 ? 0 : isUnsigned || x > 0 ? 1 : -1
    case .square: return wrapped(x &* x, to: dtype)
    case .isNaN, .isInfinite: return 0
    case .isFinite: return 1
    case .signBit: return !isUnsigned && x < 0 ? 1 : 0
    case .logicalNot: return x == 0 ? 1 : 0
    case .bitwiseNot: return wrapped(~x, to: dtype)
    case .floor, .ceil, .roundHalfToEven, .truncate: return x
    case .reciprocal, .exp, .exp2, .expm1, .log, .log2, .log10, .log1p, .sqrt, .rsqrt, .cbrt, .sin,
      .cos, .tan, .arcsin, .arccos, .arctan, .sinh, .cosh, .tanh, .arcsinh, .arccosh, .arctanh,
      .erf, .erfc, .erfinv, .sigmoid:
      return converted(op.function(double(x, dtype)), to: dtype)
    }
  }

  /// The result of a function of two numbers; predicates give 0 or 1.
  ///
  /// - Throws: ``ExecutionError`` for a division by 0 and a power with a negative exponent.
  static func binary(
    _ op: BinaryOp, _ a: Int64, _ b: Int64, _ dtype: DType
  ) throws(ExecutionError) -> Int64 {
    switch op {
    case .add: return wrapped(a &+ b, to: dtype)
    case .subtract: return wrapped(a &- b, to: dtype)
    case .multiply: return wrapped(a &* b, to: dtype)
    case .divide, .floorDivide: return try quotient(a, b, dtype)
    case .modulo:
      return wrapped(a &- (try quotient(a, b, dtype)) &* b, to: dtype)
    case .remainder:
      guard b != 0 else { throw divisionByZero }
      if dtype == .uint64 {
        return Int64(bitPattern: UInt64(bitPattern: a) % UInt64(bitPattern: b))
      }
      return b == -1 ? 0 : a % b
    case .power: return try power(a, b, dtype)
    case .maximum: return isLess(a, b, dtype) ? b : a
    case .minimum: return isLess(b, a, dtype) ? b : a
    case .arctan2, .nextAfter:
      throw ExecutionError("\(op) of \(dtype) is not possible")
    case .equal: return a == b ? 1 : 0
    case .notEqual: return a != b ? 1 : 0
    case .less: return isLess(a, b, dtype) ? 1 : 0
    case .lessEqual: return isLess(b, a, dtype) ? 0 : 1
    case .greater: return isLess(b, a, dtype) ? 1 : 0
    case .greaterEqual: return isLess(a, b, dtype) ? 0 : 1
    case .logicalAnd: return a != 0 && b != 0 ? 1 : 0
    case .logicalOr: return a != 0 || b != 0 ? 1 : 0
    case .logicalXor: return (a != 0) != (b != 0) ? 1 : 0
    case .bitwiseAnd: return a & b
    case .bitwiseOr: return a | b
    case .bitwiseXor: return a ^ b
    case .leftShift: return wrapped(a << shift(b, dtype), to: dtype)
    case .rightShift:
      return dtype == .uint64
        ? Int64(bitPattern: UInt64(bitPattern: a) >> UInt64(shift(b, dtype)))
        : a >> shift(b, dtype)
    }
  }

  private static let divisionByZero = ExecutionError("an integer is divided by 0")

  private static func quotient(
    _ a: Int64, _ b: Int64, _ dtype: DType
  ) throws(ExecutionError) -> Int64 {
    guard b != 0 else { throw divisionByZero }
    if dtype == .uint64 {
      return Int64(bitPattern: UInt64(bitPattern: a) / UInt64(bitPattern: b))
    }
    let (quotient, overflow) = a.dividedReportingOverflow(by: b)
    if overflow { return a }
    return wrapped(quotient &* b != a && (a < 0) != (b < 0) ? quotient - 1 : quotient, to: dtype)
  }

  private static func power(
    _ a: Int64, _ b: Int64, _ dtype: DType
  ) throws(ExecutionError) -> Int64 {
    guard dtype == .uint64 || b >= 0 else {
      throw ExecutionError("an integer is raised to the negative power \(b)")
    }
    var result: Int64 = 1
    var factor = a
    var exponent = UInt64(bitPattern: b)
    while exponent > 0 {
      if exponent & 1 == 1 { result = result &* factor }
      factor = factor &* factor
      exponent >>= 1
    }
    return wrapped(result, to: dtype)
  }

  /// A shift count held inside the type's width, as TensorFlow does.
  private static func shift(_ count: Int64, _ dtype: DType) -> Int64 {
    let most = Int64(max(dtype.bitWidth, 1) - 1)
    if dtype == .uint64 { return Int64(min(UInt64(bitPattern: count), UInt64(most))) }
    return min(max(count, 0), most)
  }
}

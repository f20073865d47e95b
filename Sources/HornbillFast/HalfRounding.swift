import HornbillCore

/// Rounding of `Float` to the values of a half type.
enum HalfRounding {
  /// The nearest value of the type, ties to even; `float32` and wider types keep the number.
  @inline(__always)
  static func rounded(_ x: Float, to dtype: DType) -> Float {
    switch dtype {
    case .bfloat16: bfloat16(x)
    case .float16: float16(x)
    default: x
    }
  }

  /// Rounds numbers where they are.
  static func round(_ x: UnsafeMutablePointer<Float>, count: Int, to dtype: DType) {
    switch dtype {
    case .bfloat16: for i in 0..<count { x[i] = bfloat16(x[i]) }
    case .float16: for i in 0..<count { x[i] = float16(x[i]) }
    default: break
    }
  }

  @inline(__always)
  static func bfloat16(_ x: Float) -> Float {
    if x.isNaN { return x }
    let bits = x.bitPattern
    return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
  }

  @inline(__always)
  static func float16(_ x: Float) -> Float {
    let magnitude = abs(x)
    if magnitude < 0x1p-14 {
      return (x * 0x1p24).rounded(.toNearestOrEven) * 0x1p-24
    }
    if x.isNaN || magnitude == .infinity { return x }
    if magnitude >= 65520 { return x < 0 ? -.infinity : .infinity }
    let bits = x.bitPattern
    return Float(bitPattern: (bits &+ 0xFFF &+ (bits >> 13 & 1)) & 0xFFFF_E000)
  }

  /// The bits of a value of the type, in the low places.
  static func pattern(_ x: Float, _ dtype: DType) -> UInt64 {
    let bits = UInt64(rounded(x, to: dtype).bitPattern)
    if dtype == .bfloat16 { return bits >> 16 }
    guard dtype == .float16 else { return bits }
    let sign = bits >> 16 & 0x8000
    if x.isNaN { return sign | 0x7E00 }
    let value = abs(rounded(x, to: dtype))
    if value.isInfinite { return sign | 0x7C00 }
    if value < 0x1p-14 { return sign | UInt64(value * 0x1p24) }
    return sign | (UInt64(value.bitPattern) - (112 << 23)) >> 13
  }

  /// The value that bits of the type stand for.
  static func number(_ bits: UInt64, _ dtype: DType) -> Float {
    let low = UInt32(truncatingIfNeeded: bits)
    if dtype == .bfloat16 { return Float(bitPattern: low << 16) }
    guard dtype == .float16 else { return Float(bitPattern: low) }
    let sign = (low & 0x8000) << 16
    let rest = low & 0x7FFF
    if rest >= 0x7C00 { return Float(bitPattern: sign | 0x7F80_0000 | (rest & 0x3FF) << 13) }
    if rest < 0x400 {
      return Float(bitPattern: sign | (Float(rest) * 0x1p-24).bitPattern)
    }
    return Float(bitPattern: sign | (rest << 13 + (112 << 23)))
  }

  /// The neighbour of a value of the type, towards `end`.
  static func next(after x: Float, towards end: Float, in dtype: DType) -> Float {
    let (x, end) = (rounded(x, to: dtype), rounded(end, to: dtype))
    if x.isNaN || end.isNaN { return .nan }
    if x == end { return end }
    let isUp = end > x
    if dtype == .float16, abs(x) < 0x1p-14 || (abs(x) == 0x1p-14 && isUp == (x < 0)) {
      return x + (isUp ? 0x1p-24 : -0x1p-24)
    }
    let step: UInt32 = dtype == .float16 ? 0x2000 : dtype == .bfloat16 ? 0x1_0000 : 1
    if x == 0 { return Float(bitPattern: step | (isUp ? 0 : 0x8000_0000)) }
    let isAway = isUp == (x > 0)
    if x.isInfinite {
      let greatest: Float =
        dtype == .float16
        ? 65504 : Float(bitPattern: dtype == .bfloat16 ? 0x7F7F_0000 : 0x7F7F_FFFF)
      return x < 0 ? -greatest : greatest
    }
    let bits = isAway ? x.bitPattern &+ step : x.bitPattern &- step
    return rounded(Float(bitPattern: bits), to: dtype)
  }
}

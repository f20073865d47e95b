import HornbillCore

/// Rounding to floating-point numbers of fewer bits, by both engines.
///
/// Source: Keras 3, `keras/src/quantizers/quantizers.py`, `quantize_and_dequantize`.
extension GraphBuilder {
  /// A tensor as numbers of 8 bits times a scale would hold it: sign, 4 bits of exponent, 3 of fraction, up to 448.
  mutating func float8(_ x: Value, scale: Value) throws(LayerError) -> Value {
    let dtype = dtype(x)
    let scale = try cast(scale, to: dtype)
    let clipped = try minimum(maximum(divide(x, scale), -448), 448)
    return try multiply(rounded(clipped, fractionBits: 3, leastExponent: -6), scale)
  }

  /// The nearest numbers of so many bits after the leading one, ties to even; below 2 to the least exponent, of its spacing.
  mutating func rounded(
    _ x: Value, fractionBits: Int, leastExponent: Int
  ) throws(LayerError) -> Value {
    let dtype = dtype(x)
    let bits = try bitcast(cast(x, to: .float32), to: .int32)
    let exponent = try bitcast(
      binary(.bitwiseAnd, bits, scalar(Double(0x7F80_0000), .int32)), to: .float32)
    let least = try maximum(exponent, Double(sign: .plus, exponent: leastExponent, significand: 1))
    let spacing = try cast(
      multiply(least, Double(sign: .plus, exponent: -fractionBits, significand: 1)), to: dtype)
    return try multiply(unary(.roundHalfToEven, divide(x, spacing)), spacing)
  }
}

import HornbillCore

/// The logarithm of the gamma function and its derivative, computed in `float64`.
///
/// Arguments below 1/2 are reflected, those below 10 raised by 10 steps of the recurrence; then Stirling's series holds.
extension GraphBuilder {
  /// `log |Γ(x)|`.
  mutating func logGamma(_ x: Value) throws(LayerError) -> Value {
    let parts = try gammaParts(x)
    let w = parts.raised
    let series = try stirling(
      w,
      [
        1 / 12.0, -1 / 360.0, 1 / 1260.0, -1 / 1680.0, 1 / 1188.0, -691 / 360360.0, 1 / 156.0,
      ])
    let tail = try add(divide(series, w), 0.9189385332046727)
    let head = try subtract(multiply(add(w, -0.5), unary(.log, w)), w)
    let one = scalar(1, .float64)
    let bounded = try select(parts.isSmall, parts.positive, one)
    var product = one
    for step in 0..<10 { product = try multiply(product, add(bounded, Double(step))) }
    let correction = try select(parts.isSmall, unary(.log, product), scalar(0, .float64))
    let direct = try subtract(add(head, tail), correction)
    let sine = try unary(.absolute, unary(.sin, parts.angle))
    let pole = try subtract(scalar(1.1447298858494002, .float64), unary(.log, sine))
    let result = try select(parts.isReflected, subtract(pole, direct), direct)
    let isInfinite = try binary(.equal, unary(.absolute, parts.x), scalar(.infinity, .float64))
    return try cast(select(isInfinite, scalar(.infinity, .float64), result), to: dtype(x))
  }

  /// `Γ′(x) / Γ(x)`.
  mutating func digamma(_ x: Value) throws(LayerError) -> Value {
    let parts = try gammaParts(x)
    let w = parts.raised
    let series = try stirling(
      w, [1 / 12.0, -1 / 120.0, 1 / 252.0, -1 / 240.0, 1 / 132.0, -691 / 32760.0, 1 / 12.0])
    let head = try subtract(unary(.log, w), multiply(unary(.reciprocal, w), 0.5))
    let raised = try subtract(head, divide(series, square(w)))
    var sum = scalar(0, .float64)
    for step in 0..<10 {
      sum = try add(sum, unary(.reciprocal, add(parts.positive, Double(step))))
    }
    let direct = try subtract(raised, select(parts.isSmall, sum, scalar(0, .float64)))
    let pole = try divide(scalar(.pi, .float64), unary(.tan, parts.angle))
    return try cast(
      select(parts.isReflected, subtract(direct, pole), direct), to: dtype(x))
  }

  private struct GammaParts {
    let x: Value
    let isReflected: Value
    /// `x`, or `1 − x` where it is reflected.
    let positive: Value
    let isSmall: Value
    /// ``positive``, 10 more where it is small.
    let raised: Value
    /// `π · x`, less whole turns.
    let angle: Value
  }

  private mutating func gammaParts(_ argument: Value) throws(LayerError) -> GammaParts {
    guard dtype(argument).isFloatingPoint else {
      throw LayerError(.shape, "the gamma function of \(dtype(argument)) is not possible")
    }
    let x = try cast(argument, to: .float64)
    let isReflected = try binary(.less, x, scalar(0.5, .float64))
    let positive = try select(isReflected, add(unary(.negate, x), 1), x)
    let isSmall = try binary(.less, positive, scalar(10, .float64))
    let raised = try select(isSmall, add(positive, 10), positive)
    let fraction = try subtract(x, unary(.roundHalfToEven, x))
    return GammaParts(
      x: x, isReflected: isReflected, positive: positive, isSmall: isSmall, raised: raised,
      angle: try multiply(fraction, .pi))
  }

  /// `Σ cᵢ / w²ⁱ`.
  private mutating func stirling(
    _ w: Value, _ coefficients: [Double]
  ) throws(LayerError) -> Value {
    let step = try unary(.reciprocal, square(w))
    var sum = scalar(0, .float64)
    for coefficient in coefficients.reversed() {
      sum = try add(multiply(sum, step), coefficient)
    }
    return sum
  }
}

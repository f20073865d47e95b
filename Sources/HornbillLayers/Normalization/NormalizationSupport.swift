import HornbillCore

extension Lowering {
  /// The own variables of the called layer in a type, from the type in which they are stored.
  mutating func variables(
    of call: LayerCall, as dtype: DType
  ) throws(LayerError) -> [Value] {
    var result: [Value] = []
    for index in call.weights.indices {
      result.append(try graph.cast(variable(index, of: call.instance), to: dtype))
    }
    return result
  }
}

extension GraphBuilder {
  /// A tensor in the type in which normalizations compute: at least `float32`.
  mutating func normalizable(_ x: Value) throws(LayerError) -> Value {
    dtype(x) == .float64 ? x : try cast(x, to: .float32)
  }

  /// The tensor less its mean, and its variance, over axes that stay with extent 1.
  mutating func centered(
    _ x: Value, axes: [Int]
  ) throws(LayerError) -> (centered: Value, variance: Value) {
    let mean = try mean(x, axes: axes, keepDimensions: true)
    let centered = try subtract(x, mean)
    return (centered, try self.mean(square(centered), axes: axes, keepDimensions: true))
  }

  /// `1 / √(variance + epsilon)`.
  mutating func inverseDeviation(
    _ variance: Value, epsilon: Double
  ) throws(LayerError) -> Value {
    try rsqrt(add(variance, epsilon))
  }

  /// The tensor with length 1 along axes taken together; a sum of squares below `leastSquare` counts as that.
  ///
  /// Source: Keras 3, `keras/src/ops/nn.py`, `_normalize`.
  mutating func unitLength(
    _ x: Value, axes: [Int], leastSquare: Double
  ) throws(LayerError) -> Value {
    let total = try sum(square(x), axes: axes, keepDimensions: true)
    let bound = 1 / leastSquare.squareRoot()
    return try multiply(x, minimum(rsqrt(total), bound))
  }
}

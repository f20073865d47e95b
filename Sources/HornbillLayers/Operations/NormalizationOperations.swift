import HornbillCore

/// Normalizations as operations.
///
/// Source: Keras 3, `keras/src/ops/nn.py`, with `keras/src/backend/tensorflow/nn.py`.
enum NormalizationOperations {
  /// Keras's `epsilon()`.
  static let epsilon = 1e-7

  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "Normalize": { (c, g) throws(LayerError) in
      var x = try c.tensor(0, &g)
      if g.rank(x) == 0 { x = try g.expand(x, axis: 0) }
      x = try g.floating(x)
      let least = try c.number("epsilon", default: epsilon)
      let axes = try c["axis"] == nil ? [g.rank(x) - 1] : c.axes(of: x, in: g)
      let order = try c.integer("order", atLeast: 1, default: 2)
      if order == 2 {
        return [try g.unitLength(x, axes: axes, leastSquare: least * least)]
      }
      let norm = try NormOperations.norm(x, .number(Double(order)), axes, keep: true, &g)
      return [try g.divide(x, g.maximum(norm, least))]
    },
    "BatchNorm": batchNormalization,
    "LayerNorm": layerNormalization,
    "RMSNorm": { (c, g) throws(LayerError) in
      let input = try c.tensor(0, &g)
      var x = try g.normalizable(input)
      if g.rank(x) == 0 { x = try g.expand(x, axis: 0) }
      let axes = try c["axis"] == nil ? [g.rank(x) - 1] : c.axes(of: x, in: g)
      let square = try g.mean(g.square(x), axes: axes, keepDimensions: true)
      let inverse = try g.inverseDeviation(
        square, epsilon: c.number("epsilon", default: epsilon))
      var y = try g.multiply(x, inverse)
      if let scale = c.optional(1, "scale") {
        y = try g.multiply(y, g.operand(scale, as: g.dtype(x)))
      }
      return [try g.cast(y, to: g.dtype(input))]
    },
  ]

  private static let batchNormalization: Operation.Rule = { (c, g) throws(LayerError) in
    let x = try c.tensor(0, &g)
    let axis = try g.axis(c.integer("axis"), of: x)
    let dtype = g.dtype(x)
    func row(
      _ position: Int, _ name: String, _ g: inout GraphBuilder
    ) throws(LayerError) -> Value? {
      guard let argument = c.optional(position, name) else { return nil }
      let value = try g.operand(argument, as: dtype)
      guard g.rank(value) == 1 else { return value }
      var shape = [Int](repeating: 1, count: g.rank(x))
      shape[axis] = g.shape(value)[0]
      return try g.reshape(value, to: shape)
    }
    guard let mean = try row(1, "mean", &g), let variance = try row(2, "variance", &g) else {
      throw LayerError(.wiring, "BatchNorm lacks its mean or variance")
    }
    var inverse = try g.inverseDeviation(variance, epsilon: c.number("epsilon", default: 1e-3))
    if let scale = try row(4, "scale", &g) { inverse = try g.multiply(inverse, scale) }
    let y = try g.multiply(g.subtract(x, mean), inverse)
    guard let offset = try row(3, "offset", &g) else { return [y] }
    return [try g.add(y, offset)]
  }

  private static let layerNormalization: Operation.Rule = { (c, g) throws(LayerError) in
    let input = try c.tensor(0, &g)
    let x = try g.normalizable(input)
    let axes = try (c["axis"] == nil ? [g.rank(x) - 1] : c.axes(of: x, in: g)).sorted()
    let epsilon = try c.number("epsilon", default: epsilon)
    func parameter(
      _ position: Int, _ name: String, _ g: inout GraphBuilder
    ) throws(LayerError) -> Value? {
      guard let argument = c.optional(position, name) else { return nil }
      let value = try g.operand(argument, as: g.dtype(x))
      if g.rank(value) == g.rank(x) || axes == [g.rank(x) - 1] { return value }
      let shape = g.shape(x).indices.map { axes.contains($0) ? g.shape(x)[$0] : 1 }
      return try g.reshape(value, to: shape)
    }
    let (centered, variance) = try g.centered(x, axes: axes)
    let inverse = try g.inverseDeviation(variance, epsilon: epsilon)
    let isScaledOnly = try c.bool("rms_scaling")
    var y = try g.multiply(isScaledOnly ? x : centered, inverse)
    if let gamma = try parameter(1, "gamma", &g) { y = try g.multiply(y, gamma) }
    if !isScaledOnly, let beta = try parameter(2, "beta", &g) { y = try g.add(y, beta) }
    return [try g.cast(y, to: g.dtype(input))]
  }
}

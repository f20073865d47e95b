import HornbillCore

/// Losses as operations.
///
/// Source: Keras 3, `keras/src/ops/nn.py`, with `keras/src/backend/tensorflow/nn.py`.
enum LossOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "BinaryCrossentropy": { (c, g) throws(LayerError) in
      let (target, output) = try c.pair(isStrong: true, isFloating: true, &g)
      let one = g.scalar(1, g.dtype(output))
      if try c.bool("from_logits") {
        let linear = try g.subtract(
          g.maximum(output, 0), g.multiply(output, target))
        let tail = try g.unary(.negate, g.unary(.absolute, output))
        return [try g.add(linear, g.unary(.log1p, g.unary(.exp, tail)))]
      }
      let p = try clipped(output, &g)
      let isTrue = try g.multiply(target, g.unary(.log, p))
      let isFalse = try g.multiply(
        g.subtract(one, target), g.unary(.log, g.subtract(one, p)))
      return [try g.unary(.negate, g.add(isTrue, isFalse))]
    },
    "CategoricalCrossentropy": { (c, g) throws(LayerError) in
      let (target, output) = try c.pair(isStrong: true, isFloating: true, &g)
      let axis = try g.axis(c.integer("axis", default: -1), of: output)
      let logarithm: Value
      if try c.bool("from_logits") {
        logarithm = try g.alongAxes(output, [axis]) { (g, flat) throws(LayerError) in
          try g.activation(.logSoftmax, flat)
        }
      } else {
        let total = try g.sum(output, axes: [axis], keepDimensions: true)
        logarithm = try g.unary(.log, clipped(g.divide(output, total), &g))
      }
      return [try g.unary(.negate, g.sum(g.multiply(target, logarithm), axes: [axis]))]
    },
    "SparseCategoricalCrossentropy": { (c, g) throws(LayerError) in
      var target = try g.cast(c.tensor(0, "target", &g), to: .int64)
      var output = try g.floating(c.tensor(1, "output", &g))
      guard try g.axis(c.integer("axis", default: -1), of: output) == g.rank(output) - 1 else {
        throw c.invalid("axis", expected: "the last axis")
      }
      if g.rank(target) == g.rank(output), g.shape(target).last == 1 {
        target = try g.squeeze(target, axis: -1)
      }
      if try !c.bool("from_logits") { output = try g.unary(.log, clipped(output, &g)) }
      let logarithm = try g.activation(.logSoftmax, output)
      let chosen = try g.gatherElements(logarithm, g.expand(target, axis: -1), axis: -1)
      return [try g.unary(.negate, g.squeeze(chosen, axis: -1))]
    },
    "PSNR": { (c, g) throws(LayerError) in
      let (x, y) = try c.pair(isStrong: true, isFloating: true, &g)
      let error = try g.mean(g.square(g.subtract(x, y)), axes: Array(0..<g.rank(x)))
      let peak = try g.unary(.log10, g.number(c.number("max_val"), g.dtype(x)))
      return [
        try g.subtract(g.multiply(peak, 20), g.multiply(g.unary(.log10, error), 10))
      ]
    },
  ]

  /// Probabilities kept away from 0 and 1.
  private static func clipped(
    _ x: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let epsilon = NormalizationOperations.epsilon
    return try g.minimum(g.maximum(x, epsilon), 1 - epsilon)
  }
}

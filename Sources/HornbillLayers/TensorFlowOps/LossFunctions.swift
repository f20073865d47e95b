import HornbillCore

/// TensorFlow's losses of labels and logits.
///
/// Source: TensorFlow, `tensorflow/python/ops/nn_impl.py` and `nn_ops.py`; Keras 2.15, `keras/src/backend.py`.
enum LossFunctions {
  /// The functions by name, without the module.
  static let rules: [String: Operation.Rule] = [
    "sigmoid_cross_entropy_with_logits": { (c, g) throws(LayerError) in
      let (labels, logits) = try c.both("logits", in: &g)
      return [try sigmoid(labels, logits, &g)]
    },
    "softmax_cross_entropy_with_logits": softmax,
    "softmax_cross_entropy_with_logits_v2": softmax,
    "sparse_softmax_cross_entropy_with_logits": { (c, g) throws(LayerError) in
      var labels = try c.x(&g)
      var logits = try g.operand(c.required(1, "logits"))
      if g.rank(labels) > g.rank(logits) { swap(&labels, &logits) }
      let logarithm = try g.activation(.logSoftmax, logits)
      let chosen = try g.gatherElements(logarithm, g.expand(labels, axis: -1), axis: -1)
      return [try g.unary(.negate, g.squeeze(chosen, axis: -1))]
    },
    "keras.backend.binary_crossentropy": { (c, g) throws(LayerError) in
      let (target, output) = try c.both("output", in: &g)
      if try c.flag("from_logits") { return [try sigmoid(target, output, &g)] }
      let epsilon = NormalizationOperations.epsilon
      let p = try g.minimum(g.maximum(output, epsilon), 1 - epsilon)
      let one = g.scalar(1, g.dtype(p))
      let isTrue = try g.multiply(target, g.unary(.log, g.add(p, epsilon)))
      let rest = try g.add(g.subtract(one, p), epsilon)
      let isFalse = try g.multiply(g.subtract(one, target), g.unary(.log, rest))
      return [try g.unary(.negate, g.add(isTrue, isFalse))]
    },
  ]

  private static func sigmoid(
    _ labels: Value, _ logits: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let linear = try g.subtract(g.maximum(logits, 0), g.multiply(logits, labels))
    let tail = try g.unary(.exp, g.unary(.negate, g.unary(.absolute, logits)))
    return try g.add(linear, g.unary(.log1p, tail))
  }

  private static let softmax: Operation.Rule = { (c, g) throws(LayerError) in
    let (labels, logits) = try c.both("logits", in: &g)
    let axis = try c.whole(2, "axis", "dim", in: g) ?? -1
    let logarithm = try g.alongAxes(logits, [axis]) { (g, flat) throws(LayerError) in
      try g.activation(.logSoftmax, flat)
    }
    return [try g.unary(.negate, g.sum(g.multiply(labels, logarithm), axes: [axis]))]
  }
}

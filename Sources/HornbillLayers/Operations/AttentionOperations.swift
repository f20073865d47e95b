import HornbillCore

/// Attention as an operation.
///
/// Source: Keras 3, `keras/src/backend/tensorflow/nn.py`, `dot_product_attention`.
enum AttentionOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "DotProductAttention": { (c, g) throws(LayerError) in
      let values = try g.promoted(
        [c.argument(0, "query"), c.argument(1, "key"), c.argument(2, "value")], isStrong: true)
      guard values.allSatisfy({ g.rank($0) == 4 }) else {
        throw LayerError(.shape, "attention needs (batch, length, heads, size)")
      }
      var (key, value) = (values[1], values[2])
      let query = values[0]
      let dtype = g.dtype(query)
      let (heads, given) = (g.shape(query)[2], g.shape(key)[2])
      if given > 1, heads > given {
        key = try g.repeatElements(key, axis: 2, count: heads / given)
        value = try g.repeatElements(value, axis: 2, count: heads / given)
      }
      let wide: DType = dtype == .float64 ? .float64 : .float32
      let q = try g.transpose(query, [0, 2, 1, 3])
      let k = try g.transpose(key, [0, 2, 1, 3])
      var logits = try g.cast(g.matmul(q, k, transposeB: true), to: wide)
      logits = try g.multiply(logits, scale(c, size: g.shape(key)[3], wide, &g))
      if let bias = c.optional(3, "bias") {
        logits = try g.add(logits, g.operand(bias, as: wide))
      }
      if let mask = try mask(c, logits, &g) {
        logits = try g.select(mask, logits, g.scalar(Double(Float(3.38953e38 * -0.7)), wide))
      }
      let weights = try g.cast(g.softmax(logits), to: dtype)
      let product = try g.matmul(weights, g.transpose(value, [0, 2, 1, 3]))
      return [try g.transpose(product, [0, 2, 1, 3])]
    }
  ]

  private static func scale(
    _ c: OperationCall, size: Int, _ dtype: DType, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    if let scale = c.optional(5, "scale") { return try g.operand(scale, as: dtype) }
    return try g.number(1 / Double(size).squareRoot(), dtype)
  }

  /// Which logits count; `nil` when all do.
  private static func mask(
    _ c: OperationCall, _ logits: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value? {
    var mask = try c.optional(4, "mask").map { (argument) throws(LayerError) in
      try g.operand(argument, as: .bool)
    }
    if try c.bool("is_causal") {
      let causal = try g.band(
        rows: g.shape(logits)[2], columns: g.shape(logits)[3], from: Int.min, through: 0)
      mask =
        try mask.map { (other) throws(LayerError) in
          try g.binary(.logicalAnd, other, causal)
        } ?? causal
    }
    return mask
  }
}

import HornbillCore

/// What attentions over heads share: the arguments of a call, the masks, and the product of queries, keys and values.
///
/// Source: Keras 3, `keras/src/layers/attention/multi_head_attention.py`, `_compute_attention_mask`, `_compute_attention`, and
/// `keras/src/backend/tensorflow/nn.py`, `dot_product_attention`.
struct HeadAttention {
  /// The axes of the projected tensors `(batch, …, heads, size)` that attention is over.
  let axes: [Int]
  /// The factor of the scores.
  let scale: Double
  /// How far a query looks to either side.
  let slidingWindow: Int?
  /// Whether the weights are computed as the layer `Softmax` does: in the type of the inputs, zeros for masked scores.
  ///
  /// Else they are computed in `float32` at least, and rows that are masked as a whole get even weights.
  let usesSoftmaxLayer: Bool

  /// Output and weights for projected tensors.
  func callAsFunction(
    query: Value, key: Value, value: Value, mask: Value?, into lowering: inout Lowering
  ) throws(LayerError) -> (output: Value, weights: Value) {
    let rank = lowering.graph.rank(query)
    guard rank == lowering.graph.rank(key), rank == lowering.graph.rank(value) else {
      throw LayerError(.shape, "query, key and value must have one number of axes")
    }
    let equations = try HeadAttention.equations(rank: rank, axes: axes)
    let dtype = lowering.graph.dtype(query)
    let wide: DType = dtype == .float64 ? .float64 : .float32
    var scores: Value
    if usesSoftmaxLayer {
      let factor = try lowering.graph.number(scale, dtype)
      scores = try lowering.graph.einsum(
        equations.scores, [lowering.graph.multiply(query, factor), key])
    } else {
      scores = try lowering.graph.einsum(equations.scores, [query, key])
      scores = try lowering.graph.multiply(
        lowering.graph.cast(scores, to: wide), lowering.graph.number(scale, wide))
    }
    var kept = mask
    while let given = kept, lowering.graph.rank(given) < lowering.graph.rank(scores) {
      let axis = lowering.graph.rank(given) - 2 * axes.count
      guard axis >= 0 else {
        throw LayerError(
          .shape,
          "a mask of shape \(Shape(lowering.graph.shape(given))) does not fit the scores' shape \(Shape(lowering.graph.shape(scores)))"
        )
      }
      kept = try lowering.graph.expand(given, axis: axis)
    }
    let softmaxAxes = axes.indices.map { -1 - $0 }
    let weights: Value
    if usesSoftmaxLayer {
      weights = try lowering.softmax(scores, mask: kept, axes: softmaxAxes)
    } else {
      if let kept {
        let low = lowering.graph.scalar(HeadAttention.masked, wide)
        scores = try lowering.graph.select(kept, scores, low)
      }
      weights = try lowering.graph.cast(
        lowering.graph.softmax(scores, axes: softmaxAxes), to: dtype)
    }
    return (try lowering.graph.einsum(equations.output, [weights, value]), weights)
  }

  /// The score of what is masked.
  private static let masked = Double(Float(3.38953e38 * -0.7))

  /// Which scores count: those that every mask keeps; `nil` when all do.
  ///
  /// - Parameter lengths: the numbers of queries and values.
  func mask(
    _ arguments: HeadAttentionArguments<Flow>, lengths: (queries: Int, values: Int),
    in graph: inout GraphBuilder
  ) throws(LayerError) -> Value? {
    var masks: [Value] = []
    func flags(_ mask: Value, expanded axis: Int? = nil) throws(LayerError) {
      let mask = try graph.cast(mask, to: .bool)
      masks.append(
        try axis.map { (axis) throws(LayerError) in
          try graph.expand(mask, axis: axis)
        } ?? mask)
    }
    if let mask = try arguments.queryMask { try flags(mask, expanded: -1) }
    if let mask = try arguments.valueMask { try flags(mask, expanded: -2) }
    if let mask = try arguments.keyMask { try flags(mask, expanded: -2) }
    let (rows, columns) = lengths
    func band(_ first: Int, _ last: Int) throws(LayerError) {
      let band = try graph.band(rows: rows, columns: columns, from: first, through: last)
      masks.append(try graph.expand(band, axis: 0))
    }
    if arguments.isCausal { try band(Int.min, 0) }
    if let slidingWindow { try band(1 - slidingWindow, slidingWindow - 1) }
    if let mask = try arguments.attentionMask { try flags(mask) }
    guard var result = masks.first else { return nil }
    for mask in masks.dropFirst() { result = try graph.binary(.logicalAnd, result, mask) }
    return result
  }

  /// The equations of scores and output for projected tensors of that rank, the query first.
  static func equations(
    rank: Int, axes: [Int]
  ) throws(LayerError) -> (scores: Einsum, output: Einsum) {
    let letters = Array("abcdefghijklmnopqrstuvwxyz")
    guard rank >= 3, rank + axes.count <= letters.count, Set(axes).count == axes.count,
      axes.allSatisfy({ (1..<(rank - 2)).contains($0) })
    else {
      throw LayerError(
        .shape, "attention over axes \(axes) does not fit a query of \(rank - 1) axes")
    }
    let target = Array(letters[..<rank])
    var source = target
    for (position, axis) in axes.sorted().enumerated() { source[axis] = letters[rank + position] }
    let batch = (0..<(rank - 1)).filter { !axes.contains($0) }
    let product = batch.map { target[$0] } + axes.map { target[$0] } + axes.map { source[$0] }
    return (
      try Einsum("\(String(target)),\(String(source))->\(String(product))"),
      try Einsum("\(String(product)),\(String(source))->\(String(target))")
    )
  }
}

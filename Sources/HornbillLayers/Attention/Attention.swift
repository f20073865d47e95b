public import HornbillCore

/// Luong's attention: values weighted by how well their keys answer a query.
///
///     dot:     scores = query · keyᵀ · scale
///     concat:  scores = concat_score_weight · Σ tanh(scale · (query + key))
///     y = softmax(scores) · value
///
/// - Input: a list of query `(…, queries, d)`, value `(…, values, d')` and perhaps key `(…, values, d)`, which is else the value.
///   Output: `(…, queries, d')`, and with the argument `return_attention_scores` the weights `(…, queries, values)`.
/// - Weights: `scale` () if `useScale`, `concat_score_weight` () if the mode is `concat`.
/// - Masks: the value's leaves values out, with `use_causal_mask` also those after the query; rows that the query's mask leaves out
///   become zeros. The result has the query's mask.
/// - Source: Keras 3, `keras/src/layers/attention/attention.py`.
public struct Attention: DenseAttention {
  public static let className = "Attention"

  /// How a key is compared with a query.
  public enum ScoreMode: String, Sendable, CaseIterable {
    /// By their product.
    case dot
    /// By the sum of the hyperbolic tangents of their sum.
    case concat
  }

  /// Whether there is a learnt scale.
  public let useScale: Bool
  /// How keys are compared with queries.
  public let scoreMode: ScoreMode
  /// The share of weights that training sets to zero.
  public let dropout: Double
  /// The seed of the choice in training; the system's randomness when absent.
  public let seed: Int?
  let isCausal: Bool

  /// Makes an attention.
  ///
  /// Building a model throws ``LayerError`` when `dropout` is not from 0 to 1.
  public init(
    useScale: Bool = false, scoreMode: ScoreMode = .dot, dropout: Double = 0, seed: Int? = nil
  ) {
    self.useScale = useScale
    self.scoreMode = scoreMode
    self.dropout = dropout
    self.seed = seed
    isCausal = false
  }

  public init(config: LayerConfig) throws(LayerError) {
    useScale = try config.bool("use_scale", default: false)
    scoreMode = try config.choice("score_mode", default: ScoreMode.dot)
    dropout = try config.number("dropout", default: 0)
    seed = try config.seed()
    isCausal = try config.bool("causal", default: false)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("use_scale", useScale)
    config.set("score_mode", scoreMode)
    config.set("dropout", dropout)
    config.set("seed", seed)
    if isCausal { config.fail("causal", "a causal attention is one by its calls in Keras 3") }
  }

  func declareWeights(
    query: Shape, value: Shape, in build: inout LayerBuild
  ) throws(LayerError) {
    try LayerError.check(share: dropout, "dropout")
    if useScale { build.weight("scale", [], initializer: .ones) }
    if scoreMode == .concat { build.weight("concat_score_weight", [], initializer: .ones) }
  }

  func scores(
    query: Value, key: Value, weights: [Value], in graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    switch scoreMode {
    case .dot:
      let scores = try graph.matmul(query, key, transposeB: true)
      return useScale ? try graph.multiply(scores, weights[0]) : scores
    case .concat:
      var sums = try graph.pairSums(query, key)
      if useScale { sums = try graph.multiply(sums, weights[0]) }
      let scores = try graph.sum(graph.activation(.tanh, sums), axes: [-1])
      return try graph.multiply(scores, weights[useScale ? 1 : 0])
    }
  }
}

extension GraphBuilder {
  /// The sum of each query with each key, `(…, queries, keys, d)`.
  mutating func pairSums(_ query: Value, _ key: Value) throws(LayerError) -> Value {
    guard rank(query) >= 2, rank(key) >= 2 else {
      throw LayerError(.shape, "attention needs inputs of at least 2 axes")
    }
    return try add(expand(query, axis: -2), expand(key, axis: rank(key) - 2))
  }
}

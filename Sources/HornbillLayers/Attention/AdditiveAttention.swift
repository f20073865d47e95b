public import HornbillCore

/// Bahdanau's attention: values weighted by a learnt comparison of their keys with a query.
///
///     scores = Σ scale · tanh(query + key);  y = softmax(scores) · value
///
/// - Input: a list of query `(…, queries, d)`, value `(…, values, d')` and perhaps key `(…, values, d)`, which is else the value.
///   Output: `(…, queries, d')`, and with the argument `return_attention_scores` the weights `(…, queries, values)`.
/// - Weights: `scale` (d) if `useScale`.
/// - Masks: as ``Attention``.
/// - Source: Keras 3, `keras/src/layers/attention/additive_attention.py`.
public struct AdditiveAttention: DenseAttention {
  public static let className = "AdditiveAttention"

  /// Whether the features of a comparison are weighted.
  public let useScale: Bool
  /// The share of weights that training sets to zero.
  public let dropout: Double
  /// The seed of the choice in training; the system's randomness when absent.
  public let seed: Int?
  let isCausal: Bool

  /// Makes an attention.
  ///
  /// Building a model throws ``LayerError`` when `dropout` is not from 0 to 1.
  public init(useScale: Bool = true, dropout: Double = 0) {
    self.useScale = useScale
    self.dropout = dropout
    seed = nil
    isCausal = false
  }

  public init(config: LayerConfig) throws(LayerError) {
    useScale = try config.bool("use_scale", default: true)
    dropout = try config.number("dropout", default: 0)
    seed = try config.seed()
    isCausal = try config.bool("causal", default: false)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("use_scale", useScale)
    config.set("dropout", dropout)
    config.set("seed", seed)
    if isCausal { config.fail("causal", "a causal attention is one by its calls in Keras 3") }
  }

  func declareWeights(
    query: Shape, value: Shape, in build: inout LayerBuild
  ) throws(LayerError) {
    try LayerError.check(share: dropout, "dropout")
    guard useScale else { return }
    guard let features = query[-1] ?? value[-1] else {
      throw LayerError(.shape, "the last axis of the query's shape \(query) must be known")
    }
    build.weight("scale", [features])
  }

  func scores(
    query: Value, key: Value, weights: [Value], in graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    var parts = try graph.activation(.tanh, graph.pairSums(query, key))
    if useScale { parts = try graph.multiply(parts, weights[0]) }
    return try graph.sum(parts, axes: [-1])
  }
}

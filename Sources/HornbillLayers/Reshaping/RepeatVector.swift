public import HornbillCore

/// A vector repeated along a new time axis.
///
/// - Input: `(batch, features)`. Output: `(batch, n, features)`. Weights: none.
/// - Source: Keras 3, `keras/src/layers/reshaping/repeat_vector.py`.
public struct RepeatVector: Layer {
  public static let className = "RepeatVector"

  /// The number of repetitions.
  public let n: Int

  /// Makes a repeating layer.
  ///
  /// Building a model throws ``LayerError`` when `n` is not above 0.
  public init(n: Int) {
    self.n = n
  }

  public init(config: LayerConfig) throws(LayerError) {
    n = try config.positive("n")
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("n", n)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(positive: n, "n")
    let shape = try call.inputShape(rank: 2)
    return [TensorSpec([shape[0], n, shape[1]], try call.input.dtype)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try lowering.graph.expand(call.input, axis: 1)
    var extents = lowering.graph.shape(x)
    extents[1] = n
    return [try lowering.graph.broadcast(x, to: extents)]
  }
}

public import HornbillCore

/// A vector repeated along a new time axis.
///
/// - Input: `(batch, features)`. Output: `(batch, count, features)`. Weights: none.
/// - Source: Keras 3, `keras/src/layers/reshaping/repeat_vector.py`.
public struct RepeatVector: Layer {
  public static let className = "RepeatVector"

  /// The number of repetitions.
  public let count: Int

  /// Makes a repeating layer.
  public init(count: Int) {
    self.count = count
  }

  public init(config: LayerConfig) throws(LayerError) {
    count = try config.positive("n")
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let shape = try call.inputShape(rank: 2)
    return [TensorSpec([shape[0], count, shape[1]], try call.input.dtype)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try lowering.graph.expand(call.input, axis: 1)
    var extents = lowering.graph.shape(x)
    extents[1] = count
    return [try lowering.graph.broadcast(x, to: extents)]
  }
}

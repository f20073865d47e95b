public import HornbillCore

/// The axes after the batch in another order.
///
/// - Input: `(batch, …)` of `dims.count + 1` axes. Output: axis `i` is axis `dims[i − 1]` of the input.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/reshaping/permute.py`.
public struct Permute: Layer {
  public static let className = "Permute"

  /// The order of the axes, counted from 1.
  public let dims: [Int]

  /// Makes a permuting layer.
  ///
  /// Building a model throws ``LayerError`` when `dims` are not the axes from 1 on in some order.
  public init(dims: [Int]) {
    self.dims = dims
  }

  public init(config: LayerConfig) throws(LayerError) {
    dims = try config.integers("dims")
    guard dims.sorted() == Array(1..<(dims.count + 1)) else {
      throw config.invalid("dims", expected: "the axes from 1 on in some order")
    }
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("dims", dims)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    guard dims.sorted() == Array(1..<(dims.count + 1)) else {
      throw LayerError(
        .configuration, "dims: expected the axes from 1 on in some order, found \(dims)")
    }
    let shape = try call.inputShape(rank: dims.count + 1)
    return [TensorSpec(Shape([shape[0]] + dims.map { shape[$0] }), try call.input.dtype)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    [try lowering.graph.transpose(call.input, [0] + dims)]
  }
}

public import HornbillCore

/// The place where a tensor enters a model.
///
/// - Output: `batch_shape`, whose first extent is the batch size, usually unknown.
/// - Weights: none. The layer is never called; it states shape and type.
/// - Source: Keras 3, `keras/src/layers/core/input_layer.py`.
public struct InputLayer: Layer {
  public static let className = "InputLayer"

  /// The shape with the batch axis.
  public let batchShape: Shape?
  /// The element type.
  public let dtype: DType

  /// Makes an input.
  public init(batchShape: Shape, dtype: DType = .float32) {
    self.batchShape = batchShape
    self.dtype = dtype
  }

  public init(config: LayerConfig) throws(LayerError) {
    batchShape = try config.shape("batch_shape")
    let policy = try DTypePolicy(config: config["dtype"])
    dtype = policy.compute
  }

  public var isBuiltFromStart: Bool { true }

  /// What the input states.
  public var spec: TensorSpec { TensorSpec(batchShape, dtype) }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    [spec]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    [try call.input]
  }
}

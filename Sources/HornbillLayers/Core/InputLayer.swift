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
  /// Whether the tensors are sparse.
  public let sparse: Bool
  /// Whether the tensors are ragged.
  public let ragged: Bool
  /// Whether the input may be left out.
  public let optional: Bool

  /// Makes an input of a shape with the batch axis.
  public init(
    batchShape: Shape, dtype: DType = .float32, sparse: Bool = false, ragged: Bool = false,
    optional: Bool = false
  ) {
    self.batchShape = batchShape
    self.dtype = dtype
    self.sparse = sparse
    self.ragged = ragged
    self.optional = optional
  }

  /// Makes an input of a shape without the batch axis.
  public init(
    shape: Shape, batchSize: Int? = nil, dtype: DType = .float32, sparse: Bool = false,
    ragged: Bool = false, optional: Bool = false
  ) {
    self.init(
      batchShape: Shape([batchSize] + shape.dimensions), dtype: dtype, sparse: sparse,
      ragged: ragged, optional: optional)
  }

  public init(config: LayerConfig) throws(LayerError) {
    batchShape = try config.shape("batch_shape")
    let policy = try DTypePolicy(config: config["dtype"])
    dtype = policy.compute
    sparse = try config.bool("sparse", default: false)
    ragged = try config.bool("ragged", default: false)
    optional = try config.bool("optional", default: false)
  }

  public func encode(to config: inout ConfigEncoder) {
    config["batch_shape"] = batchShape?.json ?? .null
    config.set("dtype", dtype)
    config.set("sparse", sparse)
    config.set("ragged", ragged)
    config.setNone("name")
    config.set("optional", optional)
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

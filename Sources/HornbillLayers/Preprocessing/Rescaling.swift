public import HornbillCore

/// Numbers scaled and moved.
///
///     y = x · scale + offset
///
/// - Input: any shape. Output: the same; `scale` and `offset` are rounded to `float32` and broadcast against it.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/rescaling.py`.
public struct Rescaling: Layer {
  public static let className = "Rescaling"

  /// The factor.
  public let scale: Tensor
  /// The summand.
  public let offset: Tensor

  /// Makes a layer with one factor and one summand.
  public init(scale: Double, offset: Double = 0) {
    self.init(scale: Tensor(shape: [], [scale]), offset: Tensor(shape: [], [offset]))
  }

  /// Makes a layer with factors and summands that broadcast against the input.
  public init(scale: Tensor, offset: Tensor) {
    self.scale = scale
    self.offset = offset
  }

  public init(config: LayerConfig) throws(LayerError) {
    guard let scale = try config.array("scale") else {
      throw config.invalid("scale", expected: "a number or an array of numbers")
    }
    self.scale = scale
    offset = try config.array("offset") ?? Tensor(shape: [], [0.0])
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("scale", scale)
    config.set("offset", offset)
  }

  public var supportsMasking: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    [TensorSpec(try call.input.shape)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try lowering.graph.cast(call.input, to: call.dtype)
    func constant(_ given: Tensor) throws(LayerError) -> Value {
      let single = lowering.graph.constant(given.converted(to: .float32))
      return try lowering.graph.cast(single, to: call.dtype)
    }
    let factor = try constant(scale)
    let summand = try constant(offset)
    return [try lowering.graph.add(lowering.graph.multiply(x, factor), summand)]
  }
}

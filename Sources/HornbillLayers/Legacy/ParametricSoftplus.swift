public import HornbillCore

/// A softplus with a trained height and steepness for each element.
///
///     y = alpha · log(1 + exp(beta · x))
///
/// - Input: any shape. Output: the same.
/// - Weights: `alphas`, `betas`, each of the input's shape without the batch axis, 1 along `sharedAxes`.
/// - Source: Keras 1.2.2, `keras/layers/advanced_activations.py`; the class is gone since Keras 2.
public struct ParametricSoftplus: Layer {
  public static let className = "ParametricSoftplus"

  /// The axes, from 1 on, along which the parameters are shared.
  public let sharedAxes: [Int]
  private let fields: JSONObject

  /// Makes a parametric softplus.
  public init(sharedAxes: [Int] = []) {
    self.sharedAxes = sharedAxes
    fields = JSONObject()
  }

  public init(config: LayerConfig) throws(LayerError) {
    sharedAxes = try LegacyActivation.sharedAxes(config)
    fields = LegacyFields.kept(config)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("shared_axes", sharedAxes.isEmpty ? nil : sharedAxes)
    LegacyFields.encode(fields, to: &config)
  }

  public var supportsMasking: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LegacyActivation.declare(
      ["alphas": .constant(0.2), "betas": .constant(5)], sharing: sharedAxes, for: call, in: &build)
    return [try call.input]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let steep = try lowering.graph.multiply(call.input, call.weights[1])
    let soft = try lowering.graph.activation(.softplus, steep)
    return [try lowering.graph.multiply(soft, call.weights[0])]
  }
}

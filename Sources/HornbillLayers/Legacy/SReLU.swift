public import HornbillCore

/// An S-shaped rectifier: three linear pieces with trained corners and slopes for each element.
///
///     x ≤ l: l + a · (x − l)      l < x < r: x      x ≥ r: r + b · (x − r)
///
/// where `l = t_left`, `r = t_left + |t_right|`, `a = a_left`, `b = a_right`.
///
/// - Input: any shape. Output: the same.
/// - Weights: `t_left`, `a_left`, `t_right`, `a_right`, each of the input's shape without the batch axis, 1 along `sharedAxes`.
/// - Source: Keras 1.2.2, `keras/layers/advanced_activations.py`; the class is gone since Keras 2.
public struct SReLU: Layer {
  public static let className = "SReLU"

  /// The axes, from 1 on, along which the parameters are shared.
  public let sharedAxes: [Int]
  private let fields: JSONObject

  /// Makes an S-shaped rectifier.
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
      [
        "t_left": .zeros, "a_left": .glorotUniform(), "t_right": .glorotUniform(),
        "a_right": .ones,
      ], sharing: sharedAxes, for: call, in: &build)
    return [try call.input]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try call.input
    let (left, leftSlope) = (call.weights[0], call.weights[1])
    let width = try lowering.graph.unary(.absolute, call.weights[2])
    let right = try lowering.graph.add(left, width)
    let offset = try lowering.graph.subtract(x, left)
    let below = try lowering.graph.multiply(leftSlope, lowering.graph.minimum(offset, 0))
    let center = try lowering.graph.minimum(lowering.graph.maximum(offset, 0), width)
    let beyond = try lowering.graph.maximum(lowering.graph.subtract(x, right), 0)
    let above = try lowering.graph.multiply(call.weights[3], beyond)
    let middle = try lowering.graph.add(left, center)
    return [try lowering.graph.add(lowering.graph.add(middle, below), above)]
  }
}

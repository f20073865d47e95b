public import HornbillCore

/// A dense layer that carries a part of its input past itself.
///
///     t = sigmoid(x · W_carry + b_carry)
///     y = t · activation(x · W + b) + (1 − t) · x
///
/// - Input: `(batch, in)`. Output: `(batch, in)`.
/// - Weights: `W` (in, in), `W_carry` (in, in), and unless `useBias` is false `b` (in), `b_carry` (in).
/// - Source: Keras 1.2.2, `keras/layers/core.py`; the class is gone since Keras 2.
public struct Highway: Layer {
  public static let className = "Highway"

  /// The activation of the transformed part.
  public let activation: ActivationFunction
  /// Whether there are biases.
  public let useBias: Bool

  private let fields: JSONObject

  /// Makes a highway layer.
  public init(activation: Activation = .linear, useBias: Bool = true) {
    self.activation = .function(activation)
    self.useBias = useBias
    fields = JSONObject()
  }

  public init(config: LayerConfig) throws(LayerError) {
    activation = try config.activation("activation")
    useBias = try config.bool("bias", default: true)
    fields = LegacyFields.kept(config)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("activation", activation)
    config.set("bias", useBias)
    LegacyFields.encode(fields, to: &config)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let input = try call.input
    _ = try call.inputShape(rank: 2)
    let extent = try call.knownExtent(-1)
    build.weight("W", [extent, extent])
    build.weight("W_carry", [extent, extent])
    if useBias {
      build.weight("b", [extent], initializer: .zeros)
      build.weight("b_carry", [extent], initializer: .constant(-2))
    }
    return [try activation.build(input, in: &build)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try call.input
    var gate = try lowering.graph.dense(x, kernel: call.weights[1])
    var y = try lowering.graph.dense(x, kernel: call.weights[0])
    if useBias {
      gate = try lowering.graph.add(gate, call.weights[3])
      y = try lowering.graph.add(y, call.weights[2])
    }
    gate = try lowering.graph.activation(.sigmoid, gate)
    y = try activation.lower(y, into: &lowering)
    let one = lowering.graph.scalar(1, lowering.graph.dtype(gate))
    let carry = try lowering.graph.subtract(one, gate)
    let passed = try lowering.graph.multiply(carry, x)
    return [try lowering.graph.add(lowering.graph.multiply(y, gate), passed)]
  }
}

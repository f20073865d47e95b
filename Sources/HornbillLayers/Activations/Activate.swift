public import HornbillCore

/// An activation function as a layer of its own; Keras calls the class `Activation`.
///
///     y = activation(x)
///
/// - Input: any shape. Output: the same; `glu` halves the last axis, which the stated shape ignores as Keras does. Weights: none.
/// - Source: Keras 3, `keras/src/layers/activations/activation.py`.
public struct Activate: Layer {
  public static let className = "Activation"

  /// The activation.
  public let activation: ActivationFunction

  /// Makes a layer of an activation function.
  public init(_ activation: Activation) {
    self.activation = .function(activation)
  }

  public init(config: LayerConfig) throws(LayerError) {
    guard config.fields["activation"] != nil else {
      throw config.invalid("activation", expected: "the name of a function")
    }
    activation = try config.activation("activation")
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("activation", activation)
  }

  public var supportsMasking: Bool { true }

  public var isBuiltFromStart: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    [try activation.build(call.input, in: &build)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    [try activation.lower(call.input, into: &lowering)]
  }
}

package import HornbillCore

/// A layer that is one function of each element, known when it is decoded.
package protocol ElementwiseActivation: ActivationLayer {}

extension ElementwiseActivation {
  public var supportsMasking: Bool { true }

  public var isBuiltFromStart: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    [try call.input]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    [try lowering.graph.activation(function, call.input)]
  }
}

package import HornbillCore

/// A layer that acts in training only: at inference its outputs are its inputs, masks included.
package protocol InferenceIdentity: Layer {}

extension InferenceIdentity {
  public var supportsMasking: Bool { true }

  public var isBuiltFromStart: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    call.inputs
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    call.inputs
  }

  public func outputMasks(
    _ call: LayerCall, outputs: [Value], in lowering: inout Lowering
  ) throws(LayerError) -> [Value?] {
    call.attachedMasks
  }
}

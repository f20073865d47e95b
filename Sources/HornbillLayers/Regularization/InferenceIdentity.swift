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

extension LayerConfig {
  /// The share of elements that a dropout layer drops in training.
  func dropoutRate() throws(LayerError) -> Double {
    let rate = try number("rate")
    guard (0...1).contains(rate) else {
      throw invalid("rate", expected: "a number from 0 to 1")
    }
    return rate
  }
}

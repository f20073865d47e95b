public import HornbillCore

/// Several features together, spread over bins by a hash that never changes.
///
/// - Input: at least two tensors of text or integers, `(batch)` or `(batch, 1)`. Output: `int64` of that shape, or vectors
///   `(batch, numBins)`.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/hashed_crossing.py`; TensorFlow, `sparse_cross_op.cc`.
public struct HashedCrossing: UncastInputLayer {
  public static let className = "HashedCrossing"

  /// The number of bins.
  public let numBins: Int
  /// What becomes of the numbers of the bins: ``CategoryOutput/int`` or ``CategoryOutput/oneHot``.
  public let outputMode: CategoryOutput

  /// Makes a layer with `numBins` bins.
  public init(numBins: Int, outputMode: CategoryOutput = .int) {
    self.numBins = numBins
    self.outputMode = outputMode
  }

  public init(config: LayerConfig) throws(LayerError) {
    numBins = try config.positive("num_bins")
    outputMode = try config.choice("output_mode", default: CategoryOutput.int)
    guard outputMode == .int || outputMode == .oneHot else {
      throw config.invalid("output_mode", expected: "\"int\" or \"one_hot\"")
    }
  }

  private func outputType(_ policy: DTypePolicy) -> DType {
    if outputMode != .int { return policy.compute.isFloatingPoint ? policy.compute : .float32 }
    return policy.variable.isInteger ? policy.variable : .int64
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let dtype = outputType(build.current?.policy ?? .float32)
    return [TensorSpec(outputMode.outputShape(of: try call.inputShape, depth: numBins), dtype)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    guard call.inputs.count >= 2 else {
      throw LayerError(.wiring, "expected at least two tensors, found \(call.inputs.count)")
    }
    let shape = lowering.graph.shape(call.inputs[0])
    guard shape.count <= 2, shape.count < 2 || shape[1] == 1 else {
      throw LayerError(
        .shape, "expected tensors of shape (batch) or (batch, 1), found \(Shape(shape))")
    }
    let numbers = try lowering.graph.hash(call.inputs, .crossed, bins: numBins)
    return [
      try lowering.graph.encoded(
        numbers, as: outputMode, depth: numBins, dtype: outputType(call.instance.policy))
    ]
  }
}

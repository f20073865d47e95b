public import HornbillCore

/// Several features together, spread over bins by a hash that never changes.
///
/// - Input: at least two tensors of text or integers, `(batch)` or `(batch, 1)`. Output: `int64` of that shape, or vectors
///   `(batch, numBins)`.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/hashed_crossing.py`; TensorFlow, `sparse_cross_op.cc`.
public struct HashedCrossing: UncastInputLayer, CommonFieldsLayer {
  public static let className = "HashedCrossing"

  /// The number of bins.
  public let numBins: Int
  /// What becomes of the numbers of the bins: ``CategoryOutput/int`` or ``CategoryOutput/oneHot``.
  public let outputMode: CategoryOutput
  /// Whether the vectors are sparse; here they never are.
  public let sparse: Bool

  /// Makes a layer with `numBins` bins.
  ///
  /// Building a model throws ``LayerError`` when `numBins` is not above 0, or for another output mode.
  public init(numBins: Int, outputMode: CategoryOutput = .int, sparse: Bool = false) {
    self.numBins = numBins
    self.outputMode = outputMode
    self.sparse = sparse
  }

  public init(config: LayerConfig) throws(LayerError) {
    numBins = try config.positive("num_bins")
    outputMode = try config.choice("output_mode", default: CategoryOutput.int)
    guard outputMode == .int || outputMode == .oneHot else {
      throw config.invalid("output_mode", expected: "\"int\" or \"one_hot\"")
    }
    sparse = try config.bool("sparse", default: false)
  }

  package func statedPolicy(_ policy: DTypePolicy) -> DTypePolicy {
    if outputMode != .int || policy.variable.isInteger { return policy }
    return DTypePolicy(variable: .int64, compute: .int64)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("num_bins", numBins)
    config.set("output_mode", outputMode)
    config.set("sparse", sparse)
  }

  private func outputType(_ policy: DTypePolicy) -> DType {
    if outputMode != .int { return policy.compute.isFloatingPoint ? policy.compute : .float32 }
    return policy.variable.isInteger ? policy.variable : .int64
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(positive: numBins, "numBins")
    try outputMode.check(allowed: [.int, .oneHot])
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

public import HornbillCore

/// A table of vectors that is read by row number.
///
///     y = embeddings[id]
///
/// - Input: ids of any shape `(…)`, from 0 to `inputDim − 1`; fractions are truncated towards zero. Negative ids count
///   from the end in Keras 3. Other ids are errors when the model runs. Output: `(…, outputDim)`.
/// - Weights: `embeddings` (inputDim, outputDim).
/// - Masks: with `maskZero` the ids that are not 0 count.
/// - Source: Keras 3, `keras/src/layers/core/embedding.py`.
public struct Embedding: UncastInputLayer {
  public static let className = "Embedding"

  /// The number of rows of the table.
  public let inputDim: Int
  /// The extent of a row.
  public let outputDim: Int
  /// Whether id 0 is padding.
  public let maskZero: Bool
  private let countsFromEnd: Bool

  /// Makes a table of `inputDim` vectors.
  public init(inputDim: Int, outputDim: Int, maskZero: Bool = false) {
    self.inputDim = inputDim
    self.outputDim = outputDim
    self.maskZero = maskZero
    countsFromEnd = true
  }

  public init(config: LayerConfig) throws(LayerError) {
    inputDim = try config.positive("input_dim")
    outputDim = try config.positive("output_dim")
    maskZero = try config.bool("mask_zero", default: false)
    countsFromEnd = config.context.rules.kerasMajor >= 3
  }

  public var supportsMasking: Bool { maskZero }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    build.weight("embeddings", [inputDim, outputDim])
    return [TensorSpec(Shape(try call.inputShape.dimensions + [outputDim]))]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    var ids = try call.input
    switch lowering.graph.dtype(ids) {
    case .int32, .int64: break
    default: ids = try lowering.graph.cast(ids, to: .int32)
    }
    return [
      try lowering.graph.gather(call.weights[0], ids, axis: 0, negative: countsFromEnd)
    ]
  }

  public func outputMasks(
    _ call: LayerCall, outputs: [Value], in lowering: inout Lowering
  ) throws(LayerError) -> [Value?] {
    guard maskZero else { return [nil] }
    let ids = try call.input
    let mask =
      lowering.graph.dtype(ids) == .bool ? ids : try lowering.graph.notEqual(ids, 0)
    lowering.recordMaskOperation("not_equal", mask)
    return [mask]
  }
}

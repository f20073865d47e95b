public import HornbillCore

/// A table of vectors that is read by row number.
///
///     y = embeddings[id]
///
/// - Input: ids of any shape `(…)`, from 0 to `inputDim − 1`; fractions are truncated towards zero. Negative ids count
///   from the end in Keras 3. Other ids are errors when the model runs. Output: `(…, outputDim)`.
/// - Weights: `embeddings` (inputDim, outputDim). Quantized tables consist of several variables, see ``Quantization``; adapted ones
///   have `lora_embeddings_a` (inputDim, rank) and `lora_embeddings_b` (rank, outputDim) beside them.
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
  /// How the table is made and trained.
  public let embeddings: VariableOptions
  /// The penalty on the output in training.
  public let activityRegularizer: Regularizer?
  private let countsFromEnd: Bool
  private let table: EmbeddingTable

  /// Makes a table of `inputDim` vectors.
  ///
  /// Building a model throws ``LayerError`` when `inputDim` or `outputDim` is not above 0.
  public init(
    inputDim: Int, outputDim: Int, embeddingsInitializer: Initializer? = .randomUniform(),
    embeddingsRegularizer: Regularizer? = nil, activityRegularizer: Regularizer? = nil,
    embeddingsConstraint: Constraint? = nil, maskZero: Bool = false
  ) {
    self.inputDim = inputDim
    self.outputDim = outputDim
    self.maskZero = maskZero
    embeddings = VariableOptions(
      embeddingsInitializer, embeddingsRegularizer, embeddingsConstraint)
    self.activityRegularizer = activityRegularizer
    countsFromEnd = true
    table = EmbeddingTable(count: inputDim, size: outputDim)
  }

  public init(config: LayerConfig) throws(LayerError) {
    inputDim = try config.positive("input_dim")
    outputDim = try config.positive("output_dim")
    maskZero = try config.bool("mask_zero", default: false)
    embeddings = config.variable("embeddings", initializer: .randomUniform())
    activityRegularizer = config.regularizer("activity_regularizer")
    countsFromEnd = config.context.rules.kerasMajor >= 3
    table = try EmbeddingTable(count: inputDim, size: outputDim, config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.setOutputPenalty(activityRegularizer)
    config.set("input_dim", inputDim)
    config.set("output_dim", outputDim)
    config.setVariables(("embeddings", embeddings), penalty: activityRegularizer)
    config.set("mask_zero", maskZero)
    table.encode(to: &config)
  }

  public func storageKey(_ position: Int, _ weight: WeightSpec) -> String? {
    table.storedNames.firstIndex(of: weight.name).map { "\($0)" }
  }

  public var supportsMasking: Bool { maskZero }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try table.declare(embeddings.initializer, in: &build)
    return [TensorSpec(Shape(try call.inputShape.dimensions + [outputDim]))]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let ids = try lowering.graph.ids(call.input)
    return [try table.rows(ids, call, negative: countsFromEnd, into: &lowering)]
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

public import HornbillCore

/// A table of vectors that is read by row number, or backwards: to tell how well each row answers a vector.
///
///     y = embeddings[id]
///     y = x · reverse,  with a cap: y = cap · tanh(y / cap)       (called with `reverse=True`)
///
/// - Input: ids `(…)`; backwards vectors `(…, outputDim)`. Output: `(…, outputDim)`; backwards `(…, inputDim)`.
/// - Weights: `embeddings` (inputDim, outputDim); `reverse_embeddings` (outputDim, inputDim) unless `tieWeights`, when it is the
///   table transposed. Quantized tables consist of several variables, see ``Quantization``.
/// - Masks: with `maskZero` the ids that are not 0 count.
/// - Source: Keras 3, `keras/src/layers/core/reversible_embedding.py`.
public struct ReversibleEmbedding: UncastInputLayer {
  public static let className = "ReversibleEmbedding"

  /// The number of rows of the table.
  public let inputDim: Int
  /// The extent of a row.
  public let outputDim: Int
  /// Whether the way back uses the same table.
  public let tieWeights: Bool
  /// Whether id 0 is padding.
  public let maskZero: Bool
  /// The type in which the way back is computed; the layer's own when absent.
  public let reverseDType: DType?
  /// The absolute value that the way back stays below; none when absent.
  public let logitSoftCap: Double?
  /// How the tables are made and trained.
  public let embeddings: VariableOptions
  /// The penalty on the output in training.
  public let activityRegularizer: Regularizer?
  private let table: EmbeddingTable
  private let reversePolicy: JSON?

  /// Makes a table of `inputDim` vectors.
  ///
  /// Building a model throws ``LayerError`` when `inputDim` or `outputDim` is not above 0.
  public init(
    inputDim: Int, outputDim: Int, tieWeights: Bool = true,
    embeddingsInitializer: Initializer? = .randomUniform(),
    embeddingsRegularizer: Regularizer? = nil, activityRegularizer: Regularizer? = nil,
    embeddingsConstraint: Constraint? = nil, maskZero: Bool = false, reverseDType: DType? = nil,
    logitSoftCap: Double? = nil
  ) {
    embeddings = VariableOptions(
      embeddingsInitializer, embeddingsRegularizer, embeddingsConstraint)
    self.activityRegularizer = activityRegularizer
    reversePolicy = reverseDType.map { .string($0.rawValue) }
    self.inputDim = inputDim
    self.outputDim = outputDim
    self.tieWeights = tieWeights
    self.maskZero = maskZero
    self.reverseDType = reverseDType
    self.logitSoftCap = logitSoftCap
    table = EmbeddingTable(count: inputDim, size: outputDim)
  }

  public init(config: LayerConfig) throws(LayerError) {
    inputDim = try config.positive("input_dim")
    outputDim = try config.positive("output_dim")
    tieWeights = try config.bool("tie_weights", default: true)
    maskZero = try config.bool("mask_zero", default: false)
    reverseDType =
      config["reverse_dtype"] == nil
      ? nil : try DTypePolicy(config: config["reverse_dtype"]).compute
    logitSoftCap = try config.optionalNumber("logit_soft_cap")
    embeddings = config.variable("embeddings", initializer: .randomUniform())
    activityRegularizer = config.regularizer("activity_regularizer")
    reversePolicy = config["reverse_dtype"]
    table = try EmbeddingTable(count: inputDim, size: outputDim, config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.setOutputPenalty(activityRegularizer)
    config.set("input_dim", inputDim)
    config.set("output_dim", outputDim)
    config.setVariables(("embeddings", embeddings), penalty: activityRegularizer)
    config.set("mask_zero", maskZero)
    table.encode(to: &config)
    config.set("tie_weights", tieWeights)
    config["reverse_dtype"] = reversePolicy ?? .null
    config.set("logit_soft_cap", logitSoftCap)
  }

  public var supportsMasking: Bool { maskZero }

  public func storageKey(_ position: Int, _ weight: WeightSpec) -> String? {
    (table.storedNames + reverseNames).firstIndex(of: weight.name).map { "\($0)" }
  }

  private var reverseNames: [String] {
    guard !tieWeights else { return [] }
    guard table.quantization != nil else { return ["reverse_embeddings"] }
    let names = ["reverse_embeddings", "reverse_embeddings_scale"]
    return table.groupCount == nil ? names : names + ["reverse_embeddings_zero"]
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try table.declare(embeddings.initializer, in: &build)
    if !tieWeights { declareReverse(in: &build) }
    let extents = try call.inputShape.dimensions
    guard try call.arguments.flag(1, "reverse") else {
      return [TensorSpec(Shape(extents + [outputDim]))]
    }
    return [TensorSpec(Shape(extents.dropLast() + [inputDim]))]
  }

  private func declareReverse(in build: inout LayerBuild) {
    switch table.quantization?.scheme {
    case .int8:
      build.weight(
        "reverse_embeddings", [outputDim, inputDim], dtype: .int8, trainable: false,
        initializer: .zeros)
      build.weight("reverse_embeddings_scale", [inputDim], trainable: false, initializer: .ones)
    case .int4:
      let packed = outputDim / 2 + outputDim % 2
      build.weight(
        "reverse_embeddings", [packed, inputDim], dtype: .int8, trainable: false,
        initializer: .zeros)
      let scales = (table.groupCount.map { [$0] } ?? []) + [inputDim]
      build.weight("reverse_embeddings_scale", scales, trainable: false, initializer: .ones)
      if table.groupCount != nil {
        build.weight(
          "reverse_embeddings_zero", scales, trainable: false, initializer: .zeros)
      }
    default:
      build.weight(
        "reverse_embeddings", [outputDim, inputDim], initializer: embeddings.initializer)
    }
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    guard try call.arguments.flag(1, "reverse") else {
      let ids = try lowering.graph.ids(call.input)
      return [try table.rows(ids, call, negative: true, into: &lowering)]
    }
    let dtype = reverseDType ?? call.dtype
    var x = try lowering.graph.cast(call.input, to: table.quantization == nil ? dtype : call.dtype)
    var inputScale: Value?
    if let quantizer = table.quantization?.inputQuantizer {
      (x, inputScale) = try lowering.graph.quantized(x, axes: [-1], by: quantizer)
    }
    let kernel = try lowering.graph.cast(
      reverse(call, into: &lowering), to: lowering.graph.dtype(x))
    var y = try lowering.graph.dense(x, kernel: kernel)
    if let inputScale { y = try lowering.graph.divide(y, inputScale) }
    guard let cap = logitSoftCap else { return [y] }
    let limit = try lowering.graph.number(cap, lowering.graph.dtype(y))
    let bent = try lowering.graph.activation(.tanh, lowering.graph.divide(y, limit))
    return [try lowering.graph.multiply(bent, limit)]
  }

  /// The kernel of the way back, `(outputDim, inputDim)`.
  private func reverse(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    if tieWeights {
      return try lowering.graph.transpose(table.matrix(call, into: &lowering), [1, 0])
    }
    let values = Array(call.weights.dropFirst(table.names.count))
    guard values.count == reverseNames.count else {
      throw LayerError(.weights, "the layer's variables for the way back are missing")
    }
    guard let quantization = table.quantization else { return values[0] }
    var numbers = values[0]
    if case .int4 = quantization.scheme {
      numbers = try lowering.graph.unpacked(numbers, axis: 0, count: outputDim, isSigned: true)
    }
    guard values.count == 3 else {
      return try lowering.graph.divide(
        lowering.graph.cast(numbers, to: lowering.graph.dtype(values[1])), values[1])
    }
    return try lowering.graph.dequantized(
      numbers, scale: values[1], zero: values[2], groups: table.groups(call, &lowering), axis: 0)
  }

  public func outputMasks(
    _ call: LayerCall, outputs: [Value], in lowering: inout Lowering
  ) throws(LayerError) -> [Value?] {
    guard maskZero, try !call.arguments.flag(1, "reverse") else { return [nil] }
    return [try lowering.graph.notEqual(call.input, 0)]
  }
}

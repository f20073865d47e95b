public import HornbillCore

/// Category numbers as vectors.
///
/// - Input: integers `(…)` or `(…, n)` from 0 to `numTokens − 1`, fractions truncated; as keyword `count_weights` what each
///   number counts. Output: `(…, numTokens)`, one vector for the numbers of the last axis; with ``CategoryOutput/oneHot``
///   one for each number.
/// - Weights: none.
/// - Keras 3 leaves numbers of `numTokens` and above out, as one-hot also negative ones; other numbers outside are errors when
///   the model runs.
/// - Source: Keras 3, `keras/src/layers/preprocessing/category_encoding.py`.
public struct CategoryEncoding: UncastInputLayer {
  public static let className = "CategoryEncoding"

  /// The number of categories.
  public let numTokens: Int
  /// What becomes of the numbers: ``CategoryOutput/oneHot``, ``CategoryOutput/multiHot`` or ``CategoryOutput/count``.
  public let outputMode: CategoryOutput
  private let refusesOutside: Bool

  /// Makes a layer for `numTokens` categories.
  ///
  /// Building a model throws ``LayerError`` when `numTokens` is not above 0, or for another output mode.
  public init(numTokens: Int, outputMode: CategoryOutput = .multiHot) {
    self.numTokens = numTokens
    self.outputMode = outputMode
    refusesOutside = false
  }

  public init(config: LayerConfig) throws(LayerError) {
    numTokens = try config.positive("num_tokens")
    outputMode = try config.choice("output_mode", default: CategoryOutput.multiHot)
    guard outputMode != .int, outputMode != .tfIDF else {
      throw config.invalid("output_mode", expected: "\"one_hot\", \"multi_hot\" or \"count\"")
    }
    refusesOutside = config.context.rules.kerasMajor < 3
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("num_tokens", numTokens)
    config.set("output_mode", outputMode)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(positive: numTokens, "numTokens")
    try outputMode.check(allowed: [.oneHot, .multiHot, .count])
    return [TensorSpec(outputMode.outputShape(of: try call.inputShape, depth: numTokens))]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let numbers = try lowering.graph.cast(call.input, to: .int64)
    var amounts: Value?
    if outputMode == .count, case .tensor(let flow)? = call.arguments.parameter(1, "count_weights")
    {
      amounts = try lowering.graph.cast(flow.value, to: call.dtype)
    }
    if refusesOutside {
      let ones = try lowering.graph.ones(
        forNumbers: numbers, below: numTokens, dtype: call.dtype)
      amounts =
        try amounts.map { (given) throws(LayerError) in
          try lowering.graph.multiply(given, ones)
        } ?? ones
    } else if outputMode != .oneHot {
      let negative = try lowering.graph.minimum(numbers, 0)
      let ones = try lowering.graph.ones(forNumbers: negative, below: 1, dtype: call.dtype)
      amounts =
        try amounts.map { (given) throws(LayerError) in
          try lowering.graph.multiply(given, ones)
        } ?? ones
    }
    return [
      try lowering.graph.encoded(
        numbers, as: outputMode, depth: numTokens, dtype: call.dtype, amounts: amounts)
    ]
  }
}

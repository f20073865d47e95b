public import HornbillCore

/// Numbers as the ranges in which they lie.
///
///     y = the number of boundaries b with b ≤ x
///
/// - Input: numbers of any shape. Output: integers of the same shape from 0 to the number of boundaries, or their vectors.
/// - Weights: none. The boundaries that `adapt` finds are part of the configuration in Keras 3; Keras 2 does not write them, and
///   such a layer does not run.
/// - Source: Keras 3, `keras/src/layers/preprocessing/discretization.py`; TensorFlow, `bucketize_op.cc`, which compares with
///   boundaries in `float32`.
public struct Discretization: AdaptedLayer, CommonFieldsLayer {
  public static let className = "Discretization"

  /// The boundaries, ascending; `nil` when the file does not hold them.
  public let binBoundaries: [Double]?
  /// What becomes of the numbers of the ranges.
  public let outputMode: CategoryOutput
  /// The number of ranges that `adapt` is to find.
  public let numBins: Int?
  /// The error that `adapt` may make, as a share of the samples.
  public let epsilon: Double
  /// Whether the vectors are sparse; here they never are.
  public let sparse: Bool
  private let kerasMajor: Int

  /// Makes a layer with the given boundaries, or one that is to learn so many ranges.
  ///
  /// Building a model throws ``LayerError`` for the output mode ``CategoryOutput/tfIDF``.
  public init(
    binBoundaries: [Double]? = nil, numBins: Int? = nil, epsilon: Double = 0.01,
    outputMode: CategoryOutput = .int, sparse: Bool = false
  ) {
    self.binBoundaries = binBoundaries
    self.numBins = numBins
    self.epsilon = epsilon
    self.outputMode = outputMode
    self.sparse = sparse
    kerasMajor = 3
  }

  public init(config: LayerConfig) throws(LayerError) {
    if config["bin_boundaries"]?.int != nil {
      binBoundaries = nil
      numBins = try config.positive("bin_boundaries")
    } else {
      binBoundaries = try config.array("bin_boundaries")?.doubles
      numBins = try config.optionalInteger("num_bins")
    }
    outputMode = try config.choice("output_mode", default: CategoryOutput.int)
    if outputMode == .tfIDF {
      throw config.invalid(
        "output_mode", expected: "\"int\", \"one_hot\", \"multi_hot\" or \"count\"")
    }
    epsilon = try config.number("epsilon", default: 0.01)
    sparse = try config.bool("sparse", default: false)
    kerasMajor = config.context.rules.kerasMajor
  }

  package var refusedFields: [String] { ["trainable", "activity_regularizer"] }

  public func encode(to config: inout ConfigEncoder) {
    config["bin_boundaries"] = binBoundaries.map { .array($0.map { .double($0) }) } ?? .null
    config.set("num_bins", numBins)
    config.set("epsilon", epsilon)
    config.set("output_mode", outputMode)
    config.set("sparse", sparse)
  }

  private func outputType(_ policy: DTypePolicy) -> DType {
    if outputMode != .int { return policy.compute }
    if kerasMajor >= 3 { return .int32 }
    return policy.compute.isInteger ? policy.compute : .int64
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try outputMode.check(allowed: [.int, .oneHot, .multiHot, .count])
    let input = try call.inputShape
    let dtype = outputType(build.current?.policy ?? .float32)
    let depth = binBoundaries.map { $0.count + 1 } ?? numBins
    switch outputMode {
    case .int: return [TensorSpec(input, dtype)]
    case .multiHot, .count, .tfIDF:
      guard input.rank >= 2 else { return [TensorSpec([depth], dtype)] }
      return [TensorSpec(Shape([input[0]] + input.dimensions[2...] + [depth]), dtype)]
    case .oneHot: return [TensorSpec(outputMode.outputShape(of: input, depth: depth), dtype)]
    }
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    guard let binBoundaries else {
      throw LayerError(
        .unsupported, "the boundaries that adapt() found are not in the configuration")
    }
    var x = try call.input
    if !lowering.graph.dtype(x).isFloatingPoint { x = try lowering.graph.cast(x, to: .float32) }
    let edges = try lowering.graph.cast(
      lowering.graph.constant(
        Tensor(shape: [binBoundaries.count], binBoundaries.map { Float($0) })),
      to: lowering.graph.dtype(x))
    let isBelow = try lowering.graph.binary(.less, lowering.graph.expand(x, axis: -1), edges)
    let isAtLeast = try lowering.graph.unary(.logicalNot, isBelow)
    let numbers = try lowering.graph.sum(lowering.graph.cast(isAtLeast, to: .int64), axes: [-1])
    return [
      try lowering.graph.encoded(
        numbers, as: outputMode, depth: binBoundaries.count + 1,
        dtype: outputType(call.instance.policy))
    ]
  }
}

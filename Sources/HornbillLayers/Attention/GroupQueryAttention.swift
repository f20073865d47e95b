public import HornbillCore

/// Attention in several heads, groups of which share their keys and values.
///
///     y = softmax(q · kᵀ / √headDim) · v · W_o + b_o,  head i of the query with head i / (queryHeads / keyValueHeads) of key and value
///
/// - Input: query `(batch, queries, d)`, value `(batch, values, d)` and perhaps key `(batch, values, d_k)`, which is else the value.
///   Output: the query's shape; with the argument `return_attention_scores` also the weights `(batch, queryHeads, queries, values)`.
/// - Weights: of the sublayers `query`, `key`, `gate` (with `useGate`), `value` and `attention_output`: `kernel` (d, heads, headDim) and
///   `bias` (heads, headDim), of the last `kernel` (queryHeads, headDim, d) and `bias` (d).
/// - Masks: as ``MultiHeadAttention``; the result has the mask that is attached to the query.
/// - Source: Keras 3, `keras/src/layers/attention/grouped_query_attention.py`.
public struct GroupQueryAttention: PolicyCarrier {
  public static let className = "GroupQueryAttention"
  public static let aliases = ["GroupedQueryAttention"]
  public static let pythonName = "GroupedQueryAttention"

  /// The extent of a head.
  public let headDim: Int
  /// The number of heads of the query.
  public let numQueryHeads: Int
  /// The number of heads of key and value, a divisor of the query's.
  public let numKeyValueHeads: Int
  /// Whether the projections have biases.
  public let useBias: Bool
  /// How far a query looks to either side, itself included; any distance when absent.
  public let slidingWindow: Int?
  /// Whether a gate computed from the query weighs the heads' outputs.
  public let useGate: Bool
  /// The share of weights that training sets to zero.
  public let dropout: Double
  /// How the projections' kernels are made and trained.
  public let kernel: VariableOptions
  /// How the projections' biases are made and trained.
  public let bias: VariableOptions
  /// The penalty on the output in training.
  public let activityRegularizer: Regularizer?
  /// The seed of the choice in training; the system's randomness when absent.
  public let seed: Int?
  private let query: LayerInstance
  private let key: LayerInstance
  private let value: LayerInstance
  private let gate: LayerInstance?
  private let output: LayerInstance

  /// Makes an attention whose heads share keys and values.
  ///
  /// Building a model throws ``LayerError`` when a number is not above 0, when `numQueryHeads` is no multiple of
  /// `numKeyValueHeads`, or when `dropout` is not from 0 to 1.
  public init(
    headDim: Int, numQueryHeads: Int, numKeyValueHeads: Int, dropout: Double = 0,
    useBias: Bool = true, slidingWindow: Int? = nil, useGate: Bool = false,
    kernelInitializer: Initializer? = .glorotUniform(),
    biasInitializer: Initializer? = .zeros, kernelRegularizer: Regularizer? = nil,
    biasRegularizer: Regularizer? = nil, activityRegularizer: Regularizer? = nil,
    kernelConstraint: Constraint? = nil, biasConstraint: Constraint? = nil, seed: Int? = nil
  ) {
    self.init(
      headDim: headDim, numQueryHeads: numQueryHeads, numKeyValueHeads: numKeyValueHeads,
      dropout: dropout, useBias: useBias, slidingWindow: slidingWindow, useGate: useGate,
      activityRegularizer: activityRegularizer, seed: seed,
      factory: ProjectionFactory(
        policy: .float32,
        kernel: VariableOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
        bias: VariableOptions(biasInitializer, biasRegularizer, biasConstraint)))
  }

  private init(
    headDim: Int, numQueryHeads: Int, numKeyValueHeads: Int, dropout: Double, useBias: Bool,
    slidingWindow: Int?, useGate: Bool, activityRegularizer: Regularizer?, seed: Int?,
    factory: ProjectionFactory
  ) {
    self.headDim = headDim
    self.numQueryHeads = numQueryHeads
    self.numKeyValueHeads = numKeyValueHeads
    self.useBias = useBias
    self.slidingWindow = slidingWindow
    self.useGate = useGate
    self.dropout = dropout
    kernel = factory.kernel
    bias = factory.bias
    self.activityRegularizer = activityRegularizer
    self.seed = seed
    let queries = [numQueryHeads, headDim]
    let values = [numKeyValueHeads, headDim]
    query = factory.heads("query", queries, useBias: useBias)
    key = factory.heads("key", values, useBias: useBias)
    value = factory.heads("value", values, useBias: useBias)
    gate =
      useGate
      ? factory.heads("gate", queries, useBias: useBias, activation: .sigmoid) : nil
    output = factory.output("attention_output", nil, useBias: useBias)
  }

  package func with(policy: DTypePolicy) -> GroupQueryAttention {
    GroupQueryAttention(
      headDim: headDim, numQueryHeads: numQueryHeads, numKeyValueHeads: numKeyValueHeads,
      dropout: dropout, useBias: useBias, slidingWindow: slidingWindow, useGate: useGate,
      activityRegularizer: activityRegularizer, seed: seed,
      factory: ProjectionFactory(policy: policy, kernel: kernel, bias: bias))
  }

  public init(config: LayerConfig) throws(LayerError) {
    let queries = try config.positive("num_query_heads")
    let values = try config.positive("num_key_value_heads")
    guard queries % values == 0 else {
      throw config.invalid(
        "num_query_heads", expected: "a multiple of num_key_value_heads, \(values)")
    }
    self.init(
      headDim: try config.positive("head_dim"), numQueryHeads: queries, numKeyValueHeads: values,
      dropout: try config.number("dropout", default: 0),
      useBias: try config.bool("use_bias", default: true),
      slidingWindow: try config.slidingWindow(),
      useGate: try config.bool("use_gate", default: false),
      activityRegularizer: config.regularizer("activity_regularizer"), seed: try config.seed(),
      factory: try ProjectionFactory(config))
  }

  public func encode(to config: inout ConfigEncoder) {
    config.setOutputPenalty(activityRegularizer)
    config.set("head_dim", headDim)
    config.set("num_query_heads", numQueryHeads)
    config.set("num_key_value_heads", numKeyValueHeads)
    config.set("use_bias", useBias)
    config.set("use_gate", useGate)
    config.set("sliding_window", slidingWindow)
    config.set("dropout", dropout)
    config.setVariables(("kernel", kernel), ("bias", bias), penalty: activityRegularizer)
    config.set("seed", seed)
  }

  private func check() throws(LayerError) {
    try LayerError.check(positive: headDim, "headDim")
    try LayerError.check(positive: numQueryHeads, "numQueryHeads")
    try LayerError.check(positive: numKeyValueHeads, "numKeyValueHeads")
    try LayerError.check(share: dropout, "dropout")
    guard numQueryHeads % numKeyValueHeads == 0 else {
      throw LayerError(
        .configuration,
        "numQueryHeads: expected a multiple of numKeyValueHeads, \(numKeyValueHeads), found \(numQueryHeads)"
      )
    }
  }

  public var supportsMasking: Bool { true }

  public var sublayers: [Sublayer] {
    var result = [Sublayer("_query_dense", query), Sublayer("_key_dense", key)]
    if let gate { result.append(Sublayer("_gate_dense", gate)) }
    result.append(Sublayer("_value_dense", value))
    result.append(Sublayer("_output_dense", output))
    return result
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try check()
    let arguments = try HeadAttentionArguments(call.arguments, isKeras2: false)
    let keySpec = arguments.key ?? arguments.value
    guard let shape = arguments.query.shape, shape.rank == 3, let last = shape[2],
      let values = keySpec.shape, values.rank == 3
    else {
      throw LayerError(.shape, "query and key need 3 axes, the query's last of a known extent")
    }
    try build.build(query, BuildCall([arguments.query]))
    try build.build(key, BuildCall([keySpec]))
    if let gate { try build.build(gate, BuildCall([arguments.query])) }
    try build.build(value, BuildCall([arguments.value]))
    let heads = TensorSpec(
      Shape([shape[0], shape[1], numQueryHeads, headDim]), arguments.query.dtype)
    try build.build(output, BuildCall(ProjectionFactory.call(.tensor(heads), [last])))
    let result = TensorSpec(shape, arguments.query.dtype)
    guard arguments.returnsScores else { return [result] }
    return [
      result, TensorSpec(Shape([shape[0], numQueryHeads, shape[1], values[1]]), result.dtype),
    ]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let arguments = try HeadAttentionArguments(call.arguments, isKeras2: false)
    let shape = lowering.graph.shape(arguments.query.value)
    let values = lowering.graph.shape(arguments.value.value)
    guard shape.count == 3, values.count == 3 else {
      throw LayerError(.shape, "query and value need 3 axes")
    }
    let attention = HeadAttention(
      axes: [1], scale: 1 / Double(headDim).squareRoot(), slidingWindow: slidingWindow,
      usesSoftmaxLayer: dropout > 0 || arguments.returnsScores)
    let mask = try attention.mask(
      arguments, lengths: (shape[1], values[1]), in: &lowering.graph)
    let count = numQueryHeads / numKeyValueHeads
    let q = try lowering.project(query, arguments.query)
    var k = try lowering.project(key, arguments.key ?? arguments.value)
    var v = try lowering.project(value, arguments.value)
    if count > 1 {
      k = try lowering.graph.repeatElements(k, axis: 2, count: count)
      v = try lowering.graph.repeatElements(v, axis: 2, count: count)
    }
    var (result, weights) = try attention(query: q, key: k, value: v, mask: mask, into: &lowering)
    if let gate {
      let factor = try lowering.project(gate, arguments.query)
      result = try lowering.graph.multiply(result, factor)
    }
    result = try lowering.project(output, Flow(result), [shape[2]])
    return arguments.returnsScores ? [result, weights] : [result]
  }

  public func outputMasks(
    _ call: LayerCall, outputs: [Value], in lowering: inout Lowering
  ) throws(LayerError) -> [Value?] {
    [call.attachedMasks.first ?? nil]
  }
}

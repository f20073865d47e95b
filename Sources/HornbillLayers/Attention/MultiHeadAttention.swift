public import HornbillCore

/// Attention in several heads, each with projections of its own.
///
///     q = query · W_q + b_q,  k = key · W_k + b_k,  v = value · W_v + b_v      per head
///     y = softmax(q · kᵀ / √keyDim) · v · W_o + b_o
///
/// With a gate the heads' outputs are multiplied by `sigmoid(query · W_g + b_g)` before the last product.
///
/// - Input: query `(batch, queries…, d_q)`, value `(batch, values…, d_v)` and perhaps key `(batch, values…, d_k)`, which is else the
///   value. Output: the query's shape, its last axis replaced by `outputShape` if given; with the argument
///   `return_attention_scores` also the weights `(batch, …, heads, queries…, values…)`.
/// - Weights: of the sublayers `query`, `key`, `gate` (with `useGate`), `value` and `attention_output`: `kernel` (d, heads, size) and
///   `bias` (heads, size), of the last `kernel` (heads, valueDim, output…) and `bias` (output…).
/// - Masks: those of query, value and key, `attention_mask`, the causal one and the sliding window all have to keep a score. The result
///   has the query's mask. Keras 3 takes the masks off the three inputs, so that layers which are called later do not find them.
/// - Source: Keras 3, `keras/src/layers/attention/multi_head_attention.py`.
public struct MultiHeadAttention: PolicyCarrier {
  public static let className = "MultiHeadAttention"

  /// The number of heads.
  public let numHeads: Int
  /// The extent of queries and keys in a head.
  public let keyDim: Int
  /// The extent of values in a head.
  public let valueDim: Int
  /// Whether the projections have biases.
  public let useBias: Bool
  /// The axes that replace the query's last; the same extent when absent.
  public let outputShape: [Int]?
  /// The axes of the query that attention is over; all but the first and last when absent.
  public let attentionAxes: [Int]?
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
  private let isKeras2: Bool
  private let query: LayerInstance
  private let key: LayerInstance
  private let value: LayerInstance
  private let gate: LayerInstance?
  private let output: LayerInstance

  /// Makes an attention of several heads.
  ///
  /// Building a model throws ``LayerError`` when a number is not above 0 or `dropout` is not from 0 to 1.
  public init(
    numHeads: Int, keyDim: Int, valueDim: Int? = nil, dropout: Double = 0, useBias: Bool = true,
    outputShape: [Int]? = nil, attentionAxes: [Int]? = nil, slidingWindow: Int? = nil,
    useGate: Bool = false, kernelInitializer: Initializer? = .glorotUniform(),
    biasInitializer: Initializer? = .zeros, kernelRegularizer: Regularizer? = nil,
    biasRegularizer: Regularizer? = nil, activityRegularizer: Regularizer? = nil,
    kernelConstraint: Constraint? = nil, biasConstraint: Constraint? = nil, seed: Int? = nil
  ) {
    self.init(
      numHeads: numHeads, keyDim: keyDim, valueDim: valueDim ?? keyDim, dropout: dropout,
      useBias: useBias, outputShape: outputShape, attentionAxes: attentionAxes,
      slidingWindow: slidingWindow, useGate: useGate, activityRegularizer: activityRegularizer,
      seed: seed, isKeras2: false,
      factory: ProjectionFactory(
        policy: .float32,
        kernel: VariableOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
        bias: VariableOptions(biasInitializer, biasRegularizer, biasConstraint)))
  }

  private init(
    numHeads: Int, keyDim: Int, valueDim: Int, dropout: Double, useBias: Bool,
    outputShape: [Int]?, attentionAxes: [Int]?, slidingWindow: Int?, useGate: Bool,
    activityRegularizer: Regularizer?, seed: Int?, isKeras2: Bool, factory: ProjectionFactory
  ) {
    self.numHeads = numHeads
    self.keyDim = keyDim
    self.valueDim = valueDim
    self.useBias = useBias
    self.outputShape = outputShape
    self.attentionAxes = attentionAxes
    self.slidingWindow = slidingWindow
    self.useGate = useGate
    self.dropout = dropout
    kernel = factory.kernel
    bias = factory.bias
    self.activityRegularizer = activityRegularizer
    self.seed = seed
    self.isKeras2 = isKeras2
    query = factory.heads("query", [numHeads, keyDim], useBias: useBias)
    key = factory.heads("key", [numHeads, keyDim], useBias: useBias)
    value = factory.heads("value", [numHeads, valueDim], useBias: useBias)
    gate =
      useGate
      ? factory.heads("gate", [numHeads, valueDim], useBias: useBias, activation: .sigmoid) : nil
    output = factory.output("attention_output", outputShape, useBias: useBias)
  }

  package func with(policy: DTypePolicy) -> MultiHeadAttention {
    MultiHeadAttention(
      numHeads: numHeads, keyDim: keyDim, valueDim: valueDim, dropout: dropout, useBias: useBias,
      outputShape: outputShape, attentionAxes: attentionAxes, slidingWindow: slidingWindow,
      useGate: useGate, activityRegularizer: activityRegularizer, seed: seed, isKeras2: isKeras2,
      factory: ProjectionFactory(policy: policy, kernel: kernel, bias: bias))
  }

  public init(config: LayerConfig) throws(LayerError) {
    let keyDim = try config.positive("key_dim")
    var outputShape: [Int]?
    if let extent = config["output_shape"]?.int {
      outputShape = [extent]
    } else if config["output_shape"] != nil {
      outputShape = try config.integers("output_shape")
    }
    guard outputShape?.allSatisfy({ $0 > 0 }) ?? true else {
      throw config.invalid("output_shape", expected: "extents above 0")
    }
    var axes: [Int]? = config["attention_axes"] == nil ? nil : try config.axes("attention_axes")
    if axes?.isEmpty ?? false { axes = nil }
    if outputShape?.isEmpty ?? false { outputShape = nil }
    self.init(
      numHeads: try config.positive("num_heads"), keyDim: keyDim,
      valueDim: try config.positive("value_dim", default: keyDim),
      dropout: try config.number("dropout", default: 0),
      useBias: try config.bool("use_bias", default: true), outputShape: outputShape,
      attentionAxes: axes, slidingWindow: try config.slidingWindow(),
      useGate: try config.bool("use_gate", default: false),
      activityRegularizer: config.regularizer("activity_regularizer"), seed: try config.seed(),
      isKeras2: config.context.rules.kerasMajor < 3, factory: try ProjectionFactory(config))
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("num_heads", numHeads)
    config.set("key_dim", keyDim)
    config.set("value_dim", valueDim)
    config.set("dropout", dropout)
    config.set("use_bias", useBias)
    config.set("use_gate", useGate)
    config.set("output_shape", outputShape)
    config.set("attention_axes", attentionAxes)
    config.set("sliding_window", slidingWindow)
    config.setVariables(("kernel", kernel), ("bias", bias), penalty: activityRegularizer)
    config.set("seed", seed)
  }

  public var supportsMasking: Bool { true }

  public var sublayers: [Sublayer] {
    var result = [
      Sublayer("query_dense", query, olderAttribute: "_query_dense"),
      Sublayer("key_dense", key, olderAttribute: "_key_dense"),
    ]
    if let gate { result.append(Sublayer("_gate_dense", gate)) }
    result.append(Sublayer("value_dense", value, olderAttribute: "_value_dense"))
    result.append(Sublayer("output_dense", output, olderAttribute: "_output_dense"))
    return result
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(positive: [numHeads, keyDim, valueDim], "numHeads, keyDim, valueDim")
    try LayerError.check(positive: outputShape ?? [], "outputShape")
    try LayerError.check(share: dropout, "dropout")
    let arguments = try HeadAttentionArguments(call.arguments, isKeras2: isKeras2)
    let keySpec = arguments.key ?? arguments.value
    guard let shape = arguments.query.shape, shape.rank >= 3, let last = shape[-1] else {
      throw LayerError(.shape, "the query needs at least 3 axes and a known last extent")
    }
    try build.build(query, BuildCall([arguments.query]))
    try build.build(key, BuildCall([keySpec]))
    if let gate { try build.build(gate, BuildCall([arguments.query])) }
    try build.build(value, BuildCall([arguments.value]))
    let features = outputShape ?? [last]
    let lead = Array(shape.dimensions.dropLast())
    let heads = TensorSpec(Shape(lead + [numHeads, valueDim]), arguments.query.dtype)
    try build.build(output, BuildCall(ProjectionFactory.call(.tensor(heads), features)))
    let result = TensorSpec(Shape(lead + features.map { $0 }), arguments.query.dtype)
    guard arguments.returnsScores else { return [result] }
    let values = isKeras2 ? arguments.value.shape?[1] : shape[1]
    return [result, TensorSpec(Shape([shape[0], numHeads, shape[1], values]), result.dtype)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let arguments = try HeadAttentionArguments(call.arguments, isKeras2: isKeras2)
    let rank = lowering.graph.rank(arguments.query.value)
    let shape = lowering.graph.shape(arguments.query.value)
    guard rank >= 3, lowering.graph.rank(arguments.value.value) >= 3 else {
      throw LayerError(.shape, "query and value need at least 3 axes")
    }
    let axes = attentionAxes?.map { $0 < 0 ? $0 + rank : $0 } ?? Array(1..<(rank - 1))
    let attention = HeadAttention(
      axes: axes, scale: 1 / Double(keyDim).squareRoot(), slidingWindow: slidingWindow,
      usesSoftmaxLayer: isKeras2 || dropout > 0 || arguments.returnsScores || rank != 3)
    let values = lowering.graph.shape(arguments.value.value)[1]
    let mask = try attention.mask(
      arguments, lengths: (shape[1], values), in: &lowering.graph)
    let q = try lowering.project(query, arguments.query)
    let k = try lowering.project(key, arguments.key ?? arguments.value)
    let v = try lowering.project(value, arguments.value)
    var (result, weights) = try attention(query: q, key: k, value: v, mask: mask, into: &lowering)
    if let gate {
      let factor = try lowering.project(gate, arguments.query)
      result = try lowering.graph.multiply(result, factor)
    }
    if !isKeras2 {
      for flow in [arguments.query, arguments.value, arguments.key] {
        if let flow { lowering.forgetMask(of: flow) }
      }
    }
    let features = outputShape ?? [shape[rank - 1]]
    result = try lowering.project(output, Flow(result), features)
    return arguments.returnsScores ? [result, weights] : [result]
  }

  public func outputMasks(
    _ call: LayerCall, outputs: [Value], in lowering: inout Lowering
  ) throws(LayerError) -> [Value?] {
    [try HeadAttentionArguments(call.arguments, isKeras2: isKeras2).queryMask]
  }
}

/// Makes the dense layers inside an attention.
struct ProjectionFactory {
  let kernel: VariableOptions
  let bias: VariableOptions
  private let policy: DTypePolicy
  /// Policies by the projections' names, where a map of policies may tell them apart.
  private var policies: [String: DTypePolicy] = [:]
  private var quantizations: [String: Quantization] = [:]

  init(policy: DTypePolicy, kernel: VariableOptions, bias: VariableOptions) {
    self.policy = policy
    self.kernel = kernel
    self.bias = bias
  }

  init(_ config: LayerConfig) throws(LayerError) {
    policy = try DTypePolicy(config: config.fields["dtype"])
    kernel = config.variable("kernel", initializer: .glorotUniform())
    bias = config.variable("bias", initializer: .zeros)
    for name in ["query", "key", "gate", "value", "attention_output"] {
      let path = "\(config.name)/\(name)"
      policies[name] = try DTypePolicy(config: config.fields["dtype"], path: path)
      quantizations[name] = try Quantization(config: config, path: path)
    }
  }

  func heads(
    _ name: String, _ features: [Int], useBias: Bool, activation: Activation = .linear
  ) -> LayerInstance {
    LayerInstance(
      AttentionProjection(
        features: features, useBias: useBias, activation: activation, kernel: kernel, bias: bias,
        quantization: quantizations[name]),
      name: name, policy: policies[name] ?? policy)
  }

  func output(_ name: String, _ features: [Int]?, useBias: Bool) -> LayerInstance {
    LayerInstance(
      AttentionProjection(
        boundAxes: 2, features: features, useBias: useBias, kernel: kernel, bias: bias,
        quantization: quantizations[name]),
      name: name, policy: policies[name] ?? policy)
  }

  /// A call that says what the projection's features are.
  static func call<Element>(
    _ input: Argument<Element>, _ features: [Int]
  ) -> CallArguments<Element> {
    CallArguments(
      [input], keywords: [("features", .list(features.map { .integer(Int64($0)) }))])
  }
}

extension LayerConfig {
  /// How far an attention looks, or any distance.
  func slidingWindow() throws(LayerError) -> Int? {
    self["sliding_window"] == nil ? nil : try positive("sliding_window")
  }
}

extension Lowering {
  /// The result of a dense layer inside an attention.
  mutating func project(
    _ layer: LayerInstance, _ flow: Flow, _ features: [Int] = []
  ) throws(LayerError) -> Value {
    let arguments = ProjectionFactory.call(.tensor(Flow(flow.value)), features)
    guard let result = try call(layer, arguments).first else {
      throw LayerError(.wiring, "a projection has no output")
    }
    return result.value
  }
}

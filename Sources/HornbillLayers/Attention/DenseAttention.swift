import HornbillCore

/// What the attentions over whole feature vectors share: everything but the scores.
///
///     weights = softmax(scores);  y = weights · value
///
/// The scores of masked values are lowered by 1e9 (65504 in `float16`), so that a row whose values are all masked gets even weights
/// from rounding.
///
/// Source: Keras 3, `keras/src/layers/attention/attention.py`; Keras 2, `keras/src/layers/attention/base_dense_attention.py`.
protocol DenseAttention: Layer {
  /// Whether every call is causal, as Keras 2 configured it.
  var isCausal: Bool { get }

  /// Declares the layer's own weights.
  func declareWeights(
    query: Shape, value: Shape, in build: inout LayerBuild
  ) throws(LayerError)

  /// How well each key answers each query, `(…, queries, values)`.
  func scores(
    query: Value, key: Value, weights: [Value], in graph: inout GraphBuilder
  ) throws(LayerError) -> Value
}

extension DenseAttention {
  public var supportsMasking: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let inputs = try trio(call.inputs)
    var shapes: [Shape] = []
    for input in inputs {
      guard let shape = input.shape, shape.rank >= 2 else {
        throw LayerError(
          .shape,
          "attention needs inputs of at least 2 axes, found \(input.shape?.description ?? "unknown ones")"
        )
      }
      shapes.append(shape)
    }
    try declareWeights(query: shapes[0], value: shapes[1], in: &build)
    let dtype = inputs[0].dtype
    let lead = Array(shapes[0].dimensions.dropLast())
    let output = TensorSpec(Shape(lead + [shapes[1][-1]]), dtype)
    guard try returnsScores(call.arguments) else { return [output] }
    return [output, TensorSpec(Shape(lead + [shapes[2][-2]]), dtype)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let inputs = try trio(call.inputs)
    let masks = masks(call)
    let (query, value, key) = (inputs[0], inputs[1], inputs[2])
    var scores = try self.scores(
      query: query, key: key, weights: call.weights, in: &lowering.graph)
    let dtype = lowering.graph.dtype(scores)
    let isCausalCall = try call.arguments.flag(4, "use_causal_mask")
    if let kept = try kept(masks.value, isCausal: isCausal || isCausalCall, scores, &lowering.graph)
    {
      let lowered = try lowering.graph.add(scores, dtype == .float16 ? -65504 : -1e9)
      scores = try lowering.graph.select(kept, scores, lowered)
    }
    let weights = try lowering.graph.softmax(scores)
    var output = try lowering.graph.matmul(weights, value)
    if let mask = masks.query {
      let rows = try lowering.graph.expand(lowering.graph.cast(mask, to: .bool), axis: -1)
      output = try lowering.graph.select(
        rows, output, lowering.graph.scalar(0, lowering.graph.dtype(output)))
    }
    return try returnsScores(call.arguments) ? [output, weights] : [output]
  }

  public func outputMasks(
    _ call: LayerCall, outputs: [Value], in lowering: inout Lowering
  ) throws(LayerError) -> [Value?] {
    [masks(call).query]
  }

  private func returnsScores<Element>(
    _ arguments: CallArguments<Element>
  ) throws(LayerError) -> Bool {
    try arguments.flag(3, "return_attention_scores")
  }

  /// Query, value and key; the value is its own key when there are but two.
  private func trio<Element>(_ inputs: [Element]) throws(LayerError) -> [Element] {
    guard inputs.count == 2 || inputs.count == 3 else {
      throw LayerError(
        .wiring,
        "attention takes a list of query, value and perhaps key, found \(inputs.count) tensors")
    }
    return [inputs[0], inputs[1], inputs.count == 3 ? inputs[2] : inputs[1]]
  }

  /// The masks of query and value: those of the call, or else those attached to the inputs.
  private func masks(_ call: LayerCall) -> (query: Value?, value: Value?) {
    guard case .list(let given)? = call.arguments.parameter(1, "mask") else {
      let attached = call.attachedMasks
      return (attached.first ?? nil, attached.count > 1 ? attached[1] : nil)
    }
    let masks = given.map { $0.tensors.first?.value }
    return (masks.first ?? nil, masks.count > 1 ? masks[1] : nil)
  }

  /// Which scores count; `nil` when all do.
  private func kept(
    _ mask: Value?, isCausal: Bool, _ scores: Value, _ graph: inout GraphBuilder
  ) throws(LayerError) -> Value? {
    var kept: Value?
    if let mask {
      let flags = try graph.cast(mask, to: .bool)
      let isVector = graph.rank(flags) == 2 || isCausal
      kept = isVector ? try graph.expand(flags, axis: -2) : flags
    }
    guard isCausal else { return kept }
    let shape = graph.shape(scores)
    let causal = try graph.band(
      rows: shape[shape.count - 2], columns: shape[shape.count - 1], from: Int.min, through: 0)
    guard let kept else { return causal }
    return try graph.binary(.logicalAnd, kept, causal)
  }
}

extension CallArguments {
  /// A truth value of the call; false when it is absent.
  func flag(_ position: Int, _ name: String) throws(LayerError) -> Bool {
    guard let argument = parameter(position, name) else { return false }
    switch argument {
    case .none: return false
    case .bool(let value): return value
    case .integer(let value): return value != 0
    default: throw LayerError(.configuration, "\(name): expected true or false")
    }
  }
}

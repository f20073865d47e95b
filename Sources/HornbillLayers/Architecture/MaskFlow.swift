import HornbillCore

/// Follows the masks through a functional model that is being written, as Keras 3 will attach them and as the original's Keras did.
///
/// Keras 3 makes operations for the masks when it reads a model, and its order of the layers depends on them. Where the two
/// Kerases differ, the mask that was meant is handed to the layer as an argument.
///
/// Source: Keras 3.15, `compute_mask` of each class and `keras/src/layers/layer.py`, `__call__`.
struct MaskFlow {
  let rules: SemanticRules
  private var tensors: [DraftKey: DraftTensor] = [:]
  private var made: [MaskTerm: DraftTensor] = [:]

  init(rules: SemanticRules) { self.rules = rules }

  /// Remembers tensors, so that masks can be made of them.
  mutating func remember(_ new: [DraftTensor]) {
    for tensor in new { tensors[tensor.key] = tensor }
  }

  /// The masks that Keras 3 hands to a call by itself, and the call with the mask that was meant as an argument where it is
  /// another one.
  mutating func prepare(
    _ arguments: CallArguments<DraftTensor>, of instance: LayerInstance, in graph: inout GraphDraft
  ) throws(LayerError) -> (arguments: CallArguments<DraftTensor>, implied: [DraftKey]) {
    if rules.kerasMajor < 3 { try MaskFlow.requireNoInnerMask(instance) }
    let first = arguments.positional.first?.tensors ?? []
    let hasOne = arguments.tensorArgumentCount == 1
    let given = arguments.keyword("mask")?.tensors.isEmpty == false
    if !given, MaskFlow.usesMask(instance.layer), let input = first.first {
      let handed = hasOne ? input.attachedMask?.term : nil
      let isSingle = first.count == 1 || rules.masksCallsWithStates
      let meant =
        rules.kerasMajor < 3 && (hasOne || rules.masksCallsWithStates) && isSingle
        ? input.meantMask : handed
      if meant != handed {
        guard let meant else {
          throw LayerError(
            .unsupported, "Keras 3 would hand this layer a mask that the original does not have")
        }
        var arguments = arguments
        arguments.keywords.removeAll { $0.name == "mask" }
        arguments.keywords.append(("mask", .tensor(try tensor(for: meant, in: &graph))))
        return (arguments, [])
      }
    }
    let implied = hasOne && !given ? first.compactMap { $0.attachedMask?.key } : []
    return (arguments, implied)
  }

  /// Throws when Keras 2 finds another mask for a call than Keras 3.
  func requireSame(
    _ arguments: CallArguments<DraftTensor>, of instance: LayerInstance
  ) throws(LayerError) {
    try MaskFlow.requireNoInnerMask(instance)
    let inputs = arguments.tensors
    guard arguments.keyword("mask")?.hasTensors != true,
      inputs.contains(where: { $0.attachedMask != nil || $0.meantMask != nil })
    else { return }
    switch instance.layer {
    case is Attention, is AdditiveAttention, is TimeDistributed:
      throw LayerError(
        .unsupported, "\(instance.className) treats masks otherwise in Keras 2")
    case let layer where MaskFlow.usesMask(layer):
      let first = arguments.positional.first?.tensors.first
      let handed = arguments.tensorArgumentCount == 1 ? first?.attachedMask?.term : nil
      guard handed == first?.meantMask else {
        throw LayerError(.unsupported, "Keras 2 would find another mask for this layer")
      }
    default: break
    }
  }

  /// Throws for a layer that makes masks inside a `TimeDistributed`, which Keras 2 hands on and Keras 3 drops.
  private static func requireNoInnerMask(_ instance: LayerInstance) throws(LayerError) {
    guard instance.layer is TimeDistributed, let inner = instance.layer.sublayers.first?.instance,
      inner.layer is Masking || (inner.layer as? Embedding)?.maskZero == true
    else { return }
    throw LayerError(
      .unsupported,
      "Keras 2 hands on the masks of a layer inside a TimeDistributed, Keras 3 does not")
  }

  /// Whether a layer's numbers depend on its mask.
  private static func usesMask(_ layer: any Layer) -> Bool {
    layer is any RecurrentLayer || layer is GlobalAveragePooling1D || layer is Softmax
  }

  /// The outputs of a call with their masks.
  mutating func attach(
    to outputs: [DraftTensor], of instance: LayerInstance,
    _ arguments: CallArguments<DraftTensor>, in graph: inout GraphDraft
  ) -> [DraftTensor] {
    var outputs = outputs
    defer { remember(outputs) }
    let inputs = arguments.positional.first?.tensors ?? []
    guard let input = inputs.first, !outputs.isEmpty else { return outputs }
    switch instance.layer {
    case let layer as Embedding:
      guard layer.maskZero else { break }
      let term = MaskTerm.differing(input.key, value: 0)
      outputs[0].attachedMask = DraftMask(term: term, key: graph.impliedOperation([input.key]))
      outputs[0].meantMask = term
    case let layer as Masking:
      let term = MaskTerm.stepsDiffering(input.key, value: layer.maskValue)
      let differing = graph.impliedOperation([input.key])
      outputs[0].attachedMask = DraftMask(term: term, key: graph.impliedOperation([differing]))
      outputs[0].meantMask = term
    case let layer as Concatenate:
      outputs[0].attachedMask = joined(inputs, axis: layer.axis, in: &graph)
      if inputs.contains(where: { $0.meantMask != nil }) {
        outputs[0].meantMask = .joined(
          inputs.map(\.meantMask), of: inputs.map(\.key), axis: layer.axis,
          isEvery: rules.kerasMajor < 3)
      }
    case is Dot:
      break
    case is any MergeLayer:
      outputs[0].attachedMask = any(inputs, in: &graph)
      let meant = inputs.compactMap(\.meantMask)
      if rules.kerasMajor < 3 {
        if let first = meant.first {
          outputs[0].meantMask = meant.count == 1 ? first : .every(meant)
        }
      } else {
        outputs[0].meantMask = outputs[0].attachedMask?.term
      }
    case let layer as any RecurrentLayer:
      guard layer.returnsSequences else { break }
      hand(on: input, of: arguments, to: &outputs[0])
    case is Attention, is AdditiveAttention:
      guard let mask = input.attachedMask else { break }
      outputs[0].attachedMask = DraftMask(
        term: mask.term, key: graph.impliedOperation([mask.key]))
      outputs[0].meantMask = input.meantMask
    case is any ModelLayer:
      break
    default:
      guard instance.layer.supportsMasking else { break }
      hand(on: input, of: arguments, to: &outputs[0])
    }
    return outputs
  }

  private func hand(
    on input: DraftTensor, of arguments: CallArguments<DraftTensor>, to output: inout DraftTensor
  ) {
    if let given = arguments.keyword("mask")?.tensors.first {
      output.attachedMask = DraftMask(term: .tensor(given.key), key: given.key)
      output.meantMask = .tensor(given.key)
    } else {
      output.attachedMask = input.attachedMask
      output.meantMask = input.meantMask
    }
  }

  private func any(_ inputs: [DraftTensor], in graph: inout GraphDraft) -> DraftMask? {
    let masks = inputs.compactMap(\.attachedMask)
    guard masks.count == inputs.count, var key = masks.first?.key else { return nil }
    for mask in masks.dropFirst() { key = graph.impliedOperation([key, mask.key]) }
    return DraftMask(term: masks.count == 1 ? masks[0].term : .any(masks.map(\.term)), key: key)
  }

  private func joined(
    _ inputs: [DraftTensor], axis: Int, in graph: inout GraphDraft
  ) -> DraftMask? {
    guard inputs.contains(where: { $0.attachedMask != nil }) else { return nil }
    let parts = inputs.map { input in
      guard let mask = input.attachedMask else { return graph.impliedOperation([input.key]) }
      return graph.impliedOperation([mask.key])
    }
    let term = MaskTerm.joined(
      inputs.map { $0.attachedMask?.term }, of: inputs.map(\.key), axis: axis, isEvery: false)
    return DraftMask(term: term, key: graph.impliedOperation([graph.impliedOperation(parts)]))
  }

  // MARK: Masks as tensors

  /// A mask as a tensor of the model.
  private mutating func tensor(
    for term: MaskTerm, in graph: inout GraphDraft
  ) throws(LayerError) -> DraftTensor {
    if let made = made[term] { return made }
    let result: DraftTensor
    switch term {
    case .tensor(let key):
      result = try known(key)
    case .differing(let key, let value):
      result = try differing(key, value, in: &graph)
    case .stepsDiffering(let key, let value):
      let differing = try differing(key, value, in: &graph)
      let shape = differing.spec.shape.map { Shape(Array($0.dimensions.dropLast())) }
      result =
        graph.operation(
          "Any", [("axis", .integer(-1)), ("keepdims", .bool(false))], [.tensor(differing)],
          outputs: [TensorSpec(shape, .bool)])[0]
    case .every(let terms):
      result = try folded("LogicalAnd", terms, in: &graph)
    case .any(let terms):
      result = try folded("LogicalOr", terms, in: &graph)
    case .joined(let terms, let keys, let axis, let isEvery):
      var parts: [Argument<DraftTensor>] = []
      for (term, key) in zip(terms, keys) {
        parts.append(.tensor(try part(term, of: known(key), in: &graph)))
      }
      let all = graph.apply(
        "Concatenate", .list(parts), fields: [("axis", .integer(Int64(axis)))], dtype: .bool)
      result = graph.apply(
        isEvery ? "All" : "Any", .tensor(all),
        fields: [("axis", .integer(-1)), ("keepdims", .bool(false))], dtype: .bool)
    }
    made[term] = result
    remember([result])
    return result
  }

  /// The mask of one of several tensors that are joined, with as many axes as it.
  private mutating func part(
    _ term: MaskTerm?, of input: DraftTensor, in graph: inout GraphDraft
  ) throws(LayerError) -> DraftTensor {
    guard let term else {
      return graph.cast(graph.apply("OnesLike", .tensor(input)), to: .bool)
    }
    let mask = try tensor(for: term, in: &graph)
    guard let own = mask.spec.shape?.rank, let rank = input.spec.shape?.rank, own < rank else {
      return mask
    }
    return graph.apply("ExpandDims", .tensor(mask), fields: [("axis", .integer(-1))])
  }

  private func known(_ key: DraftKey) throws(LayerError) -> DraftTensor {
    guard let tensor = tensors[key] else {
      throw LayerError(.wiring, "a mask of a tensor that is not there")
    }
    return tensor
  }

  private func differing(
    _ key: DraftKey, _ value: Double, in graph: inout GraphDraft
  ) throws(LayerError) -> DraftTensor {
    let input = try known(key)
    let isWhole = !input.spec.dtype.isFloatingPoint && value == value.rounded()
    let other: Argument<DraftTensor> = isWhole ? .integer(Int64(saturating: value)) : .number(value)
    return graph.operation(
      "NotEqual", [], [.tensor(input), other], outputs: [TensorSpec(input.spec.shape, .bool)])[0]
  }

  private mutating func folded(
    _ operation: String, _ terms: [MaskTerm], in graph: inout GraphDraft
  ) throws(LayerError) -> DraftTensor {
    guard let first = terms.first else {
      throw LayerError(.wiring, "a mask of no masks")
    }
    var result = try tensor(for: first, in: &graph)
    for term in terms.dropFirst() {
      let other = try tensor(for: term, in: &graph)
      result =
        graph.operation(
          operation, [], [.tensor(result), .tensor(other)], outputs: [result.spec])[0]
    }
    return result
  }
}

import HornbillCore

/// Follows the masks through a functional model that is being written, as Keras 3 will attach them and as the original's Keras did.
///
/// Keras 3 makes operations for the masks when it reads a model, and its order of the layers depends on them. Where the two
/// Kerases differ, the mask that was meant is handed to the layer as an argument.
///
/// Source: Keras 3.15, `compute_mask` of each class and `keras/src/layers/layer.py`, `__call__`.
struct MaskFlow {
  let rules: SemanticRules
  private(set) var tensors: [DraftKey: DraftTensor] = [:]
  var made: [MaskTerm: DraftTensor] = [:]
  /// The masks that attentions over heads have read.
  private var taken: Set<MaskTerm> = []

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
    if rules.kerasMajor < 3 {
      try MaskFlow.requireNoInnerMask(instance)
      try MaskFlow.requireSameInside(instance, arguments)
      if instance.layer is MultiHeadAttention {
        return try preparedHeads(arguments, in: &graph)
      }
      if instance.layer is Attention || instance.layer is AdditiveAttention {
        return try preparedAttention(arguments, in: &graph)
      }
    }
    let first = arguments.positional.first?.tensors ?? []
    let hasOne = arguments.tensorArgumentCount == 1
    let given = arguments.keyword("mask")?.tensors.isEmpty == false
    if !given, MaskFlow.usesMask(instance.layer), let input = first.first {
      try MaskFlow.requireOneInnerMask([input])
      let handed = hasOne ? input.attachedMask?.term : nil
      let isSingle = first.count == 1 || rules.masksCallsWithStates
      let meant =
        rules.kerasMajor < 3 && (hasOne || rules.masksCallsWithStates) && isSingle
        ? input.meantMask : handed
      if meant?.flat != handed?.flat {
        guard let meant else { throw MaskFlow.tooMuch }
        var arguments = arguments
        arguments.keywords.removeAll { $0.name == "mask" }
        arguments.keywords.append(("mask", .tensor(try tensor(for: meant, in: &graph))))
        return (arguments, [])
      }
      guard input.innerMask == .none || hasOne || !rules.masksCallsWithStates else {
        throw LayerError(
          .unsupported, "Keras 3 would not find the mask that a nested model makes for this layer")
      }
    }
    let implied = hasOne && !given ? first.compactMap { $0.attachedMask?.key } : []
    return (arguments, implied)
  }

  static let tooMuch = LayerError(
    .unsupported, "Keras 3 would hand this layer a mask that the original does not have")
  static let nested = LayerError(
    .unsupported, "Keras 2 and 3 mask this layer otherwise behind a nested model")

  static func requireOneInnerMask(_ inputs: [DraftTensor]) throws(LayerError) {
    guard inputs.allSatisfy({ $0.innerMask != .differing }) else { throw nested }
  }

  /// Throws when Keras 2 finds another mask for a call than Keras 3.
  mutating func requireSame(
    _ arguments: CallArguments<DraftTensor>, of instance: LayerInstance
  ) throws(LayerError) {
    try MaskFlow.requireNoInnerMask(instance)
    try MaskFlow.requireSameInside(instance, arguments)
    let inputs = arguments.tensors
    guard arguments.keyword("mask")?.hasTensors != true,
      inputs.contains(where: \.mayHaveMask)
    else { return }
    switch instance.layer {
    case is Attention, is AdditiveAttention, is TimeDistributed:
      throw LayerError(
        .unsupported, "\(instance.className) treats masks otherwise in Keras 2")
    case is MultiHeadAttention:
      var terms: Set<MaskTerm> = []
      for (position, name) in ["query", "value", "key"].enumerated() {
        guard let input = try arguments.tensor(position, name) else { continue }
        guard input.hasOneMask, input.innerMask == .none else {
          throw LayerError(.unsupported, "Keras 2 would find another mask of the \(name)")
        }
        if let term = input.attachedMask?.term.flat { terms.insert(term) }
      }
      guard terms.isDisjoint(with: taken) else {
        throw LayerError(
          .unsupported, "Keras 3 takes a mask off its tensor when an attention has read it")
      }
      taken.formUnion(terms)
    case let layer where MaskFlow.usesMask(layer):
      let first = arguments.positional.first?.tensors.first
      let hasOne = arguments.tensorArgumentCount == 1
      let handed = hasOne ? first?.attachedMask?.term : nil
      let inner = first?.innerMask ?? .none
      guard handed?.flat == first?.meantMask?.flat, inner == .none || (inner == .same && hasOne)
      else { throw LayerError(.unsupported, "Keras 2 would find another mask for this layer") }
    default: break
    }
  }

  /// Throws for a layer that makes masks inside a `TimeDistributed`, which Keras 2 hands on and Keras 3 drops.
  static func requireNoInnerMask(_ instance: LayerInstance) throws(LayerError) {
    guard instance.layer is TimeDistributed, let inner = instance.layer.sublayers.first?.instance,
      makesMask(inner)
    else { return }
    throw LayerError(
      .unsupported,
      "Keras 2 hands on the masks of a layer inside a TimeDistributed, Keras 3 does not")
  }

  /// Throws when a mask goes into a nested model that the two Kerases would compute with different masks.
  private static func requireSameInside(
    _ instance: LayerInstance, _ arguments: CallArguments<DraftTensor>
  ) throws(LayerError) {
    guard instance.layer is any ModelLayer,
      arguments.tensors.contains(where: \.mayHaveMask)
        || arguments.keyword("mask")?.hasTensors == true,
      contains(
        instance, where: { usesMask($0) || $0 is MultiHeadAttention || $0 is any DenseAttention })
    else { return }
    guard arguments.tensors.allSatisfy(\.hasOneMask),
      !contains(
        instance, where: { joinsMasks($0) || $0 is TimeDistributed || $0 is any DenseAttention })
    else {
      throw LayerError(
        .unsupported, "a mask goes into the model, whose layers Keras 2 and 3 mask otherwise")
    }
  }

  /// Whether a layer, or one inside it, is of a kind.
  private static func contains(
    _ instance: LayerInstance, where isWanted: (any Layer) -> Bool
  ) -> Bool {
    isWanted(instance.layer)
      || instance.layer.sublayers.contains { contains($0.instance, where: isWanted) }
  }

  /// Whether a layer, or one inside it, makes a mask of its input.
  private static func makesMask(_ instance: LayerInstance) -> Bool {
    contains(instance) { layer in
      layer is Masking || (layer as? Embedding)?.maskZero == true
    }
  }

  /// Whether a layer makes one mask of several, as each Keras does in its own way.
  private static func joinsMasks(_ layer: any Layer) -> Bool {
    layer is any MergeLayer && !(layer is Dot)
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
      outputs[0].innerMask = joinedInner(inputs)
      outputs[0].attachedMask = joined(inputs, axis: layer.axis, in: &graph)
      if inputs.contains(where: { $0.meantMask != nil }) {
        outputs[0].meantMask = .joined(
          inputs.map(\.meantMask), of: inputs.map(\.key), axis: layer.axis,
          isEvery: rules.kerasMajor < 3)
      }
    case is Dot:
      break
    case is any MergeLayer:
      outputs[0].innerMask = joinedInner(inputs)
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
      outputs[0].innerMask = input.innerMask
      if case .list(let masks)? = arguments.keyword("mask"), let mask = masks.first?.tensors.first {
        outputs[0].attachedMask = DraftMask(
          term: .tensor(mask.key), key: graph.impliedOperation([mask.key]))
        outputs[0].meantMask = .tensor(mask.key)
        break
      }
      if let mask = input.attachedMask {
        outputs[0].attachedMask = DraftMask(
          term: mask.term, key: graph.impliedOperation([mask.key]))
      }
      outputs[0].meantMask = input.meantMask
    case is any ModelLayer:
      let enters =
        arguments.tensors.contains(where: \.mayHaveMask)
        || arguments.keyword("mask")?.hasTensors == true
      guard enters || MaskFlow.makesMask(instance) else { break }
      let isSame =
        arguments.tensors.allSatisfy(\.hasOneMask)
        && !MaskFlow.contains(instance) { MaskFlow.joinsMasks($0) || $0 is TimeDistributed }
      for index in outputs.indices { outputs[index].innerMask = isSame ? .same : .differing }
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
      output.innerMask = input.innerMask
    }
  }

  /// Keras 2 keeps what all the masks there are keep, Keras 3 joins masks only when every tensor has one.
  private func joinedInner(_ inputs: [DraftTensor]) -> InnerMask {
    inputs.contains { $0.innerMask != .none } ? .differing : .none
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
}

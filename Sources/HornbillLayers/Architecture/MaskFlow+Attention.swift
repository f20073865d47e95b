import HornbillCore

extension MaskFlow {
  /// The call of an attention over heads, with the masks that were meant as arguments where Keras 3 finds others.
  ///
  /// Keras 3 finds the attached masks only while it runs, and takes them off a tensor when one attention has read them, so that all are
  /// given. It takes no mask of the query but the attached one: what is meant stands in `attention_mask`.
  mutating func preparedHeads(
    _ arguments: CallArguments<DraftTensor>, in graph: inout GraphDraft
  ) throws(LayerError) -> (arguments: CallArguments<DraftTensor>, implied: [DraftKey]) {
    var arguments = arguments
    var implied: [DraftKey] = []
    for (position, name) in ["query", "value", "key"].enumerated() {
      guard let input = try arguments.tensor(position, name) else { continue }
      guard input.innerMask == .none else { throw MaskFlow.nested }
      guard let meant = input.meantMask else {
        guard input.attachedMask == nil else { throw MaskFlow.tooMuch }
        continue
      }
      if name == "query", let key = input.attachedMask?.key { implied.append(key) }
      let mask = try tensor(for: meant, in: &graph)
      guard name == "query" else {
        arguments.keywords.append(("\(name)_mask", .tensor(mask)))
        continue
      }
      guard input.attachedMask == nil || input.hasOneMask else {
        throw LayerError(
          .unsupported, "Keras 3 would find another mask of the query, and takes no other")
      }
      let column = graph.apply(
        "ExpandDims", .tensor(mask), fields: [("axis", .integer(-1))], dtype: .bool)
      guard let stated = try arguments.tensor(3, "attention_mask") else {
        arguments.keywords.removeAll { $0.name == "attention_mask" }
        arguments.keywords.append(("attention_mask", .tensor(column)))
        continue
      }
      guard stated.spec.shape?.rank == 3, arguments.positional.count <= 3 else {
        throw LayerError(.unsupported, "its masks of queries and scores have no common axes")
      }
      let both = graph.apply(
        "LogicalAnd", .tensor(graph.cast(stated, to: .bool)), .tensor(column), dtype: .bool)
      arguments.keywords.removeAll { $0.name == "attention_mask" }
      arguments.keywords.append(("attention_mask", .tensor(both)))
    }
    return (arguments, implied)
  }

  /// The call of an attention over a list of tensors, with the masks that were meant where Keras 3 finds others.
  mutating func preparedAttention(
    _ arguments: CallArguments<DraftTensor>, in graph: inout GraphDraft
  ) throws(LayerError) -> (arguments: CallArguments<DraftTensor>, implied: [DraftKey]) {
    guard arguments.keyword("mask")?.hasTensors != true else { return (arguments, []) }
    let inputs = arguments.positional.first?.tensors ?? []
    // The mask of the key changes nothing.
    guard inputs.prefix(2).contains(where: \.mayHaveMask) else { return (arguments, []) }
    guard inputs.allSatisfy({ $0.innerMask == .none }) else { throw MaskFlow.nested }
    var masks: [Argument<DraftTensor>] = []
    for input in inputs.prefix(2) {
      guard let meant = input.meantMask else {
        masks.append(.none)
        continue
      }
      masks.append(.tensor(try tensor(for: meant, in: &graph)))
    }
    guard masks.contains(where: \.hasTensors) else { throw MaskFlow.tooMuch }
    var arguments = arguments
    arguments.keywords.removeAll { $0.name == "mask" }
    arguments.keywords.append(("mask", .list(masks)))
    return (arguments, [])
  }
}

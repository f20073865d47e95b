import HornbillCore

/// Masks as tensors of the model that is written.
extension MaskFlow {
  /// A mask as a tensor of the model.
  mutating func tensor(
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

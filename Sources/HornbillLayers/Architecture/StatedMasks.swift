import HornbillCore

/// Which masks that the calls of a functional model of Keras 3 state are those that Keras attaches itself.
///
/// A file of Keras 3 holds every mask of a call, with the operations that make it; Keras 2 finds the attached ones without them. A mask
/// that the author of the model gave is another matter.
struct StatedMasks {
  /// For each call the keyword arguments that Keras 2 needs not, because it finds the same masks.
  private(set) var found: [NodeReference: Set<String>] = [:]
  private var meanings: [DraftKey: Meaning] = [:]

  /// What a tensor is among those that Keras makes for masks.
  private enum Meaning {
    case mask(MaskTerm)
    /// A mask with one more axis.
    case column(MaskTerm)
    case ones
    case zeros
    /// Masks along an axis; `nil` for a tensor without one.
    case joined([MaskTerm?], axis: Int)
  }

  /// Reads the calls of a model that has been built.
  ///
  /// - Parameter specs: the results of each call of each entry.
  /// - Throws: ``LayerError`` for wiring that is not known.
  init(_ model: Functional, specs: [[[TensorSpec]]]) throws(LayerError) {
    var flow = GraphDraft(layerNames: [])
    var masks = MaskFlow(rules: SemanticRules(kerasMajor: 3))
    var tensors: [NodeReference: [DraftTensor]] = [:]
    for node in model.order.nodes {
      let entry = model.entries[node.entry]
      let outputs =
        node.entry < specs.count && node.node < specs[node.entry].count
        ? specs[node.entry][node.node] : [.unknown]
      if entry.isInput {
        let input = flow.addInput(JSONObject(), entry.instance, named: "")
        tensors[node] = [input]
        masks.remember([input])
        continue
      }
      var call = try entry.calls[node.node].map {
        (reference: TensorReference) throws(LayerError) -> DraftTensor in
        let source = NodeReference(entry: reference.entry, node: reference.node)
        guard let known = tensors[source], reference.tensor < known.count else {
          throw LayerError(.unsupported, "an operand is not known").at(entry.instance.name)
        }
        return known[reference.tensor]
      }
      if entry.isOperation {
        let results = flow.call(flow.add(JSONObject(), name: ""), call, outputs: outputs)
        tensors[node] = results
        if let result = results.first { meanings[result.key] = meaning(entry.instance, call) }
        continue
      }
      let names = implicit(call)
      if !names.isEmpty { found[node] = names }
      call.keywords.removeAll { names.contains($0.name) }
      let results = flow.call(flow.add(JSONObject(), name: ""), call, outputs: outputs)
      tensors[node] = masks.attach(to: results, of: entry.instance, call, in: &flow)
    }
  }

  /// The keyword arguments of a call that are the masks attached to its tensors.
  private func implicit(_ call: CallArguments<DraftTensor>) -> Set<String> {
    var names: Set<String> = []
    for (name, value) in call.keywords {
      let inputs: [DraftTensor]
      switch name {
      case "mask": inputs = call.positional.first?.tensors ?? []
      case "query_mask": inputs = (call.parameter(0, "query")?.tensors ?? [])
      case "value_mask": inputs = (call.parameter(1, "value")?.tensors ?? [])
      case "key_mask": inputs = (call.parameter(2, "key")?.tensors ?? [])
      default: continue
      }
      let stated = masks(value)
      let attached = inputs.map { $0.attachedMask?.term.flat.withoutShapes }
      if stated.allSatisfy({ $0 == nil }) || stated == attached { names.insert(name) }
    }
    return names
  }

  /// The masks of an argument; `nil` for one that is not there.
  private func masks(_ value: Argument<DraftTensor>) -> [MaskTerm?] {
    switch value {
    case .tensor(let tensor): [term(tensor).flat.withoutShapes]
    case .list(let elements): elements.flatMap(masks)
    case .dictionary(let pairs): pairs.sorted { $0.key < $1.key }.flatMap { masks($0.value) }
    default: [nil]
    }
  }

  private func term(_ tensor: DraftTensor) -> MaskTerm {
    if case .mask(let term)? = meanings[tensor.key] { return term }
    return .tensor(tensor.key)
  }

  /// What an operation says of masks; `nil` when Keras makes none so.
  private func meaning(_ instance: LayerInstance, _ call: CallArguments<DraftTensor>) -> Meaning? {
    let config = instance.source?["config"]
    let isLast = config?["axis"]?.int == -1
    let tensors = call.positional.flatMap(\.tensors)
    guard let x = tensors.first else { return nil }
    switch (instance.className, meanings[x.key]) {
    case ("NotEqual", _):
      guard tensors.count == 1, call.positional.count == 2 else { return nil }
      switch call.positional[1] {
      case .integer(let value): return .mask(.differing(x.key, value: Double(value)))
      case .number(let value): return .mask(.differing(x.key, value: value))
      default: return nil
      }
    case ("Any", .mask(.differing(let key, let value))?):
      guard isLast, config?["keepdims"]?.bool != true else { return nil }
      return .mask(.stepsDiffering(key, value: value))
    case ("Any", .joined(let parts, let axis)?):
      guard isLast, config?["keepdims"]?.bool != true else { return nil }
      return .mask(.joined(parts, of: [], axis: axis, isEvery: false))
    case ("ExpandDims", .mask(let term)?): return isLast ? .column(term) : nil
    case ("OnesLike", _): return .ones
    case ("ZerosLike", _): return .zeros
    case ("ConvertToTensor", let meaning): return meaning ?? .mask(.tensor(x.key))
    case ("LogicalOr", .column(let term)?):
      if tensors.count == 2, case .zeros? = meanings[tensors[1].key] { return .column(term) }
      return nil
    case ("LogicalOr", _):
      return tensors.count == 2 ? .mask(.any(tensors.map(term))) : nil
    case ("Concatenate", _):
      guard let axis = config?["axis"]?.int else { return nil }
      var parts: [MaskTerm?] = []
      for tensor in tensors {
        switch meanings[tensor.key] {
        case .ones?: parts.append(nil)
        case .column(let term)?, .mask(let term)?: parts.append(term)
        default: return nil
        }
      }
      return .joined(parts, axis: axis)
    default: return nil
    }
  }
}

extension MaskTerm {
  /// The term without the tensors of which a joined mask only takes the shape.
  fileprivate var withoutShapes: MaskTerm {
    switch self {
    case .tensor, .differing, .stepsDiffering: self
    case .every(let terms): .every(terms.map(\.withoutShapes))
    case .any(let terms): .any(terms.map(\.withoutShapes))
    case .joined(let terms, _, let axis, let isEvery):
      .joined(terms.map { $0?.withoutShapes }, of: [], axis: axis, isEvery: isEvery)
    }
  }
}

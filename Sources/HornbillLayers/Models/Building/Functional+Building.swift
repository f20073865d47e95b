public import HornbillCore

extension Functional {
  /// Makes a model of the calls between inputs and outputs.
  ///
  /// Layers without a name get Keras's automatic ones, counted within this model in the order in which the layers were made.
  ///
  /// - Throws: ``LayerError`` with the code `wiring` when an output depends on an input that is not among `inputs`, or when two layers
  ///   have one name.
  public init(inputs: [SymbolicTensor], outputs: [SymbolicTensor]) throws(LayerError) {
    let graph = try SymbolicGraph(inputs: inputs, outputs: outputs)
    try self.init(
      entries: graph.entries, inputs: graph.structure(inputs), outputs: graph.structure(outputs))
  }

  /// Makes a model of one input and one output.
  ///
  /// - Throws: as ``init(inputs:outputs:)-([SymbolicTensor],_)``.
  public init(inputs: SymbolicTensor, outputs: SymbolicTensor) throws(LayerError) {
    try self.init(inputs: [inputs], outputs: [outputs])
  }
}

/// The calls that lie between inputs and outputs, as the entries of a functional model.
///
/// Layers stand in Keras's order: those farthest from the outputs first, and at one distance as they are met from the outputs.
///
/// Source: Keras 3, `keras/src/ops/function.py`, `map_graph`.
private struct SymbolicGraph {
  private(set) var entries: [NetworkEntry] = []
  private var references: [ObjectIdentifier: NodeReference] = [:]

  init(inputs: [SymbolicTensor], outputs: [SymbolicTensor]) throws(LayerError) {
    for input in inputs where !(input.call.instance.layer is InputLayer) {
      throw LayerError(
        .wiring,
        "an input of a model is made by Input(shape:), found what layer \"\(input.call.instance.name)\" gives"
      )
    }
    let calls = try SymbolicGraph.calls(inputs: inputs, outputs: outputs)
    enter(calls)
    let order = try NetworkOrder(
      entries: entries, inputs: inputs.map(reference), outputs: outputs.map(reference))
    try sort(order)
    try name()
  }

  /// The calls, each once, as they are met from the outputs; inputs that no output needs last.
  private static func calls(
    inputs: [SymbolicTensor], outputs: [SymbolicTensor]
  ) throws(LayerError) -> [SymbolicCall] {
    let given = Set(inputs.map(\.call.id))
    var seen: Set<ObjectIdentifier> = []
    var calls: [SymbolicCall] = []
    var open = Array(outputs.reversed())
    while let tensor = open.popLast() {
      let call = tensor.call
      guard seen.insert(call.id).inserted else { continue }
      calls.append(call)
      if call.instance.layer is InputLayer, !given.contains(call.id) {
        throw LayerError(
          .wiring,
          "an output depends on input \"\(call.instance.name)\", which is not among the model's inputs"
        )
      }
      open += call.arguments.tensors.reversed()
    }
    for input in inputs where seen.insert(input.call.id).inserted { calls.append(input.call) }
    return calls
  }

  private mutating func enter(_ calls: [SymbolicCall]) {
    var positions: [ObjectIdentifier: Int] = [:]
    var nodes: [[SymbolicCall]] = []
    for call in calls {
      if let position = positions[call.instance.id] {
        nodes[position].append(call)
      } else {
        positions[call.instance.id] = nodes.count
        nodes.append([call])
      }
    }
    for (entry, calls) in nodes.enumerated() {
      nodes[entry] = calls.sorted { $0.order < $1.order }
      for (node, call) in nodes[entry].enumerated() {
        references[call.id] = NodeReference(entry: entry, node: node)
      }
    }
    entries = nodes.map { calls in
      let isInput = calls[0].instance.layer is InputLayer
      return NetworkEntry(
        instance: calls[0].instance,
        calls: isInput ? [] : calls.map { $0.arguments.map(reference) },
        isOperation: calls[0].instance.layer is Operation)
    }
  }

  private func reference(_ tensor: SymbolicTensor) -> TensorReference {
    let node = references[tensor.call.id] ?? NodeReference(entry: 0, node: 0)
    return TensorReference(entry: node.entry, node: node.node, tensor: tensor.index)
  }

  /// The inputs or outputs of the model: one, or a list.
  func structure(_ tensors: [SymbolicTensor]) -> Argument<TensorReference> {
    let references = tensors.map { Argument.tensor(reference($0)) }
    return references.count == 1 ? references[0] : .list(references)
  }

  private mutating func sort(_ order: NetworkOrder) throws(LayerError) {
    var depths = [Int](repeating: 0, count: entries.count)
    for (node, depth) in zip(order.nodes, order.depths) {
      depths[node.entry] = max(depths[node.entry], depth)
    }
    let sorted = entries.indices.sorted { a, b in
      depths[a] == depths[b] ? a < b : depths[a] > depths[b]
    }
    var places = [Int](repeating: 0, count: entries.count)
    for (place, entry) in sorted.enumerated() { places[entry] = place }
    references = references.mapValues {
      NodeReference(entry: places[$0.entry], node: $0.node)
    }
    var result: [NetworkEntry] = []
    for entry in sorted {
      var moved = entries[entry]
      moved.calls = moved.calls.map { call in
        call.map { reference in
          var reference = reference
          reference.entry = places[reference.entry]
          return reference
        }
      }
      result.append(moved)
    }
    entries = result
  }

  /// Names the layers in the order in which they were made.
  private mutating func name() throws(LayerError) {
    var scope = NameScope()
    for index in entries.indices.sorted(by: {
      entries[$0].instance.creation < entries[$1].instance.creation
    }) {
      entries[index] = NetworkEntry(
        instance: scope.named(entries[index].instance), calls: entries[index].calls,
        isOperation: entries[index].isOperation)
    }
    var names: Set<String> = []
    for entry in entries where !names.insert(entry.instance.name).inserted {
      throw LayerError(.wiring, "two layers are named \"\(entry.instance.name)\"")
    }
  }
}

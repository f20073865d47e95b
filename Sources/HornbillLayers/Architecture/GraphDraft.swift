import HornbillCore

/// A functional model on its way into a file of Keras 3: layers and operations with their calls.
struct GraphDraft {
  /// A layer or operation.
  struct Entry {
    var name: String
    /// The serialised object: module, class, configuration, registered name.
    let object: JSONObject
    /// The layer that the entry stands for; `nil` for an operation.
    let instance: LayerInstance?
    /// Whether Keras makes the operation itself when it reads the model, so that the file does not hold it.
    let isImplied: Bool
    var calls: [CallArguments<DraftTensor>] = []
    /// What each call depends on beside its arguments: the masks that Keras hands to it.
    var impliedInputs: [[DraftKey]] = []

    var isInput: Bool { instance?.layer is InputLayer }
  }

  private(set) var entries: [Entry] = []
  /// What the names of new operations begin with: they must not be those that Keras gives to operations of its own.
  var scope = "explicit"
  private var names: Set<String>

  /// Makes an empty model.
  ///
  /// - Parameter layerNames: the names that only the model's layers get.
  init(layerNames: Set<String>) { names = layerNames }

  /// The name of an entry.
  func name(_ entry: Int) -> String { entries[entry].name }

  /// Adds a layer.
  ///
  /// - Returns: its position.
  mutating func add(_ object: JSONObject, name: String, instance: LayerInstance? = nil) -> Int {
    entries.append(Entry(name: name, object: object, instance: instance, isImplied: false))
    return entries.count - 1
  }

  /// A name that no layer or operation has, which is taken from now on.
  mutating func unused(_ name: String) -> String {
    var unique = name
    var count = 0
    while !names.insert(unique).inserted {
      count += 1
      unique = "\(name)_\(count)"
    }
    return unique
  }

  /// Adds an input of the model.
  mutating func addInput(
    _ object: JSONObject, _ instance: LayerInstance, named name: String
  ) -> DraftTensor {
    let entry = add(object, name: name, instance: instance)
    let spec = (instance.layer as? InputLayer)?.spec ?? .unknown
    return DraftTensor(key: DraftKey(entry: entry, node: 0, tensor: 0), spec: spec)
  }

  /// Calls an entry.
  ///
  /// - Parameters:
  ///   - entry: its position.
  ///   - arguments: the arguments.
  ///   - outputs: what is known of the results.
  ///   - masks: the masks that Keras hands to the call by itself.
  mutating func call(
    _ entry: Int, _ arguments: CallArguments<DraftTensor>, outputs: [TensorSpec],
    masks: [DraftKey] = []
  ) -> [DraftTensor] {
    let node = entries[entry].calls.count
    entries[entry].calls.append(arguments)
    entries[entry].impliedInputs.append(masks)
    return outputs.enumerated().map { index, spec in
      DraftTensor(key: DraftKey(entry: entry, node: node, tensor: index), spec: spec)
    }
  }

  /// Adds an operation of `keras.ops` and calls it.
  mutating func operation(
    _ className: String, _ fields: [(String, JSON)] = [], _ arguments: [Argument<DraftTensor>],
    keywords: [(name: String, value: Argument<DraftTensor>)] = [], outputs: [TensorSpec]
  ) -> [DraftTensor] {
    let name = unused("\(scope)_\(SnakeCase.name(of: className))")
    var config = JSONObject([("name", .string(name))])
    for (field, value) in fields { config[field] = value }
    let object = JSON.kerasObject(
      module: OperationModule.name(ofClass: className), className: className, config: config,
      registeredName: .string(className))
    let entry = add(object.object ?? JSONObject(), name: name)
    return call(entry, CallArguments(arguments, keywords: keywords), outputs: outputs)
  }

  /// Adds an operation that Keras makes when it reads the model.
  mutating func impliedOperation(_ inputs: [DraftKey]) -> DraftKey {
    entries.append(Entry(name: "", object: JSONObject(), instance: nil, isImplied: true))
    _ = call(entries.count - 1, CallArguments([]), outputs: [], masks: inputs)
    return DraftKey(entry: entries.count - 1, node: 0, tensor: 0)
  }

  // MARK: JSON

  /// The configuration of the model.
  func config(
    name: String, trainable: Bool, inputs: Argument<DraftTensor>, outputs: Argument<DraftTensor>
  ) -> JSONObject {
    let order = OperationOrder(
      self, inputs: inputs.tensors.map(\.key), outputs: outputs.tensors.map(\.key))
    let layers = order.entries.filter { !entries[$0].isImplied }.map { index in
      var object = entries[index].object
      object["name"] = .string(entries[index].name)
      object["inbound_nodes"] = .array(entries[index].calls.map(node))
      return JSON.object(object)
    }
    return JSONObject([
      ("name", .string(name)), ("trainable", .bool(trainable)), ("layers", .array(layers)),
      ("input_layers", structure(inputs)), ("output_layers", structure(outputs)),
    ])
  }

  private func node(_ call: CallArguments<DraftTensor>) -> JSON {
    let keywords = call.keywords.map { ($0.name, $0.value.json(self.name)) }
    return .object(
      JSONObject([
        ("args", .array(call.positional.map { $0.json(self.name) })),
        ("kwargs", .object(JSONObject(keywords))),
      ]))
  }

  /// The model's own inputs or outputs, in which the calls of a nested functional model count from 1.
  private func structure(_ argument: Argument<DraftTensor>) -> JSON {
    switch argument {
    case .tensor(let tensor):
      let entry = entries[tensor.key.entry]
      let first = entry.isFunctional ? 1 : 0
      return .array([
        .string(entry.name), .integer(Int64(tensor.key.node + first)),
        .integer(Int64(tensor.key.tensor)),
      ])
    case .list(let elements): return .array(elements.map(structure))
    case .dictionary(let pairs):
      return .object(JSONObject(pairs.map { ($0.key, structure($0.value)) }))
    default: return .null
    }
  }
}

extension GraphDraft.Entry {
  /// Whether the entry is written as a functional model.
  var isFunctional: Bool { object["class_name"]?.string == Functional.className }
}

/// The order in which Keras 3 lists the layers and operations of a functional model: from the inputs to the outputs.
///
/// The paths of a `.weights.h5` file count layers in this order. Source: Keras 3.15, `keras/src/ops/function.py`, `map_graph`.
struct OperationOrder {
  /// The positions of the entries, those that the outputs do not need left out, inputs excepted.
  private(set) var entries: [Int] = []

  private struct Node: Hashable {
    let entry: Int
    let node: Int
  }

  init(_ draft: GraphDraft, inputs: [DraftKey], outputs: [DraftKey]) {
    var post: [Node] = []
    var finished: Set<Node> = []
    var started: Set<Node> = []
    var traversal: [Int: Int] = [:]
    func parents(_ node: Node) -> [Node] {
      let entry = draft.entries[node.entry]
      guard !entry.isInput, node.node < entry.calls.count else { return [] }
      let call = entry.calls[node.node]
      let keys = call.tensors.map(\.key) + entry.impliedInputs[node.node]
      return keys.map { Node(entry: $0.entry, node: $0.node) }
    }
    for output in outputs {
      var stack: [(node: Node, parents: [Node], next: Int)] = []
      func enter(_ node: Node) {
        guard !finished.contains(node), started.insert(node).inserted else { return }
        if traversal[node.entry] == nil { traversal[node.entry] = traversal.count }
        stack.append((node, parents(node), 0))
      }
      enter(Node(entry: output.entry, node: output.node))
      while let visit = stack.last {
        if visit.next < visit.parents.count {
          stack[stack.count - 1].next += 1
          enter(visit.parents[visit.next])
        } else {
          stack.removeLast()
          finished.insert(visit.node)
          post.append(visit.node)
        }
      }
    }
    var nodeDepths: [Node: Int] = [:]
    var entryDepths: [Int: Int] = [:]
    for node in post.reversed() {
      let depth = max(nodeDepths[node] ?? 0, entryDepths[node.entry] ?? 0)
      entryDepths[node.entry] = depth
      nodeDepths[node] = depth
      for parent in parents(node) { nodeDepths[parent] = max(nodeDepths[parent] ?? 0, depth + 1) }
    }
    for input in inputs where entryDepths[input.entry] == nil {
      entryDepths[input.entry] = 0
      traversal[input.entry] = -1
    }
    entries = entryDepths.keys.sorted { a, b in
      let (x, y) = (entryDepths[a] ?? 0, entryDepths[b] ?? 0)
      if x != y { return x > y }
      let (i, j) = (traversal[a] ?? 0, traversal[b] ?? 0)
      return i == j ? a < b : i < j
    }
  }
}

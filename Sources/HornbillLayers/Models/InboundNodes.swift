package import HornbillCore

/// Reads the calls of layers in the spellings of Keras 1, 2 and 3.
struct InboundNodeReader {
  /// The position of each layer of the model by name.
  let positions: [String: Int]

  /// The calls of one layer.
  func calls(_ nodes: JSON?) throws(LayerError) -> [CallArguments<TensorReference>] {
    guard let nodes, !nodes.isNull else { return [] }
    guard let list = nodes.array else {
      throw LayerError(.wiring, "inbound_nodes: expected a list, found \(nodes.brief)")
    }
    var result: [CallArguments<TensorReference>] = []
    for node in list { result.append(try call(node)) }
    return result
  }

  private func call(_ node: JSON) throws(LayerError) -> CallArguments<TensorReference> {
    if let object = node.object, object["args"] != nil || object["kwargs"] != nil {
      return try literalCall(object)
    }
    var keywords = JSONObject()
    let first = try tensors(node, collecting: &keywords)
    var named: [(name: String, value: Argument<TensorReference>)] = []
    for (name, value) in keywords.pairs { named.append((name, try keyword(value))) }
    return CallArguments([first], keywords: named)
  }

  // MARK: Keras 3

  private func literalCall(
    _ object: JSONObject
  ) throws(LayerError) -> CallArguments<TensorReference> {
    var positional: [Argument<TensorReference>] = []
    for argument in object["args"]?.array ?? [] { positional.append(try literal(argument)) }
    var keywords: [(name: String, value: Argument<TensorReference>)] = []
    for (name, value) in object["kwargs"]?.object?.pairs ?? [] {
      keywords.append((name, try literal(value)))
    }
    return CallArguments(positional, keywords: keywords)
  }

  /// A value of a call as Keras 3 writes it, tensors as `__keras_tensor__` objects.
  func literal(_ value: JSON) throws(LayerError) -> Argument<TensorReference> {
    try Argument(json: value) { (object: JSON) throws(LayerError) -> TensorReference? in
      guard object["class_name"]?.string == "__keras_tensor__" else { return nil }
      let config = object["config"] ?? .null
      guard let history = config["keras_history"] else {
        throw LayerError(.wiring, "a tensor without keras_history")
      }
      var reference = try triple(history)
      reference.stored = TensorSpec(
        config["shape"].flatMap(Shape.init(json:)),
        config["dtype"]?.string.flatMap(DType.init(rawValue:)) ?? .float32)
      return reference
    }
  }

  // MARK: Keras 1 and 2

  /// The first argument of a call: one tensor, or several as a list or dictionary; the keyword arguments stand in the
  /// fourth place of a tensor.
  private func tensors(
    _ value: JSON, collecting keywords: inout JSONObject
  ) throws(LayerError) -> Argument<TensorReference> {
    if let tensor = try tensor(value, collecting: &keywords) { return tensor }
    if let elements = value.array {
      var result: [Argument<TensorReference>] = []
      for element in elements { result.append(try tensors(element, collecting: &keywords)) }
      return result.count == 1 ? result[0] : .list(result)
    }
    if let object = value.object {
      var result: [(key: String, value: Argument<TensorReference>)] = []
      for (key, value) in object.pairs {
        result.append((key, try tensors(value, collecting: &keywords)))
      }
      return .dictionary(result)
    }
    throw LayerError(.wiring, "a connection that is \(value.brief)")
  }

  private func tensor(
    _ value: JSON, collecting keywords: inout JSONObject
  ) throws(LayerError) -> Argument<TensorReference>? {
    guard let parts = value.array, parts.count >= 3, parts.count <= 4, let name = parts[0].string
    else { return nil }
    if parts.count == 4, let more = parts[3].object {
      for (key, value) in more.pairs where keywords[key] == nil { keywords[key] = value }
    }
    if name == "_CONSTANT_VALUE", parts[1].int == -1 { return try constant(parts[2]) }
    return .tensor(try triple(value))
  }

  private func keyword(_ value: JSON) throws(LayerError) -> Argument<TensorReference> {
    if isTriple(value) { return .tensor(try triple(value)) }
    if let elements = value.array, elements.contains(where: containsTriple) {
      var result: [Argument<TensorReference>] = []
      for element in elements { result.append(try keyword(element)) }
      return .list(result)
    }
    if let object = value.object, object.pairs.contains(where: { containsTriple($0.value) }) {
      var result: [(key: String, value: Argument<TensorReference>)] = []
      for (key, value) in object.pairs { result.append((key, try keyword(value))) }
      return .dictionary(result)
    }
    return try constant(value)
  }

  private func containsTriple(_ value: JSON) -> Bool {
    isTriple(value) || value.array?.contains(where: containsTriple) == true
      || value.object?.pairs.contains { containsTriple($0.value) } == true
  }

  private func isTriple(_ value: JSON) -> Bool {
    guard let parts = value.array, parts.count == 3 || parts.count == 4, let name = parts[0].string
    else { return false }
    return positions[name] != nil && parts[1].int != nil && parts[2].int != nil
  }

  private func constant(_ value: JSON) throws(LayerError) -> Argument<TensorReference> {
    try Argument(json: value) { (_: JSON) throws(LayerError) -> TensorReference? in nil }
  }

  // MARK: References

  /// The inputs or outputs of a model: one triple, lists and dictionaries of them.
  func structure(_ value: JSON) throws(LayerError) -> Argument<TensorReference> {
    if isTriple(value) { return .tensor(try triple(value)) }
    if let elements = value.array {
      var result: [Argument<TensorReference>] = []
      for element in elements { result.append(try structure(element)) }
      return .list(result)
    }
    if let object = value.object, object["class_name"]?.string == "__tuple__" {
      return try structure(object["items"] ?? .array([]))
    }
    if let object = value.object {
      var result: [(key: String, value: Argument<TensorReference>)] = []
      for (key, value) in object.pairs { result.append((key, try structure(value))) }
      return .dictionary(result)
    }
    throw LayerError(.wiring, "an input or output that is \(value.brief)")
  }

  private func triple(_ value: JSON) throws(LayerError) -> TensorReference {
    guard let parts = value.array, parts.count >= 3, let name = parts[0].string,
      let node = parts[1].int, let tensor = parts[2].int
    else {
      throw LayerError(
        .wiring, "expected a connection [layer, call, output], found \(value.brief)")
    }
    guard let entry = positions[name] else {
      throw LayerError(
        .wiring, "a connection names layer \"\(name)\", which the model does not have")
    }
    return TensorReference(entry: entry, node: node, tensor: tensor)
  }
}

extension Argument {
  /// A plain value of a call.
  ///
  /// - Parameter tensor: gives the tensor that an object stands for, or `nil` when it stands for none.
  init(
    json: JSON, tensor: (JSON) throws(LayerError) -> Element?
  ) throws(LayerError) {
    switch json {
    case .null: self = .none
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .integer(value)
    case .double(let value): self = .number(value)
    case .string(let value): self = .string(value)
    case .array(let elements):
      var result: [Argument] = []
      for element in elements { result.append(try Argument(json: element, tensor: tensor)) }
      self = .list(result)
    case .object(let object):
      if let found = try tensor(json) {
        self = .tensor(found)
        return
      }
      let config = object["config"] ?? .null
      switch object["class_name"]?.string {
      case "__numpy__", "__tensor__":
        self = .array(try Tensor(serialized: config))
      case "__slice__":
        self = .slice(
          start: try Argument(json: config["start"] ?? .null, tensor: tensor),
          stop: try Argument(json: config["stop"] ?? .null, tensor: tensor),
          step: try Argument(json: config["step"] ?? .null, tensor: tensor))
      case "__ellipsis__":
        self = .ellipsis
      case "__tuple__":
        self = try Argument(json: object["items"] ?? config["value"] ?? .array([]), tensor: tensor)
      default:
        var result: [(key: String, value: Argument)] = []
        for (key, value) in object.pairs {
          result.append((key, try Argument(json: value, tensor: tensor)))
        }
        self = .dictionary(result)
      }
    }
  }
}

extension Tensor {
  /// An array that a configuration holds: `value` as nested lists, and `dtype`.
  package init(serialized config: JSON) throws(LayerError) {
    let dtype = config["dtype"]?.string.flatMap(DType.init(rawValue:)) ?? .float32
    var shape: [Int] = []
    var level = config["value"] ?? .null
    while let elements = level.array {
      shape.append(elements.count)
      guard let first = elements.first else { break }
      level = first
    }
    var leaves: [JSON] = []
    func collect(_ value: JSON, _ depth: Int) throws(LayerError) {
      if let elements = value.array {
        guard depth < shape.count, elements.count == shape[depth] else {
          throw LayerError(.configuration, "an array whose rows differ in length")
        }
        for element in elements { try collect(element, depth + 1) }
      } else {
        guard depth == shape.count else {
          throw LayerError(.configuration, "an array whose rows differ in depth")
        }
        leaves.append(value)
      }
    }
    try collect(config["value"] ?? .null, 0)
    if dtype == .string {
      self.init(shape: shape, text: leaves.map { $0.string ?? "" })
      return
    }
    var numbers: [Double] = []
    for leaf in leaves {
      guard let number = leaf.number ?? leaf.bool.map({ $0 ? 1 : 0 }) else {
        throw LayerError(.configuration, "an array with an element that is \(leaf.brief)")
      }
      numbers.append(number)
    }
    switch dtype {
    case .float64: self.init(shape: shape, numbers)
    case .float16, .bfloat16, .float32:
      self.init(shape: shape, dtype: dtype, storage: .float(numbers.map { Float($0) }))
    default:
      self.init(
        shape: shape,
        integers: leaves.enumerated().map { index, leaf in
          if case .integer(let value) = leaf { value } else { Int64(saturating: numbers[index]) }
        }, dtype: dtype)
    }
  }
}

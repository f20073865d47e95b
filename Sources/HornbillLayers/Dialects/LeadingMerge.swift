import HornbillCore

/// Rewrites a Sequential of Keras 1 that begins with a `Merge` of branches as a functional model.
///
/// Each branch is a model or layer with an input of its own; the model's inputs are those of the branches in order. The
/// layers of the result stand in the order of Keras 1's `flattened_layers`, which is that of the weight groups: each branch's
/// layers, then the rest, each layer once.
///
/// Source: Keras 1.2.2, `keras/models.py`, `Sequential.get_config`, `from_config` and `flattened_layers`.
struct LeadingMerge {
  /// One output of one call.
  private typealias Tensor = (name: String, node: Int, tensor: Int)

  private struct Entry {
    let object: LayerObject
    var nodes: [JSON] = []
  }

  private let context: DecodingContext
  private var names: [String] = []
  private var entries: [String: Entry] = [:]
  private var inputs: [String] = []
  private var depth = 0

  /// Whether the layers of a Sequential begin with a `Merge` of branches.
  static func begins(_ layers: [JSON]) -> Bool {
    guard let first = layers.first else { return false }
    let className = first["class_name"]?.string ?? first["name"]?.string
    return className == "Merge" && (first["config"] ?? first)["layers"]?.array != nil
  }

  /// The configuration of the functional model.
  ///
  /// - Throws: ``LayerError`` with the code `configuration` when a branch states no input, or for a form that is not known.
  static func network(
    _ layers: [JSON], name: JSON?, in context: DecodingContext
  ) throws(LayerError) -> JSONObject {
    var builder = LeadingMerge(context: context)
    let output = try builder.chain(layers)
    var config = JSONObject()
    if let name { config["name"] = name }
    config["layers"] = .array(
      builder.names.compactMap { name in
        guard let entry = builder.entries[name], var object = entry.object.json.object else {
          return nil
        }
        object["name"] = .string(name)
        object["inbound_nodes"] = .array(entry.nodes)
        return .object(object)
      })
    config["input_layers"] = .array(builder.inputs.map { triple(($0, 0, 0)) })
    config["output_layers"] = .array([triple(output)])
    return config
  }

  private init(context: DecodingContext) { self.context = context }

  private static func triple(_ tensor: Tensor) -> JSON {
    .array([
      .string(tensor.name), .integer(Int64(tensor.node)), .integer(Int64(tensor.tensor)),
    ])
  }

  /// Layers one after another.
  private mutating func chain(_ layers: [JSON]) throws(LayerError) -> Tensor {
    depth += 1
    defer { depth -= 1 }
    guard depth <= DecodingContext.depthLimit, let first = layers.first else {
      throw LayerError(.configuration, "a branch of Merge is empty or nested too deep")
    }
    let object = try LayerObject(first, in: context)
    var current: Tensor
    if LeadingMerge.begins(layers) {
      var branches: [Tensor] = []
      for branch in object.config["layers"]?.array ?? [] {
        branches.append(try self.branch(branch))
      }
      current = call(object, branches)
    } else if object.className == InputLayer.className {
      current = (add(object).name, 0, 0)
      if !inputs.contains(current.name) { inputs.append(current.name) }
    } else {
      guard let spec = try StatedInput.spec(of: first, in: context), let shape = spec.shape else {
        throw LayerError(
          .configuration,
          "a branch of Merge begins with a \(object.className) that states no input shape")
      }
      current = call(object, [try input(before: object, shape, spec.dtype)])
    }
    for layer in layers.dropFirst() {
      current = call(try LayerObject(layer, in: context), [current])
    }
    return current
  }

  private mutating func branch(_ json: JSON) throws(LayerError) -> Tensor {
    let object = try LayerObject(json, in: context)
    switch object.className {
    case Sequential.className:
      return try chain(object.config["layers"]?.array ?? [])
    case Functional.className, "Model":
      return try network(object.config)
    default:
      return try chain([json])
    }
  }

  /// The layers of a functional branch with their calls.
  private mutating func network(_ config: JSONObject) throws(LayerError) -> Tensor {
    var moved: [String: (name: String, offset: Int)] = [:]
    var added: [(name: String, nodes: JSON?)] = []
    for layer in config["layers"]?.array ?? [] {
      let object = try LayerObject(layer, in: context)
      let stored = layer["name"]?.string ?? object.config["name"]?.string ?? object.className
      let place = add(object, named: stored)
      moved[stored] = place
      added.append((place.name, layer["inbound_nodes"]))
    }
    for (name, nodes) in added {
      for node in nodes?.array ?? [] {
        entries[name]?.nodes.append(LeadingMerge.redirected(node, moved))
      }
    }
    for reference in LeadingMerge.triples(config["input_layers"]) {
      guard let name = moved[reference.name]?.name else { continue }
      if !inputs.contains(name) { inputs.append(name) }
    }
    guard let output = LeadingMerge.triples(config["output_layers"]).first,
      let place = moved[output.name]
    else {
      throw LayerError(.wiring, "a branch of Merge has no output")
    }
    return (place.name, output.node + place.offset, output.tensor)
  }

  /// A connection with the names and call numbers of the whole model.
  private static func redirected(
    _ node: JSON, _ moved: [String: (name: String, offset: Int)]
  ) -> JSON {
    guard var elements = node.array else { return node }
    if let name = elements.first?.string, elements.count >= 3, let place = moved[name],
      let call = elements[1].int
    {
      elements[0] = .string(place.name)
      elements[1] = .integer(Int64(clamping: call &+ place.offset))
      return .array(elements)
    }
    return .array(elements.map { redirected($0, moved) })
  }

  private static func triples(_ value: JSON?) -> [Tensor] {
    guard let elements = value?.array else { return [] }
    if elements.count >= 3, let name = elements[0].string, let node = elements[1].int,
      let tensor = elements[2].int, node >= 0, node < 1 << 31
    {
      return [(name, node, tensor)]
    }
    return elements.flatMap { triples($0) }
  }

  private mutating func call(_ object: LayerObject, _ inputs: [Tensor]) -> Tensor {
    let name = add(object).name
    entries[name]?.nodes.append(.array(inputs.map(LeadingMerge.triple)))
    return (name, (entries[name]?.nodes.count ?? 1) - 1, 0)
  }

  private mutating func input(
    before object: LayerObject, _ shape: Shape, _ dtype: DType
  ) throws(LayerError) -> Tensor {
    let name = (object.config["name"]?.string ?? object.className) + "_input"
    let extents = shape.dimensions.map { $0.map { JSON.integer(Int64($0)) } ?? .null }
    let config = JSONObject([
      ("name", .string(name)), ("batch_shape", .array(extents)),
      ("dtype", .string(dtype.rawValue)),
    ])
    let json = JSONObject([
      ("class_name", .string(InputLayer.className)), ("config", .object(config)),
    ])
    let place = add(try LayerObject(.object(json), in: context))
    if !inputs.contains(place.name) { inputs.append(place.name) }
    return (place.name, 0, 0)
  }

  /// Adds a layer, or finds it when it is there: an equal one of that name is the same layer, shared.
  ///
  /// - Returns: its name in the model, and how many calls it has already.
  private mutating func add(
    _ object: LayerObject, named stored: String? = nil
  ) -> (name: String, offset: Int) {
    let base = stored ?? object.config["name"]?.string ?? context.automaticName(object.className)
    var name = base
    var suffix = 1
    while let entry = entries[name] {
      if entry.object.config == object.config, entry.object.className == object.className {
        return (name, entry.nodes.count)
      }
      name = "\(base)_\(suffix)"
      suffix += 1
    }
    if name != base {
      context.note(
        ConfigUpgrade(
          layer: name, className: object.className,
          change: "renamed from \(JSON.string(base).noteText), which another branch has too"))
    }
    names.append(name)
    entries[name] = Entry(object: object)
    return (name, 0)
  }
}

package import HornbillCore

/// Writes a model of Keras 1 or 2 as Keras 3 serialises it.
///
/// Layers are written with the configuration that their type encodes; classes that Keras 3 does not have are replaced by
/// layers and operations that compute the same.
package struct ModelUpgrade {
  let build: LayerBuild
  let rules: SemanticRules
  /// Reads a variable of the old model, for numbers that become part of the architecture.
  let variable: (LayerInstance, Int) throws(LayerError) -> Tensor
  /// What was changed beyond the spelling of configurations.
  package internal(set) var notes: [ConfigUpgrade] = []
  /// Where the variables of the new model come from.
  package private(set) var placements: [Placement] = []

  /// Makes a writer for a model that has been built.
  package init(
    build: LayerBuild, rules: SemanticRules,
    variable: @escaping (LayerInstance, Int) throws(LayerError) -> Tensor
  ) {
    self.build = build
    self.rules = rules
    self.variable = variable
  }

  /// The serialised model.
  ///
  /// - Throws: ``LayerError`` with the code `unsupported` for what Keras 3 cannot say, with the layer's name.
  package mutating func model(_ root: LayerInstance) throws(LayerError) -> JSON {
    .object(try object(of: root, named: root.name, at: []))
  }

  mutating func note(_ layer: LayerInstance, _ change: String) {
    notes.append(ConfigUpgrade(layer: layer.name, className: layer.className, change: change))
  }

  mutating func place(_ path: [String], _ origin: Placement.Origin) {
    placements.append(Placement(path: path, origin: origin))
  }

  // MARK: Objects

  /// A layer as a serialised object.
  mutating func object(
    of instance: LayerInstance, named name: String, at path: [String]
  ) throws(LayerError) -> JSONObject {
    switch instance.layer {
    case let layer as Functional:
      return try functional(layer, of: instance, named: name, at: path)
    case let layer as Sequential:
      return try sequential(layer, of: instance, named: name, at: path)
    case is Operation:
      return operation(instance, named: name)
    case let layer as OpaqueLayer:
      place(path, .layer(instance))
      return try opaque(layer, of: instance, named: name)
    default:
      if let replaced = try replacement(of: instance, named: name, at: path) { return replaced }
      place(path, .layer(instance))
      return try plain(instance, named: name)
    }
  }

  /// A layer of a class that both Kerases have.
  mutating func plain(
    _ instance: LayerInstance, named name: String
  ) throws(LayerError) -> JSONObject {
    let (fields, obstacles) = instance.configuration()
    if let obstacle = obstacles.first {
      throw LayerError(
        .unsupported, "\(instance.className).\(obstacle.field): \(obstacle.reason)"
      )
      .at(instance.name)
    }
    if let word = fields["interpolation"]?.string, ["gaussian", "mitchellcubic"].contains(word) {
      throw LayerError(
        .unsupported, "\(instance.className).interpolation: Keras 3 does not have \"\(word)\""
      ).at(instance.name)
    }
    var config = fields
    config["name"] = .string(name)
    try replaceInner(of: instance, in: &config)
    return JSON.kerasObject(
      module: "keras.layers", className: instance.className, config: config
    ).object ?? JSONObject()
  }

  /// An operation of `keras.ops`.
  private func operation(_ instance: LayerInstance, named name: String) -> JSONObject {
    var encoder = ConfigEncoder()
    instance.layer.encode(to: &encoder)
    var config = JSONObject([("name", .string(name))])
    for (field, value) in encoder.fields.pairs where field != "name" { config[field] = value }
    let object = JSON.kerasObject(
      module: OperationModule.name(ofClass: instance.className), className: instance.className,
      config: config, registeredName: .string(instance.className))
    return object.object ?? JSONObject()
  }

  /// A layer whose code is not in the file: it is carried as it is.
  private mutating func opaque(
    _ layer: OpaqueLayer, of instance: LayerInstance, named name: String
  ) throws(LayerError) -> JSONObject {
    guard layer.reason != .tensorFlowObject, let source = instance.source?.object else {
      throw LayerError(
        .unsupported,
        "\(layer.kerasClassName) \(layer.reason.rawValue), which Keras 3 does not have"
      )
      .at(instance.name)
    }
    var config = source["config"]?.object ?? JSONObject()
    config["name"] = .string(name)
    note(instance, "carried as it is: \(layer.reason.rawValue)")
    if layer.kerasClassName == "Lambda" {
      return JSON.kerasObject(
        module: "keras.layers", className: "Lambda", config: LambdaCode.upgraded(config)
      ).object ?? JSONObject()
    }
    let registered = source["registered_name"]?.string ?? source["class_name"]?.string
    return JSONObject([
      ("module", source["module"] ?? .null), ("class_name", .string(layer.kerasClassName)),
      ("config", .object(config)),
      ("registered_name", registered.map { .string($0) } ?? .null),
    ])
  }

  // MARK: Models

  private mutating func sequential(
    _ model: Sequential, of instance: LayerInstance, named name: String, at path: [String]
  ) throws(LayerError) -> JSONObject {
    if model.layers.contains(where: { GraphReplacement(of: $0) != nil }) {
      return try chain(model, of: instance, named: name, at: path)
    }
    var names = LayerNames(model.layers.map(\.name))
    var layers: [JSON] = []
    if let spec = inputSpec(of: model) {
      let input = names.unused(model.inputLayer?.name ?? "input_layer")
      layers.append(.object(inputObject(spec, named: input)))
    }
    let calls = build.callOutputs[instance.id] ?? []
    var chain = MaskChain(model.inputSpecs ?? [.unknown], rules: rules, isDowngrade: false)
    for (index, layer) in model.layers.enumerated() {
      let valid = names[layer.name]
      noteName(layer, valid)
      do {
        let outputs = index < calls.count ? calls[index].first ?? [.unknown] : [.unknown]
        try ChannelBias.require(layer, outputs)
        try chain.pass(layer, outputs: outputs)
        layers.append(.object(try object(of: layer, named: valid, at: path + [valid])))
      } catch {
        throw error.path.first == layer.name ? error : error.at(layer.name)
      }
    }
    var config = JSONObject([
      ("name", .string(name)), ("trainable", .bool(instance.trainable)),
      ("dtype", instance.policy.json), ("layers", .array(layers)),
    ])
    if let shape = inputSpec(of: model)?.shape { config["build_input_shape"] = shape.json }
    return JSON.kerasObject(module: "keras", className: Sequential.className, config: config)
      .object ?? JSONObject()
  }

  /// What a `Sequential` states of its input; a nested model at its start states it too.
  private func inputSpec(of model: Sequential) -> TensorSpec? {
    if let specs = model.inputSpecs, specs.count == 1, specs[0].shape != nil { return specs[0] }
    return nil
  }

  func inputObject(_ spec: TensorSpec, named name: String) -> JSONObject {
    let config = JSONObject([
      ("batch_shape", spec.shape?.json ?? .null), ("dtype", .string(spec.dtype.rawValue)),
      ("sparse", .bool(false)), ("ragged", .bool(false)), ("name", .string(name)),
    ])
    return JSON.kerasObject(
      module: "keras.layers", className: InputLayer.className, config: config
    ).object ?? JSONObject()
  }

  mutating func noteName(_ layer: LayerInstance, _ valid: String) {
    if valid != layer.name { note(layer, "renamed \(valid), as Keras 3 allows no \"/\" in names") }
  }

  /// A `Sequential` with a layer that becomes several operations: a functional model.
  private mutating func chain(
    _ model: Sequential, of instance: LayerInstance, named name: String, at path: [String]
  ) throws(LayerError) -> JSONObject {
    guard let spec = inputSpec(of: model), let calls = build.callOutputs[instance.id] else {
      throw LayerError(
        .unsupported,
        "a Sequential without an input shape holds a layer that Keras 3 has only as operations"
      ).at(instance.name)
    }
    note(instance, "written as a functional model")
    var names = LayerNames(model.layers.map(\.name))
    var writer = FunctionalUpgrade(
      layerNames: names.reserved, masks: MaskFlow(rules: rules), path: path)
    let inputName = names.unused(model.inputLayer?.name ?? "input_layer")
    let input = writer.input(
      inputObject(spec, named: inputName),
      LayerInstance(
        InputLayer(batchShape: spec.shape ?? Shape([nil]), dtype: spec.dtype), name: inputName),
      named: inputName)
    var tensors = [input]
    for (index, layer) in model.layers.enumerated() {
      let valid = names[layer.name]
      noteName(layer, valid)
      let arguments =
        tensors.count == 1
        ? CallArguments([Argument.tensor(tensors[0])])
        : CallArguments([.list(tensors.map { .tensor($0) })])
      tensors = try writer.call(
        layer, named: valid, arguments, outputs: calls[index].first ?? [], self: &self)
    }
    let outputs: Argument<DraftTensor> =
      tensors.count == 1 ? .tensor(tensors[0]) : .list(tensors.map { .tensor($0) })
    return writer.object(
      name: name, trainable: instance.trainable, inputs: .tensor(input), outputs: outputs)
  }

  private mutating func functional(
    _ model: Functional, of instance: LayerInstance, named name: String, at path: [String]
  ) throws(LayerError) -> JSONObject {
    guard let specs = build.callOutputs[instance.id] else {
      throw LayerError(.unsupported, "the model was not built, so its wiring cannot be written")
        .at(instance.name)
    }
    let names = LayerNames(model.entries.map(\.instance.name))
    var writer = FunctionalUpgrade(
      layerNames: names.reserved, masks: MaskFlow(rules: rules), path: path)
    var tensors = model.entries.map { [[DraftTensor]](repeating: [], count: $0.nodeCount) }
    for node in model.order.nodes {
      let entry = model.entries[node.entry]
      let valid = names[entry.instance.name]
      let outputs = specs[node.entry][node.node]
      if entry.isInput {
        let spec = outputs.first ?? .unknown
        tensors[node.entry][node.node] = [
          writer.input(inputObject(spec, named: valid), entry.instance, named: valid)
        ]
        noteName(entry.instance, valid)
        continue
      }
      if node.node == 0 { noteName(entry.instance, valid) }
      let arguments = try entry.calls[node.node].map {
        (reference: TensorReference) throws(LayerError) -> DraftTensor in
        try ModelUpgrade.tensor(reference, of: model, in: tensors)
      }
      do {
        tensors[node.entry][node.node] = try writer.call(
          entry.instance, named: valid, arguments, outputs: outputs, self: &self)
      } catch {
        throw error.path.first == entry.instance.name ? error : error.at(entry.instance.name)
      }
    }
    let find = { (reference: TensorReference) throws(LayerError) -> DraftTensor in
      try ModelUpgrade.tensor(reference, of: model, in: tensors)
    }
    let inputs = try model.inputs.map(find)
    let outputs = try model.outputs.map(find)
    guard outputs.tensors.allSatisfy(\.isInModel) else {
      throw LayerError(
        .unsupported, "an output is a shape or constant, which keras.ops has not"
      ).at(instance.name)
    }
    for input in inputs.tensors where !writer.isInput(input) {
      throw LayerError(.unsupported, "an input of the model is not an InputLayer").at(instance.name)
    }
    return writer.object(
      name: name, trainable: instance.trainable, inputs: inputs.single, outputs: outputs.single)
  }

  private static func tensor(
    _ reference: TensorReference, of model: Functional, in tensors: [[[DraftTensor]]]
  ) throws(LayerError) -> DraftTensor {
    let calls = tensors[reference.entry]
    guard reference.node < calls.count, reference.tensor < calls[reference.node].count else {
      throw LayerError(
        .unsupported,
        "output \(reference.tensor) of layer \"\(model.entries[reference.entry].instance.name)\" is not known"
      )
    }
    return calls[reference.node][reference.tensor]
  }
}

extension Argument {
  /// The only element of a list of one, in which Keras 1 and 2 write a single input or output.
  var single: Argument {
    if case .list(let elements) = self, elements.count == 1 { return elements[0] }
    return self
  }
}

/// The names of a model's layers as another Keras allows them.
struct LayerNames {
  private var names: [String: String] = [:]
  private(set) var reserved: Set<String> = []

  init(_ originals: [String], isValid: (Character) -> Bool = { $0 != "/" }) {
    reserved = Set(originals.filter { $0.allSatisfy(isValid) })
    for original in originals where !original.allSatisfy(isValid) {
      let name = String(original.map { isValid($0) ? $0 : "_" })
      names[original] = unused(name.hasPrefix("_") ? "layer" + name : name)
    }
  }

  /// Whether TensorFlow allows a character in the name of a scope.
  static func isValidInKeras2(_ character: Character) -> Bool {
    character.isASCII
      && (character.isLetter || character.isNumber || "._/>-\\".contains(character))
  }

  subscript(original: String) -> String { names[original] ?? original }

  /// A name that no layer has: the given one, or the given one with a number.
  mutating func unused(_ name: String) -> String {
    var unique = name
    var count = 0
    while !reserved.insert(unique).inserted {
      count += 1
      unique = "\(name)_\(count)"
    }
    return unique
  }
}

/// The code of a `Lambda` in the spelling of Keras 3.
enum LambdaCode {
  /// Keras 2 writes code, defaults and closure as a list, and where functions come from beside them.
  ///
  /// Source: Keras 3.15, `keras/src/legacy/saving/saving_utils.py`, `model_from_config`.
  static func upgraded(_ config: JSONObject) -> JSONObject {
    var config = config
    for field in ["module", "function_type", "output_shape_type", "output_shape_module"] {
      config[field] = nil
    }
    if let parts = config["function"]?.array, parts.count == 3 {
      config["function"] = .pythonObject(
        "__lambda__", [("code", parts[0]), ("defaults", parts[1]), ("closure", parts[2])])
    }
    return config
  }
}

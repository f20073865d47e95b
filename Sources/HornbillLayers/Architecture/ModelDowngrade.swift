package import HornbillCore

/// Writes a model of Keras 3 as Keras 2.15 writes it into a legacy `.h5` file.
package struct ModelDowngrade {
  let build: LayerBuild
  /// What a layer has learned and its configuration does not say.
  let learned: (LayerInstance, JSONObject) throws(LayerError) -> JSONObject
  /// What was changed beyond the spelling of configurations.
  package private(set) var notes: [ConfigUpgrade] = []
  /// Where the variables of the new model come from.
  package private(set) var placements: [Placement] = []

  /// Makes a writer for a model that has been built.
  package init(
    build: LayerBuild,
    learned: @escaping (LayerInstance, JSONObject) throws(LayerError) -> JSONObject
  ) {
    self.build = build
    self.learned = learned
  }

  /// The serialised model.
  ///
  /// - Throws: ``LayerError`` with the code `unsupported` for what Keras 2.15 cannot say, with the layer's name.
  package mutating func model(_ root: LayerInstance) throws(LayerError) -> JSON {
    .object(try object(of: root, at: []))
  }

  private mutating func note(_ layer: LayerInstance, _ change: String) {
    notes.append(ConfigUpgrade(layer: layer.name, className: layer.className, change: change))
  }

  private mutating func object(
    of instance: LayerInstance, at path: [String]
  ) throws(LayerError) -> JSONObject {
    switch instance.layer {
    case let layer as Functional:
      return try functional(layer, of: instance, at: path)
    case let layer as Sequential:
      return try sequential(layer, of: instance, at: path)
    default:
      placements.append(Placement(path: path, origin: .layer(instance)))
      return try plain(instance)
    }
  }

  private mutating func noteName(_ layer: LayerInstance, _ valid: String) {
    if valid != layer.name { note(layer, "renamed \(valid), as TensorFlow allows no such name") }
  }

  private mutating func plain(_ instance: LayerInstance) throws(LayerError) -> JSONObject {
    let stored = instance.source?["config"]?.object
    var className = instance.className
    if let opaque = instance.layer as? OpaqueLayer {
      guard opaque.reason == .customClass || opaque.kerasClassName == "Lambda" else {
        throw LayerError(
          .unsupported,
          "\(opaque.kerasClassName) \(opaque.reason.rawValue); Keras 2.15 has no such class")
      }
      note(instance, "carried as it is: \(opaque.reason.rawValue)")
      className =
        SerializedClass.legacyName(of: instance.source?.object ?? JSONObject()) ?? className
    }
    var config = stored ?? instance.configuration().fields
    let lookups = ["IntegerLookup", "StringLookup", "TextVectorization"]
    if lookups.contains(className), config["vocabulary"]?.array == nil {
      for (field, value) in try learned(instance, config).pairs { config[field] = value }
      guard config["vocabulary"]?.array != nil else {
        throw LayerError(
          .unsupported, "Keras 2.15 takes no vocabulary from elsewhere than its configuration")
      }
      note(instance, "its vocabulary stands in its configuration")
    }
    var models: [String: JSON] = [:]
    for sublayer in instance.layer.sublayers where sublayer.instance.layer is any ModelLayer {
      var inner = ModelDowngrade(build: build, learned: learned)
      models[sublayer.attribute] = .object(try inner.object(of: sublayer.instance, at: []))
      config[sublayer.attribute] = .null
      notes += inner.notes
    }
    config = try Keras2Spelling.config(config, of: className)
    for (field, model) in models { config[field] = model }
    return JSONObject([("class_name", .string(className)), ("config", .object(config))])
  }

  private mutating func sequential(
    _ model: Sequential, of instance: LayerInstance, at path: [String]
  ) throws(LayerError) -> JSONObject {
    var names = LayerNames(
      ([model.inputLayer].compactMap { $0 } + model.layers).map(\.name),
      isValid: LayerNames.isValidInKeras2)
    var layers: [JSON] = []
    if let input = model.inputLayer {
      layers.append(.object(try plain(input).renamed(names[input.name])))
    } else if let spec = model.inputSpec {
      layers.append(.object(ModelDowngrade.input(spec, named: names.unused("input_1"))))
    }
    var chain = MaskChain(
      model.inputSpecs ?? [.unknown], rules: SemanticRules(kerasMajor: 2), isDowngrade: true)
    let calls = build.callOutputs[instance.id] ?? []
    for (index, layer) in model.layers.enumerated() {
      do {
        let valid = names[layer.name]
        noteName(layer, valid)
        let outputs = index < calls.count ? calls[index].first ?? [.unknown] : [.unknown]
        try ChannelBias.require(layer, outputs)
        try Keras2Spelling.requireRank(layer, outputs)
        try chain.pass(layer, outputs: outputs)
        layers.append(.object(try object(of: layer, at: path + [valid]).renamed(valid)))
      } catch {
        throw error.path.first == layer.name ? error : error.at(layer.name)
      }
    }
    let config = JSONObject([("name", .string(instance.name)), ("layers", .array(layers))])
    return JSONObject([
      ("class_name", .string(Sequential.className)), ("config", .object(config)),
    ])
  }

  private static func input(_ spec: TensorSpec, named name: String) -> JSONObject {
    let config = JSONObject([
      ("batch_input_shape", spec.shape?.json ?? .null), ("dtype", .string(spec.dtype.rawValue)),
      ("sparse", .bool(false)), ("ragged", .bool(false)), ("name", .string(name)),
    ])
    return JSONObject([
      ("class_name", .string(InputLayer.className)), ("config", .object(config)),
    ])
  }

  // MARK: Functional models

  private mutating func functional(
    _ model: Functional, of instance: LayerInstance, at path: [String]
  ) throws(LayerError) -> JSONObject {
    let specs = build.callOutputs[instance.id] ?? []
    let names = LayerNames(model.entries.map(\.instance.name), isValid: LayerNames.isValidInKeras2)
    var masks = MaskFlow(rules: SemanticRules(kerasMajor: 2))
    var graph = GraphDraft(layerNames: names.reserved)
    var positions: [Int: Int] = [:]
    var tensors: [NodeReference: [DraftTensor]] = [:]
    let stated = try StatedMasks(model, specs: specs).found
    for node in try neededNodes(of: model, stated) {
      let entry = model.entries[node.entry]
      let outputs =
        node.entry < specs.count && node.node < specs[node.entry].count
        ? specs[node.entry][node.node] : [.unknown]
      let valid = names[entry.instance.name]
      noteName(entry.instance, valid)
      do {
        if entry.isInput {
          let input = graph.addInput(
            try plain(entry.instance).renamed(valid), entry.instance, named: valid)
          tensors[node] = [input]
          masks.remember([input])
          continue
        }
        let call = try ModelDowngrade.call(of: entry, node.node, without: stated[node] ?? [])
        let arguments = try call.map {
          (reference: TensorReference) throws(LayerError) -> DraftTensor in
          let source = NodeReference(entry: reference.entry, node: reference.node)
          guard let known = tensors[source], reference.tensor < known.count else {
            throw LayerError(.unsupported, "an operand's shape is not known")
          }
          return known[reference.tensor]
        }
        if entry.isOperation {
          tensors[node] = try TensorFlowSpelling.call(
            entry.instance, named: valid, arguments, outputs: outputs, in: &graph)
          continue
        }
        try masks.requireSame(arguments, of: entry.instance)
        try ChannelBias.require(entry.instance, outputs)
        try Keras2Spelling.requireRank(entry.instance, outputs)
        try ChannelBias.requireSums(arguments, of: entry.instance)
        if positions[node.entry] == nil {
          let object = try object(of: entry.instance, at: path + [valid]).renamed(valid)
          positions[node.entry] = graph.add(object, name: valid, instance: entry.instance)
        }
        let results = graph.call(positions[node.entry] ?? 0, arguments, outputs: outputs)
        // The operations that Keras 3 makes for masks do not count in the order of Keras 2.
        var aside = graph
        tensors[node] = masks.attach(
          to: results, of: entry.instance, arguments, in: &aside)
      } catch {
        throw error.path.first == entry.instance.name ? error : error.at(entry.instance.name)
      }
    }
    let find = { (reference: TensorReference) throws(LayerError) -> DraftTensor in
      let source = NodeReference(entry: reference.entry, node: reference.node)
      guard let known = tensors[source], reference.tensor < known.count else {
        throw LayerError(.unsupported, "an output of the model is not known")
      }
      return known[reference.tensor]
    }
    let config = try graph.keras2Config(
      name: instance.name, trainable: instance.trainable, inputs: model.inputs.map(find),
      outputs: model.outputs.map(find))
    return JSONObject([
      ("class_name", .string(Functional.className)), ("config", .object(config)),
    ])
  }

  /// The calls that the outputs need when masks are left to Keras 2, producers first, and all inputs.
  private func neededNodes(
    of model: Functional, _ stated: [NodeReference: Set<String>]
  ) throws(LayerError) -> [NodeReference] {
    var needed: Set<NodeReference> = []
    var pending = model.outputs.tensors.map { NodeReference(entry: $0.entry, node: $0.node) }
    while let node = pending.popLast() {
      let entry = model.entries[node.entry]
      guard needed.insert(node).inserted, !entry.isInput else { continue }
      pending += try ModelDowngrade.call(of: entry, node.node, without: stated[node] ?? [])
        .tensors.map { NodeReference(entry: $0.entry, node: $0.node) }
    }
    for reference in model.inputs.tensors {
      needed.insert(NodeReference(entry: reference.entry, node: reference.node))
    }
    return model.order.nodes.filter(needed.contains)
  }

  /// A call as Keras 2 makes it: one positional argument, and no masks that it finds by itself.
  private static func call(
    of entry: NetworkEntry, _ node: Int, without masks: Set<String>
  ) throws(LayerError) -> CallArguments<TensorReference> {
    var call = entry.calls[node]
    guard !entry.isOperation else { return call }
    let className = entry.instance.className
    call.keywords.removeAll { keyword in
      if case .none = keyword.value { return true }
      if masks.contains(keyword.name) { return true }
      // Keras 3 takes no mask of the query but the attached one.
      if className == MultiHeadAttention.className, keyword.name == "query_mask" { return true }
      return keyword.name == "training" && withoutTraining.contains(className)
    }
    for name in ["query_mask", "value_mask", "key_mask"] where call.keyword(name) != nil {
      throw LayerError(
        .unsupported, "\(className) of Keras 2.15 has no argument \"\(name)\""
      )
      .at(entry.instance.name)
    }
    let names = parameters[entry.instance.className] ?? []
    for (index, argument) in call.positional.enumerated().dropFirst() {
      if case .none = argument { continue }
      guard index - 1 < names.count else {
        throw LayerError(.unsupported, "Keras 2.15 calls \(entry.instance.className) otherwise")
          .at(entry.instance.name)
      }
      call.keywords.append((names[index - 1], argument))
    }
    call.positional = Array(call.positional.prefix(1))
    if call.positional.isEmpty {
      guard
        let first = call.keywords.firstIndex(where: {
          ["inputs", "query", "sequences"].contains($0.name)
        })
      else {
        throw LayerError(.unsupported, "the call has no positional argument")
          .at(entry.instance.name)
      }
      call.positional = [call.keywords.remove(at: first).value]
    }
    return call
  }

  /// The classes that only in Keras 3 take the argument, which changes nothing.
  private static let withoutTraining: Set<String> = ["CenterCrop", "Rescaling", "Resizing"]

  /// The names of the parameters after the first, where Keras 3 models give them by position.
  private static let parameters: [String: [String]] = [
    "MultiHeadAttention": ["value", "key"], "LSTM": ["initial_state"], "GRU": ["initial_state"],
    "SimpleRNN": ["initial_state"], "RNN": ["initial_state"], "Bidirectional": ["initial_state"],
  ]
}

extension JSONObject {
  /// A serialised layer under another name.
  fileprivate func renamed(_ name: String) -> JSONObject {
    var object = self
    if var config = object["config"]?.object, config["name"]?.string != name {
      config["name"] = .string(name)
      object["config"] = .object(config)
    }
    return object
  }
}

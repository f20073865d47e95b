import HornbillCore

/// Writes one functional model, call by call.
struct FunctionalUpgrade {
  private var graph: GraphDraft
  private var masks: MaskFlow
  private let path: [String]
  private var entries: [ObjectIdentifier: Int] = [:]
  private var replacements: [ObjectIdentifier: GraphReplacement] = [:]

  init(layerNames: Set<String>, masks: MaskFlow, path: [String]) {
    graph = GraphDraft(layerNames: layerNames)
    self.masks = masks
    self.path = path
  }

  /// Adds an input of the model.
  mutating func input(
    _ object: JSONObject, _ instance: LayerInstance, named name: String
  ) -> DraftTensor {
    let tensor = graph.addInput(object, instance, named: name)
    masks.remember([tensor])
    return tensor
  }

  func isInput(_ tensor: DraftTensor) -> Bool { graph.entries[tensor.key.entry].isInput }

  /// Calls a layer of the old model.
  mutating func call(
    _ instance: LayerInstance, named name: String, _ arguments: CallArguments<DraftTensor>,
    outputs: [TensorSpec], self upgrade: inout ModelUpgrade
  ) throws(LayerError) -> [DraftTensor] {
    graph.scope = name
    defer { graph.scope = "explicit" }
    if let layer = instance.layer as? any TensorFlowLayer {
      let results = try TensorFlowTranslation.call(layer, arguments, outputs: outputs, in: &graph)
      masks.remember(results)
      return results
    }
    guard arguments.tensors.allSatisfy(\.isInModel) else {
      throw LayerError(
        .unsupported, "it is called with a shape or constant, which keras.ops has not")
    }
    if var replacement = replacements[instance.id] ?? GraphReplacement(of: instance) {
      let results = try replacement.call(
        arguments, outputs: outputs, at: path, in: &graph, &upgrade)
      replacements[instance.id] = replacement
      return masks.attach(to: results, of: instance, arguments, in: &graph)
    }
    let entry: Int
    if let known = entries[instance.id] {
      entry = known
    } else {
      let object = try upgrade.object(of: instance, named: name, at: path + [name])
      entry = graph.add(object, name: name, instance: instance)
      entries[instance.id] = entry
    }
    graph.scope = "mask"
    try ChannelBias.require(instance, outputs)
    let (given, implied) = try masks.prepare(
      ChannelBias.ordered(CallSpelling.upgraded(arguments, of: instance), of: instance),
      of: instance, in: &graph)
    let results = graph.call(entry, given, outputs: outputs, masks: implied)
    return masks.attach(to: results, of: instance, given, in: &graph)
  }

  /// The serialised model.
  func object(
    name: String, trainable: Bool, inputs: Argument<DraftTensor>, outputs: Argument<DraftTensor>
  ) -> JSONObject {
    let config = graph.config(name: name, trainable: trainable, inputs: inputs, outputs: outputs)
    return JSON.kerasObject(
      module: "keras.src.models.functional", className: Functional.className, config: config,
      registeredName: .string(Functional.className)
    ).object ?? JSONObject()
  }
}

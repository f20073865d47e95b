import HornbillCore

/// Decodes the `layers`, `input_layers` and `output_layers` of a functional model.
struct NetworkDecoder {
  private(set) var entries: [NetworkEntry] = []
  private(set) var inputs: Argument<TensorReference>
  private(set) var outputs: Argument<TensorReference>

  init(config: LayerConfig) throws(LayerError) {
    guard let objects = config["layers"]?.array else {
      throw config.invalid("layers", expected: "a list of layers")
    }
    var positions: [String: Int] = [:]
    for object in objects {
      let (instance, isOperation) = try NetworkDecoder.entry(object, in: config.context)
      guard positions.updateValue(entries.count, forKey: instance.name) == nil else {
        throw LayerError(.wiring, "two layers are named \"\(instance.name)\"")
      }
      entries.append(NetworkEntry(instance: instance, calls: [], isOperation: isOperation))
    }
    let reader = InboundNodeReader(positions: positions)
    for (index, object) in objects.enumerated() {
      do {
        entries[index].calls = try reader.calls(object["inbound_nodes"])
      } catch {
        throw error.at(entries[index].instance.name)
      }
    }
    inputs = try reader.structure(config["input_layers"] ?? .array([]))
    outputs = try reader.structure(config["output_layers"] ?? .array([]))
    try renumber(config.context.rules)
    try check()
  }

  private static func entry(
    _ object: JSON, in context: DecodingContext
  ) throws(LayerError) -> (LayerInstance, isOperation: Bool) {
    let name = object["name"]?.string ?? object["config"]?["name"]?.string
    guard OperationObject.isOperation(object, in: context) else {
      let instance = try context.decode(object)
      guard let name, name != instance.name else { return (instance, false) }
      return (instance.with(instance.layer, name: name), false)
    }
    return (try context.registry.decodeOperation(object, name: name, in: context), true)
  }

  /// Makes every call number count from 0.
  ///
  /// Keras 1 and 2 number the calls of a nested model from 1, its own inner graph being 0; Keras 3 does so only where the
  /// model's own inputs and outputs name a nested functional model.
  private mutating func renumber(_ rules: SemanticRules) throws(LayerError) {
    let isModel = entries.map { $0.instance.layer is any ModelLayer }
    let isFunctional = entries.map { $0.instance.layer is Functional }
    if rules.kerasMajor < 3 {
      var least = [Int](repeating: Int.max, count: entries.count)
      let all = entries.flatMap { $0.calls.flatMap(\.tensors) } + inputs.tensors + outputs.tensors
      for reference in all { least[reference.entry] = min(least[reference.entry], reference.node) }
      let shift = { (reference: TensorReference) throws(LayerError) -> TensorReference in
        var reference = reference
        if isModel[reference.entry], least[reference.entry] > 0 { reference.node -= 1 }
        return reference
      }
      for index in entries.indices {
        var calls: [CallArguments<TensorReference>] = []
        for call in entries[index].calls { calls.append(try call.map(shift)) }
        entries[index].calls = calls
      }
      inputs = try inputs.map(shift)
      outputs = try outputs.map(shift)
    } else {
      let shift = { (reference: TensorReference) throws(LayerError) -> TensorReference in
        var reference = reference
        if isFunctional[reference.entry], reference.node > 0 { reference.node -= 1 }
        return reference
      }
      inputs = try inputs.map(shift)
      outputs = try outputs.map(shift)
    }
  }

  private func check() throws(LayerError) {
    guard !outputs.tensors.isEmpty else { throw LayerError(.wiring, "the model has no outputs") }
    let all = entries.flatMap { $0.calls.flatMap(\.tensors) } + inputs.tensors + outputs.tensors
    for reference in all {
      let entry = entries[reference.entry]
      guard reference.node >= 0, reference.node < entry.nodeCount, reference.tensor >= 0 else {
        throw LayerError(
          .wiring,
          "a connection names call \(reference.node) of layer \"\(entry.instance.name)\", which has \(entry.nodeCount)"
        )
      }
    }
  }
}

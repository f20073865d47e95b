public import HornbillCore

/// A model made of layers that are wired by their calls.
///
/// - Source: Keras 3, `keras/src/models/functional.py`; the file's forms are those of Keras 1, 2 and 3.
public struct Functional: ModelLayer {
  public static let className = "Functional"
  public static let aliases = ["Model"]

  /// The layers and operations in stored order, inputs included.
  public let entries: [NetworkEntry]
  /// The inputs, in the structure that the author gave.
  public let inputs: Argument<TensorReference>
  /// The outputs, in the structure that the author gave.
  public let outputs: Argument<TensorReference>
  /// The calls in the order in which they run, and how deep each lies.
  package let order: NetworkOrder

  package init(
    entries: [NetworkEntry], inputs: Argument<TensorReference>, outputs: Argument<TensorReference>
  ) throws(LayerError) {
    self.entries = entries
    self.inputs = inputs
    self.outputs = outputs
    order = try NetworkOrder(entries: entries, inputs: inputs.tensors, outputs: outputs.tensors)
  }

  public init(config: LayerConfig) throws(LayerError) {
    let decoded = try NetworkDecoder(config: config)
    try self.init(entries: decoded.entries, inputs: decoded.inputs, outputs: decoded.outputs)
  }

  public var layers: [LayerInstance] { entries.filter { !$0.isOperation }.map(\.instance) }

  public var sublayers: [Sublayer] {
    layers.map { Sublayer("layers", $0, isListElement: true) }
  }

  public var inputSpecs: [TensorSpec]? {
    inputs.tensors.map { reference in
      (entries[reference.entry].instance.layer as? InputLayer)?.spec ?? reference.stored
        ?? .unknown
    }
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let own = inputSpecs ?? []
    if let model = build.current, build.callOutputs[model.id] == nil {
      let specs = try propagate(own, in: &build)
      build.record(specs, of: model)
      if own == call.inputs { return try results(specs) }
    }
    guard call.inputs.count == own.count else {
      throw LayerError(
        .wiring, "the model has \(own.count) inputs, the call gives \(call.inputs.count)")
    }
    return try results(propagate(call.inputs, in: &build))
  }

  private func results(_ specs: [[[TensorSpec]]]) throws(LayerError) -> [TensorSpec] {
    var results: [TensorSpec] = []
    for reference in outputs.tensors { results.append(try spec(of: reference, in: specs)) }
    return results
  }

  private func spec(
    of reference: TensorReference, in specs: [[[TensorSpec]]]
  ) throws(LayerError) -> TensorSpec {
    let calls = specs[reference.entry]
    if reference.node < calls.count, !calls[reference.node].isEmpty {
      let outputs = calls[reference.node]
      if reference.tensor < outputs.count {
        if outputs[reference.tensor].shape != nil { return outputs[reference.tensor] }
      } else if entries[reference.entry].instance.source == nil {
        throw LayerError(
          .wiring,
          "output \(reference.tensor) of layer \"\(entries[reference.entry].instance.name)\" does not exist, its call gives \(outputs.count)"
        )
      }
    }
    return reference.stored ?? .unknown
  }

  private func propagate(
    _ inputSpecs: [TensorSpec], in build: inout LayerBuild
  ) throws(LayerError) -> [[[TensorSpec]]] {
    var specs = entries.map { [[TensorSpec]](repeating: [], count: $0.nodeCount) }
    for (reference, spec) in zip(inputs.tensors, inputSpecs) {
      let stated = (entries[reference.entry].instance.layer as? InputLayer)?.dtype
      specs[reference.entry][reference.node] = [TensorSpec(spec.shape, stated ?? spec.dtype)]
    }
    for node in order.nodes where specs[node.entry][node.node].isEmpty {
      let entry = entries[node.entry]
      if entry.isInput {
        specs[node.entry][node.node] = try build.build(entry.instance, BuildCall([]))
        continue
      }
      let arguments = try entry.calls[node.node].map {
        (reference: TensorReference) throws(LayerError) -> TensorSpec in
        try spec(of: reference, in: specs)
      }
      let isUnknown = arguments.tensors.contains { $0.shape == nil }
      if isUnknown && !(entry.instance.layer is OpaqueLayer) {
        specs[node.entry][node.node] = [.unknown]
      } else {
        specs[node.entry][node.node] = try build.build(entry.instance, BuildCall(arguments))
      }
    }
    return specs
  }

  public func lowerFlows(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Flow] {
    let references = inputs.tensors
    guard references.count == call.inputs.count else {
      throw LayerError(
        .wiring,
        "the model has \(references.count) inputs, the call gives \(call.inputs.count)")
    }
    var flows = entries.map { [[Flow]](repeating: [], count: $0.nodeCount) }
    for (index, reference) in references.enumerated() {
      let instance = entries[reference.entry].instance
      var value = call.inputs[index]
      if let input = instance.layer as? InputLayer {
        do {
          value = try lowering.graph.adjusted(value, to: input.spec)
        } catch {
          throw error.at(instance.name)
        }
      }
      flows[reference.entry][reference.node] = [Flow(value, mask: call.attachedMasks[index])]
    }
    for node in order.nodes where flows[node.entry][node.node].isEmpty {
      let entry = entries[node.entry]
      guard !entry.isInput else {
        throw LayerError(
          .wiring, "input \"\(entry.instance.name)\" is not among the model's inputs")
      }
      let arguments = try entry.calls[node.node].map {
        (reference: TensorReference) throws(LayerError) -> Flow in
        lowering.remembered(try flow(of: reference, in: flows))
      }
      flows[node.entry][node.node] = try lowering.call(entry.instance, arguments)
    }
    var results: [Flow] = []
    for reference in outputs.tensors {
      let flow = try flow(of: reference, in: flows)
      try lowering.graph.requireReal(flow.value)
      results.append(lowering.remembered(flow))
    }
    return results
  }

  private func flow(
    of reference: TensorReference, in flows: [[[Flow]]]
  ) throws(LayerError) -> Flow {
    let calls = flows[reference.entry]
    guard reference.node < calls.count, reference.tensor < calls[reference.node].count else {
      throw LayerError(
        .wiring,
        "output \(reference.tensor) of call \(reference.node) of layer \"\(entries[reference.entry].instance.name)\" does not exist"
      )
    }
    return calls[reference.node][reference.tensor]
  }
}

import HornbillCore

/// A layer that Keras 3 does not have, as layers and operations that compute the same.
///
/// The layers are made at the first call; later calls share them.
struct GraphReplacement {
  private let instance: LayerInstance
  private let kind: any ReplacedLayer
  private var entries: [Int]?

  /// The replacement of a layer; `nil` for one that needs none.
  init?(of instance: LayerInstance) {
    guard let kind = instance.layer as? any ReplacedLayer else { return nil }
    self.instance = instance
    self.kind = kind
  }

  /// Writes a call of the layer.
  mutating func call(
    _ arguments: CallArguments<DraftTensor>, outputs: [TensorSpec], at path: [String],
    in graph: inout GraphDraft, _ upgrade: inout ModelUpgrade
  ) throws(LayerError) -> [DraftTensor] {
    let inputs = arguments.positional.first?.tensors ?? []
    guard let input = inputs.first, let output = outputs.first else {
      throw LayerError(.wiring, "the call has no tensor")
    }
    let context = ReplacementContext(instance: instance, path: path)
    if entries == nil {
      entries = try kind.addLayers(context, input: input.spec, to: &graph, &upgrade)
      upgrade.note(instance, "written as layers and operations of Keras 3")
    }
    var result = try kind.write(
      inputs, entries ?? [], context, in: &graph, variable: upgrade.variable)
    result.spec = output
    return [result]
  }
}

/// What a replacement knows of the layer that it stands for.
struct ReplacementContext {
  let instance: LayerInstance
  /// The names that lead to the model in which the layer stands.
  let path: [String]
}

/// A layer that is written as other layers and operations of Keras 3.
protocol ReplacedLayer: Layer {
  /// Adds the layers and says where their variables come from.
  ///
  /// - Returns: the positions of the layers.
  func addLayers(
    _ context: ReplacementContext, input: TensorSpec, to graph: inout GraphDraft,
    _ upgrade: inout ModelUpgrade
  ) throws(LayerError) -> [Int]

  /// Writes one call.
  func write(
    _ inputs: [DraftTensor], _ layers: [Int], _ context: ReplacementContext,
    in graph: inout GraphDraft, variable: (LayerInstance, Int) throws(LayerError) -> Tensor
  ) throws(LayerError) -> DraftTensor
}

extension GraphDraft {
  /// Adds a layer that stands for a part of an old one, with its variables.
  mutating func addPart(
    _ className: String, suffix: String, _ context: ReplacementContext, _ fields: [(String, JSON)],
    _ arrays: [DerivedArray], _ upgrade: inout ModelUpgrade
  ) -> Int {
    let name = unused(context.instance.name + suffix)
    let entry = addLayer(
      className, named: name, dtype: context.instance.policy.json,
      trainable: context.instance.trainable, fields)
    if !arrays.isEmpty { upgrade.place(context.path + [name], .arrays(arrays)) }
    return entry
  }

  /// Applies an activation by a layer.
  mutating func activate(
    _ x: DraftTensor, _ activation: ActivationFunction, _ context: ReplacementContext
  ) throws(LayerError) -> DraftTensor {
    guard !activation.isLinear else { return x }
    var encoder = ConfigEncoder()
    encoder.set("activation", activation)
    if let obstacle = encoder.obstacles.first {
      throw LayerError(.unsupported, "\(obstacle.field): \(obstacle.reason)")
    }
    let name = unused(context.instance.name + "_activation")
    let entry = addLayer(
      Activate.className, named: name, dtype: context.instance.policy.json,
      encoder.fields.pairs.map { ($0.key, $0.value) })
    return callLayer(entry, x, shape: x.spec.shape)
  }
}

import HornbillCore

/// Follows the masks through the layers of a `Sequential`, each of which is called with what the one before gave.
struct MaskChain {
  private var masks: MaskFlow
  private var graph = GraphDraft(layerNames: [])
  private var tensors: [DraftTensor] = []
  private let isDowngrade: Bool

  init(_ inputs: [TensorSpec], rules: SemanticRules, isDowngrade: Bool) {
    masks = MaskFlow(rules: rules)
    self.isDowngrade = isDowngrade
    for spec in inputs {
      let input = InputLayer(batchShape: spec.shape ?? Shape([]), dtype: spec.dtype)
      var tensor = graph.addInput(JSONObject(), LayerInstance(input, name: ""), named: "")
      tensor.spec = spec
      tensors.append(tensor)
    }
    masks.remember(tensors)
  }

  /// Calls the next layer.
  ///
  /// - Throws: ``LayerError`` with the code `unsupported` when the two Kerases hand it different masks.
  mutating func pass(
    _ layer: LayerInstance, outputs: [TensorSpec]
  ) throws(LayerError) {
    let arguments = CallArguments([
      tensors.count == 1
        ? .tensor(tensors[0]) : .list(tensors.map { Argument<DraftTensor>.tensor($0) })
    ])
    if isDowngrade {
      try masks.requireSame(arguments, of: layer)
      try ChannelBias.requireSums(arguments, of: layer)
    } else {
      let (given, _) = try masks.prepare(arguments, of: layer, in: &graph)
      guard given.keywords.isEmpty else {
        throw LayerError(.unsupported, "Keras 3 would find another mask for this layer")
      }
    }
    let results = graph.call(graph.add(JSONObject(), name: ""), arguments, outputs: outputs)
    tensors = masks.attach(to: results, of: layer, arguments, in: &graph)
  }
}

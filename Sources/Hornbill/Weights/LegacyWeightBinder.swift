import HornbillCore
import HornbillFormats
import HornbillLayers

/// Pairs the groups of a legacy `.h5` file with the layers of its model; see ``LayerPairing``.
struct LegacyWeightBinder {
  let walk: VariableWalk
  let build: LayerBuild
  let archive: ModelArchive

  func bind(
    root: LayerInstance, groups: [LegacyLayerWeights]
  ) throws(LayerError) -> WeightBindings {
    var bindings = WeightBindings()
    let layers = (root.layer as? any ModelLayer)?.layers ?? []
    let adapted = Set(layers.filter { $0.layer is any AdaptedLayer }.map(\.name))
    let filled = groups.filter {
      !$0.weights.isEmpty && !$0.isTopLevel && !adapted.contains($0.name)
    }
    let isOpaque = !(root.layer is any ModelLayer)
    if isOpaque {
      bindings.setOpaque(filled.flatMap(\.weights), for: root)
      return bindings
    }
    guard build.isBuilt(root) else { return bindings }
    let names = Set(filled.map(\.name))
    let taking = layers.filter { layer in
      build.hasUnknownWeights(layer)
        ? names.contains(layer.name) : !walk.legacyOrder(layer).isEmpty
    }
    if taking.isEmpty && filled.isEmpty { return bindings }
    guard !filled.isEmpty else {
      throw LayerError(
        .weights, "the file holds no weights for the \(taking.count) layers that need them")
    }
    let pairing = LayerPairing(filled.map { (name: $0.name, counterpart: $0) })
    guard let placed = pairing.placed(taking.map(\.name)) else {
      throw countError(taking, filled)
    }
    for (layer, group) in zip(taking, placed) {
      do {
        try bind(layer, group.weights, &bindings)
      } catch {
        throw error.path.first == layer.name ? error : error.at(layer.name)
      }
    }
    return bindings
  }

  private func countError(
    _ layers: [LayerInstance], _ groups: [LegacyLayerWeights]
  ) -> LayerError {
    let missing = Set(layers.map(\.name)).subtracting(groups.map(\.name)).sorted()
    let extra = Set(groups.map(\.name)).subtracting(layers.map(\.name)).sorted()
    var detail =
      "the model has \(layers.count) layers with weights, the file has \(groups.count)"
    if let name = missing.first { detail += "; missing: \(name)" }
    if let name = extra.first { detail += "; left over: \(name)" }
    return LayerError(.weights, detail)
  }

  /// Pairs the arrays of a group with the variables of a layer.
  ///
  /// - Throws: ``LayerError`` with the code `weights` when they do not fit.
  func bind(
    _ layer: LayerInstance, _ listed: [StoredWeight], _ bindings: inout WeightBindings
  ) throws(LayerError) {
    if build.hasUnknownWeights(layer) {
      bindings.setOpaque(listed, for: layer)
      return
    }
    let variables = walk.legacyOrder(layer)
    let stored = ordered(listed, as: variables)
    let fits =
      variables.count == stored.count
      && zip(variables, stored).allSatisfy { $0.spec.shape == $1.shape }
    let file = WeightConversion.File(
      kerasVersion: archive.weightsKerasVersion, backend: archive.backend,
      namesEndWithColonZero: stored.contains { $0.name.hasSuffix(":0") })
    if fits && !file.needsConversion {
      for (variable, weight) in zip(variables, stored) {
        bindings.set(.stored(weight), for: variable)
      }
      return
    }
    let group = WeightGroup(variables: variables, stored: stored) {
      (arrays) throws(LayerError) in
      try WeightConversion.converted(arrays, of: layer, walk: walk, file: file)
    }
    if variables.count != stored.count || !fits {
      let converted = try group.tensors()
      for (variable, tensor) in zip(variables, converted) {
        bindings.set(.tensor(tensor), for: variable)
      }
      return
    }
    for (index, variable) in variables.enumerated() {
      bindings.set(.converted(group, index: index), for: variable)
    }
  }

  /// The arrays in the order of the variables, where the names alone tell which is which.
  ///
  /// Keras lists the variables of a quantized layer in another order when the layer was read from a file than when it was quantized.
  private func ordered(
    _ stored: [StoredWeight], as variables: [ModelVariable]
  ) -> [StoredWeight] {
    let isQuantized = variables.contains { $0.owner.policy.quantization != nil }
    guard isQuantized, stored.count == variables.count else { return stored }
    var result: [StoredWeight] = []
    for variable in variables {
      let name = "\(variable.owner.name)/\(variable.spec.name)"
      let matches = stored.filter { $0.name == name || $0.name.hasSuffix("/" + name) }
      guard matches.count == 1, matches[0].shape == variable.spec.shape else { return stored }
      result.append(matches[0])
    }
    return result
  }
}

import HornbillCore
import HornbillFormats
import HornbillLayers

/// Pairs the groups of a legacy `.h5` file with the layers of its model.
///
/// Keras pairs the layers that have weights with the groups that have arrays, in order. Here the names decide where they all
/// agree, and the order where they do not, as for weights under another architecture.
///
/// Source: Keras 2.15, `keras/saving/legacy/hdf5_format.py`, `load_weights_from_hdf5_group`.
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
    let byName = Dictionary(filled.map { ($0.name, $0) }) { first, _ in first }
    let isOpaque = !(root.layer is any ModelLayer)
    if isOpaque {
      bindings.setOpaque(filled.flatMap(\.weights), for: root)
      return bindings
    }
    guard build.isBuilt(root) else { return bindings }
    let taking = layers.filter { layer in
      hasUnknownWeights(layer) ? byName[layer.name] != nil : !walk.legacyOrder(layer).isEmpty
    }
    let namesAgree =
      Set(taking.map(\.name)).count == taking.count && taking.allSatisfy { byName[$0.name] != nil }
    if taking.isEmpty && filled.isEmpty { return bindings }
    guard !filled.isEmpty else {
      throw LayerError(
        .weights, "the file holds no weights for the \(taking.count) layers that need them")
    }
    guard taking.count == filled.count else {
      throw countError(taking, filled)
    }
    for (position, layer) in taking.enumerated() {
      let group = namesAgree ? byName[layer.name] ?? filled[position] : filled[position]
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

  /// Whether the variables of a layer are not known: it is opaque, holds one that is, or was not built.
  func hasUnknownWeights(_ layer: LayerInstance) -> Bool {
    layer.layer is OpaqueLayer || !build.isBuilt(layer)
      || layer.layer.sublayers.contains { hasUnknownWeights($0.instance) }
  }

  /// Pairs the arrays of a group with the variables of a layer.
  ///
  /// - Throws: ``LayerError`` with the code `weights` when they do not fit.
  func bind(
    _ layer: LayerInstance, _ listed: [StoredWeight], _ bindings: inout WeightBindings
  ) throws(LayerError) {
    if hasUnknownWeights(layer) {
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

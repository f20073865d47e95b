import HornbillCore
import HornbillFormats
import HornbillLayers

extension ModelEditor {
  mutating func setTrainable(_ pattern: String, _ flag: Bool) throws(EditError) {
    guard let old = draft.architecture, let layers else {
      throw EditError(
        .unsupported, "\(archive.path) holds no architecture, where the flags of layers stand")
    }
    let chosen = chosenLayers(pattern, among: layers)
    guard !chosen.isEmpty else {
      throw noMatch(
        "no layer that '\(pattern)' stands for", pattern, among: layers.all.map(\.path))
    }
    var places: Set<[JSONStep]> = []
    var changed: [ArchitectureLayers.Layer] = []
    var architecture = old
    for layer in chosen {
      // As in Keras, the flag of a layer is handed on to the layers inside it.
      for target in [layer] + layers.layers(inside: layer)
      where places.insert(target.location).inserted {
        let place = target.location + [.key("config"), .key("trainable")]
        guard let own = architecture[place]?.bool, own != flag else { continue }
        architecture.update(at: place) { $0 = .bool(flag) }
        changed.append(target)
      }
    }
    let hasFlags = places.contains { old[$0 + [.key("config"), .key("trainable")]]?.bool != nil }
    guard hasFlags else {
      throw EditError(
        .noMatch,
        "none of the \(places.count) layers has a flag, because none has weights of its own")
    }
    try reorder(from: old, to: architecture, changed: changed, among: layers)
    draft.architecture = architecture
    for layer in changed {
      step.changes.insert(
        .init(
          .trainable, layer.standing == .root ? "model" : "layer", layer.path, "\(flag)"),
        at: step.changes.count { $0.action == .trainable })
    }
    if changed.isEmpty { step.notes.append("the flags are \(flag) already") }
    if flag { noteFrozenOwners(of: changed, in: architecture, layers) }
    if !changed.isEmpty, !draft.optimizerWeights.isEmpty {
      step.notes.append(
        "the state of the optimizer is that of the weights that were trained; consider --strip optimizer"
      )
    }
  }

  private func chosenLayers(
    _ pattern: String, among layers: ArchitectureLayers
  ) -> [ArchitectureLayers.Layer] {
    let exact = layers.layers(named: pattern)
    if !exact.isEmpty { return exact }
    let glob = GlobPattern(pattern)
    return layers.all.filter { glob.matches($0.path) }
  }

  /// Says where a layer stays frozen because one around it is.
  private mutating func noteFrozenOwners(
    of changed: [ArchitectureLayers.Layer], in architecture: JSON, _ layers: ArchitectureLayers
  ) {
    for layer in changed {
      let frozen = layers.all.first { owner in
        owner.location.count < layer.location.count
          && layer.location.starts(with: owner.location)
          && architecture[owner.location + [.key("config"), .key("trainable")]] == .bool(false)
      }
      if let frozen {
        step.notes.append("layer \(layer.path) is not trained, because \(frozen.path) is not")
      }
    }
  }

  /// Brings the arrays of a legacy file into the order that they have with other flags: what is trained comes first.
  private mutating func reorder(
    from old: JSON, to new: JSON, changed: [ArchitectureLayers.Layer],
    among layers: ArchitectureLayers
  ) throws(EditError) {
    guard case .legacy = draft.weights else { return }
    try checkOrder(of: changed, in: old)
    // A layer without others inside lists its variables by what they are, whatever its flag.
    let isSimple = changed.allSatisfy {
      $0.standing == .root || $0.names.count == 1 && layers.layers(inside: $0).isEmpty
    }
    guard case .legacy(var groups) = draft.weights, !isSimple else { return }
    let affected = Set(changed.compactMap { $0.names.first })
    let (before, after) = (try model(of: old), try model(of: new))
    for (one, two) in zip(before.layers, after.layers) where affected.contains(one.name) {
      guard let index = groups.firstIndex(where: { $0.name == one.name && !$0.isTopLevel }),
        groups[index].weights.count > 1
      else { continue }
      guard !before.build.hasUnknownWeights(one) else {
        throw EditError(
          .unsupported,
          "the weights of '\(one.name)' stand in an order that depends on a layer that Hornbill does not know"
        )
      }
      let order = permutation(before.walk, one, after.walk, two)
      if order == Array(order.indices) { continue }
      guard order.count == groups[index].weights.count else {
        throw EditError(
          .unsupported,
          "'\(one.name)' has \(groups[index].weights.count) arrays of an old Keras for \(order.count) weights, whose order cannot be changed; convert the file first"
        )
      }
      groups[index].weights = order.map { groups[index].weights[$0] }
      step.changes.append(.init(.reordered, "layer", one.name))
    }
    draft.weights = .legacy(groups)
  }

  /// Refuses layers whose variables Keras lists in an order of their own once they are frozen.
  ///
  /// Source: Keras 3, `keras/src/layers/layer.py`, `weights`: the kernel of a layer with low-rank adaptation, and the one that
  /// SpectralNormalization borrows, come first there, though they are not trained.
  private func checkOrder(
    of changed: [ArchitectureLayers.Layer], in architecture: JSON
  ) throws(EditError) {
    for layer in changed {
      let rank = architecture[layer.location + [.key("config"), .key("lora_rank")]] ?? .null
      guard layer.className == "SpectralNormalization" || !rank.isNull else { continue }
      throw EditError(
        .unsupported,
        "an .h5 file lists the weights of '\(layer.path)' (\(layer.className)) in an order that depends on the flag in a way of its own; convert the file to .keras first"
      )
    }
  }

  /// For each place in the new order the place in the old one.
  private func permutation(
    _ oldWalk: VariableWalk, _ old: LayerInstance, _ newWalk: VariableWalk, _ new: LayerInstance
  ) -> [Int] {
    let oldIDs = oldWalk.legacyOrder(old).map(\.id)
    let places = Dictionary(
      zip(oldWalk.variables(old).map(\.id), newWalk.variables(new).map(\.id)).map { ($1, $0) }
    ) { first, _ in first }
    return newWalk.legacyOrder(new).compactMap { variable in
      places[variable.id].flatMap { oldIDs.firstIndex(of: $0) }
    }
  }

  /// The model of an architecture, without weights.
  func model(of architecture: JSON) throws(EditError) -> Model {
    do throws(ModelError) {
      return try Model(archive: archive.holding(architecture))
    } catch {
      throw EditError(.unsupported, "the model cannot be understood: \(error.description)")
    }
  }
}

import HornbillCore
import HornbillFormats
import HornbillLayers

extension WeightLoader {
  /// Pairs a layer with one of a model whose own configuration says what its arrays are.
  ///
  /// The variables of both are compared in the order of their creation, which does not depend on what is trainable, unlike the order
  /// in which a legacy file lists them.
  mutating func pair(
    _ layer: LayerInstance, with other: LayerInstance
  ) throws(ModelError) {
    guard case .model(let owner, _) = source else { return }
    if model.build.hasUnknownWeights(layer) || owner.build.hasUnknownWeights(other) {
      try pair(parts: layer, with: other, of: owner)
      return
    }
    try pair(model.walk.variables(layer), with: owner.walk.variables(other), of: owner)
  }

  private mutating func pair(
    _ own: [ModelVariable], with others: [ModelVariable], of owner: Model
  ) throws(ModelError) {
    guard own.count == others.count else {
      skipped(own, count(own.count, others.count))
      return
    }
    for (variable, other) in zip(own, others) {
      let name = sourcePaths?.path(of: other) ?? other.spec.name
      guard let numbers = owner.bindings.sources[other.id] else {
        missing(variable)
        continue
      }
      if variable.spec.shape == other.spec.shape {
        try matched(variable, numbers, from: name)
      } else {
        misshapen(variable, other.spec.shape, from: name)
      }
    }
  }

  /// Pairs a layer that holds an unknown one with another, part by part as far as the parts are known.
  private mutating func pair(
    parts layer: LayerInstance, with other: LayerInstance, of owner: Model
  ) throws(ModelError) {
    let inner = (layer.layer.sublayers, other.layer.sublayers)
    let isWhole = model.bindings.opaque[layer.id] != nil || owner.bindings.opaque[other.id] != nil
    guard !isWhole, !inner.0.isEmpty, inner.0.count == inner.1.count else {
      pair(opaque: layer, with: owner.bindings.opaque[other.id] ?? [])
      return
    }
    let own = model.walk.own(layer, isTrainable: true)
    try pair(own, with: owner.walk.own(other, isTrainable: true), of: owner)
    for (one, two) in zip(inner.0, inner.1) { try pair(one.instance, with: two.instance) }
  }

  private func count(_ own: Int, _ other: Int) -> String {
    "the layer has \(own) weights, that of the file \(other)"
  }

  /// Pairs a layer with a group of arrays in the order of a legacy file.
  mutating func pair(
    _ layer: LayerInstance, with group: LegacyLayerWeights
  ) throws(ModelError) {
    let names = group.weights.map(group.path(of:))
    if model.build.hasUnknownWeights(layer) {
      pair(opaque: layer, with: group.weights, named: names)
      return
    }
    let own = model.walk.legacyOrder(layer)
    let binder = LegacyWeightBinder(walk: model.walk, build: model.build, archive: source.archive)
    var bindings = WeightBindings()
    do throws(LayerError) {
      try binder.bind(layer, group.weights, &bindings)
    } catch {
      return try pair(own, withMisfits: group, reason: error.description)
    }
    for (index, variable) in own.enumerated() {
      guard let numbers = bindings.sources[variable.id] else { continue }
      let isOneToOne = names.count == own.count
      try matched(variable, numbers, from: isOneToOne ? names[index] : group.name)
    }
    used.formUnion(names)
  }

  /// Pairs variables with arrays that do not all fit, one by one.
  private mutating func pair(
    _ own: [ModelVariable], withMisfits group: LegacyLayerWeights, reason: String
  ) throws(ModelError) {
    let names = group.weights.map(group.path(of:))
    let file = WeightConversion.File(
      kerasVersion: source.archive.weightsKerasVersion, backend: source.archive.backend,
      namesEndWithColonZero: group.weights.contains { $0.name.hasSuffix(":0") })
    guard own.count == group.weights.count else {
      skipped(own, count(own.count, group.weights.count))
      return
    }
    guard !file.needsConversion else {
      skipped(own, reason)
      return
    }
    for ((variable, weight), name) in zip(zip(own, group.weights), names) {
      if variable.spec.shape == weight.shape {
        try matched(variable, .stored(weight), from: name)
      } else {
        misshapen(variable, weight.shape, from: name)
      }
    }
  }

  /// Pairs a layer and those inside it with the objects at a path and below.
  mutating func pair(
    _ layer: LayerInstance, withObjectAt path: String
  ) throws(ModelError) {
    guard case .objects(let objects, _) = source else { return }
    var seen: Set<ObjectIdentifier> = []
    try pair(layer, at: path, objects, &seen)
  }

  private mutating func pair(
    _ instance: LayerInstance, at path: String, _ objects: ObjectPathWeights,
    _ seen: inout Set<ObjectIdentifier>
  ) throws(ModelError) {
    guard seen.insert(instance.id).inserted else { return }
    if instance.layer is OpaqueLayer || !model.build.isBuilt(instance) {
      pair(opaque: instance, with: objects.arrays(at: path))
      return
    }
    try pair(own: instance, at: path, objects)
    let inner = ObjectPaths.sublayers(of: instance, at: path) { objects[$0] != nil }
    for (sublayer, place) in inner { try pair(sublayer, at: place, objects, &seen) }
  }

  /// Pairs the variables of the layer itself, not those of the layers inside it.
  private mutating func pair(
    own instance: LayerInstance, at path: String, _ objects: ObjectPathWeights
  ) throws(ModelError) {
    let all = model.walk.own(instance, isTrainable: true)
    let constants = model.walk.constants(instance)
    let group = objects[path]
    let arrays = group?.variables ?? []
    for variable in constants {
      guard let key = instance.layer.storageKey(variable.index, variable.spec),
        let weight = group?[key], weight.shape == variable.spec.shape
      else { continue }
      loaded[variable.id] = .stored(weight)
      used.insert(weight.name)
    }
    guard !all.isEmpty else { return }
    let keys = all.enumerated().map { instance.layer.storageKey($0.offset, $0.element.spec) }
    let expected = keys.count { $0 != nil }
    let held = arrays.count { array in
      !constants.contains { instance.layer.storageKey($0.index, $0.spec) == array.key }
    }
    guard held == 0 || held == expected else {
      skipped(all, count(expected, held))
      return
    }
    for (variable, key) in zip(all, keys) {
      guard let key else {
        guard takes(variable) else { continue }
        let type = ValueType(shape: variable.spec.shape, dtype: variable.spec.dtype)
        loaded[variable.id] = .tensor(Tensor(zeros: type))
        continue
      }
      guard let weight = group?[key] else {
        missing(variable)
        continue
      }
      if weight.shape == variable.spec.shape {
        try matched(variable, .stored(weight), from: weight.name)
      } else {
        misshapen(variable, weight.shape, from: weight.name)
      }
    }
  }

  /// Pairs the variables of the model itself.
  mutating func pairOwnVariables() throws(ModelError) {
    let own = model.walk.own(model.root, isTrainable: true)
    guard !own.isEmpty else { return }
    switch source {
    case .model(let other, _):
      try pair(own, with: other.walk.own(other.root, isTrainable: true), of: other)
    case .layers(let groups, _):
      guard let group = groups.first(where: \.isTopLevel) else {
        for variable in own { missing(variable) }
        return
      }
      try pair(own, withMisfits: group, reason: "they are of another Keras")
    case .objects(let objects, _):
      try pair(own: model.root, at: "", objects)
    }
  }
}

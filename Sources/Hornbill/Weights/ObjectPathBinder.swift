import HornbillCore
import HornbillFormats
import HornbillLayers

/// Pairs the groups of a `.weights.h5` file, which are named by the objects' places in the model, with the layers.
///
/// Source: Keras 3, `keras/src/saving/saving_lib.py`, `_save_state`, `_save_container_state`.
struct ObjectPathBinder {
  let walk: VariableWalk
  let build: LayerBuild
  /// Layers that are also in an earlier model, where the file may have their weights instead.
  let shared: Set<ObjectIdentifier>

  func bind(
    root: LayerInstance, groups: ObjectPathWeights
  ) throws(LayerError) -> WeightBindings {
    var bindings = WeightBindings()
    guard root.layer is any ModelLayer else {
      bindings.setOpaque(groups.groups.flatMap { $0.variables.map(\.weight) }, for: root)
      return bindings
    }
    guard build.isBuilt(root) else { return bindings }
    var seen: Set<ObjectIdentifier> = []
    try bind(root, path: "", groups, &seen, &bindings)
    return bindings
  }

  private func bind(
    _ instance: LayerInstance, path: String, _ groups: ObjectPathWeights,
    _ seen: inout Set<ObjectIdentifier>, _ bindings: inout WeightBindings
  ) throws(LayerError) {
    guard seen.insert(instance.id).inserted else { return }
    bindings.setObjectPath(path, of: instance)
    do {
      if instance.layer is OpaqueLayer || !build.isBuilt(instance) {
        bindings.setOpaque(groups.arrays(at: path), for: instance)
        return
      }
      let own = walk.own(instance, isTrainable: true)
      let constants = walk.constants(instance)
      let isElsewhere = shared.contains(instance.id) && groups[path]?.variables.isEmpty ?? true
      if !own.isEmpty && !isElsewhere {
        try bind(own, beside: constants.count, at: path, groups, &bindings)
      }
      try bind(constants: constants, at: path, groups, &bindings)
    } catch {
      throw error.at(instance.name)
    }
    let sublayers = ObjectPaths.sublayers(of: instance, at: path) { groups[$0] != nil }
    for (sublayer, inner) in sublayers {
      do {
        try bind(sublayer, path: inner, groups, &seen, &bindings)
      } catch {
        throw path.isEmpty || error.path.first == instance.name ? error : error.at(instance.name)
      }
    }
  }

  /// Pairs arrays that are no weights to Keras; one that the file does not hold is missed only when the model runs.
  private func bind(
    constants: [ModelVariable], at path: String, _ groups: ObjectPathWeights,
    _ bindings: inout WeightBindings
  ) throws(LayerError) {
    for variable in constants {
      guard let key = variable.owner.layer.storageKey(variable.index, variable.spec),
        let stored = groups[path]?[key]
      else { continue }
      guard stored.shape == variable.spec.shape else {
        throw LayerError(
          .weights,
          "\"\(path)/vars/\(key)\": expected shape \(Shape(variable.spec.shape)), found \(Shape(stored.shape))"
        )
      }
      bindings.set(.stored(stored), for: variable)
    }
  }

  private func bind(
    _ variables: [ModelVariable], beside constantCount: Int, at path: String,
    _ groups: ObjectPathWeights, _ bindings: inout WeightBindings
  ) throws(LayerError) {
    guard let group = groups[path] else {
      throw LayerError(
        .weights, "the file holds no weights at \"\(path)/vars\", \(variables.count) are needed")
    }
    for (position, variable) in variables.enumerated() {
      guard let key = variable.owner.layer.storageKey(position, variable.spec) else {
        let type = ValueType(shape: variable.spec.shape, dtype: variable.spec.dtype)
        bindings.set(.tensor(Tensor(zeros: type)), for: variable)
        continue
      }
      guard let stored = group[key] else {
        throw LayerError(
          .weights,
          "weight \"\(variable.spec.name)\" is missing: there is no \"\(path)/vars/\(key)\"")
      }
      guard stored.shape == variable.spec.shape else {
        throw LayerError(
          .weights,
          "weight \"\(variable.spec.name)\" at \"\(path)/vars/\(key)\": expected shape \(Shape(variable.spec.shape)), found \(Shape(stored.shape))"
        )
      }
      bindings.set(.stored(stored), for: variable)
    }
    if group.variables.count > variables.count + constantCount, let extra = group.variables.last {
      throw LayerError(
        .weights,
        "\"\(path)/vars\" holds \(group.variables.count) arrays, \(variables.count) are expected; left over: \"\(extra.key)\""
      )
    }
  }
}

extension ObjectPathWeights {
  /// The arrays of the object at a path and of those below it, but not the states of random generators.
  func arrays(at path: String) -> [StoredWeight] {
    let own = groups.filter {
      ($0.objectPath == path || $0.objectPath.hasPrefix(path + "/"))
        && !$0.objectPath.hasSuffix("seed_generator")
    }
    return own.flatMap { $0.variables.map(\.weight) }
  }
}

import HornbillCore
import HornbillLayers

/// One variable of a model.
package struct ModelVariable: Sendable {
  /// The layer that owns the variable.
  package let owner: LayerInstance
  /// The position among the owner's own variables.
  package let index: Int
  /// Name, shape and type.
  package let spec: WeightSpec
  /// Whether training changes the variable: it, its layer, and all layers around that are trainable.
  package let isTrainable: Bool

  /// The variable's identity.
  package var id: WeightID { WeightID(layer: owner.id, index: index) }
}

/// Walks the variables of layers in the orders that Keras's `weights`, `trainable_weights` and `non_trainable_weights` have.
///
/// Sources: Keras 3, `keras/src/layers/layer.py` (`variables`, `trainable_variables`); Keras 2.15, `keras/engine/base_layer.py` and
/// `keras/engine/training.py` (`_gather_children_attribute`, `Model.non_trainable_weights`).
package struct VariableWalk {
  let build: LayerBuild
  let rules: SemanticRules

  package init(build: LayerBuild, rules: SemanticRules) {
    self.build = build
    self.rules = rules
  }

  /// A layer's own variables, those that training changes first.
  package func own(_ instance: LayerInstance, isTrainable: Bool) -> [ModelVariable] {
    let specs = build.weights(of: instance)
    let all = specs.indices.map { index in
      ModelVariable(
        owner: instance, index: index, spec: specs[index],
        isTrainable: isTrainable && instance.trainable && specs[index].trainable)
    }.filter(\.spec.isWeight)
    return all.filter(\.spec.trainable) + all.filter { !$0.spec.trainable }
  }

  /// A layer's own arrays that Keras stores, though it does not count them as weights.
  package func constants(_ instance: LayerInstance) -> [ModelVariable] {
    let specs = build.weights(of: instance)
    return specs.indices.filter { !specs[$0].isWeight }.map { index in
      ModelVariable(owner: instance, index: index, spec: specs[index], isTrainable: false)
    }
  }

  /// All variables of a layer and its sublayers, each once, in the order of the objects.
  package func variables(
    _ instance: LayerInstance, isTrainable: Bool = true
  ) -> [ModelVariable] {
    var seen: Set<ObjectIdentifier> = []
    var result: [ModelVariable] = []
    collect(instance, isTrainable: isTrainable, &seen, &result)
    return result
  }

  private func collect(
    _ instance: LayerInstance, isTrainable: Bool, _ seen: inout Set<ObjectIdentifier>,
    _ result: inout [ModelVariable]
  ) {
    guard seen.insert(instance.id).inserted else { return }
    let inner = isTrainable && instance.trainable
    result += own(instance, isTrainable: inner)
    for sublayer in instance.layer.sublayers {
      collect(sublayer.instance, isTrainable: inner, &seen, &result)
    }
  }

  /// The order in which a legacy `.h5` file lists a layer's variables: trainable ones, then the others.
  package func legacyOrder(_ instance: LayerInstance) -> [ModelVariable] {
    let all = trainable(instance) + nonTrainable(instance)
    var seen: Set<WeightID> = []
    return all.filter { seen.insert($0.id).inserted }
  }

  /// The order in which a layer that was read from a configuration lists its variables.
  ///
  /// A layer of `float8` then has its scales before its kernel; one that was quantized later has them at the end.
  package func reloadedOrder(_ instance: LayerInstance) -> [ModelVariable] {
    let order = legacyOrder(instance)
    let owners = Set(
      order.filter { $0.spec.name == "inputs_amax_history" }.map(\.owner.id))
    guard !owners.isEmpty else { return order }
    var result: [ModelVariable] = []
    for variable in order {
      let isScale = owners.contains(variable.owner.id) && variable.isScaleOfFloat8
      let place = result.firstIndex { other in
        isScale && other.owner.id == variable.owner.id && !other.isScaleOfFloat8
      }
      result.insert(variable, at: place ?? result.count)
    }
    return result
  }

  private func trainable(_ instance: LayerInstance) -> [ModelVariable] {
    guard instance.trainable else { return [] }
    return own(instance, isTrainable: true).filter(\.spec.trainable)
      + instance.layer.sublayers.flatMap { trainable($0.instance) }
  }

  private func nonTrainable(_ instance: LayerInstance) -> [ModelVariable] {
    let own = own(instance, isTrainable: true)
    let sublayers = instance.layer.sublayers.map(\.instance)
    if instance.trainable {
      return own.filter { !$0.spec.trainable } + sublayers.flatMap(nonTrainable)
    }
    if rules.kerasMajor >= 3 { return variables(instance, isTrainable: false) }
    if instance.layer is any ModelLayer {
      return sublayers.flatMap(trainable) + own.filter(\.spec.trainable)
        + sublayers.flatMap(nonTrainable) + own.filter { !$0.spec.trainable }
    }
    return own + sublayers.flatMap { trainable($0) + nonTrainable($0) }
  }
}

extension ModelVariable {
  fileprivate var isScaleOfFloat8: Bool {
    ["inputs", "kernel", "outputs_grad"].contains { part in
      spec.name == "\(part)_scale" || spec.name == "\(part)_amax_history"
    }
  }
}

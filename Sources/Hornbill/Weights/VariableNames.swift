import HornbillCore
import HornbillLayers

/// The names that Keras gives to the variables of a model, which a legacy `.h5` file keeps.
///
/// Keras 3 names a variable by the layers within which it was made: a `Sequential` builds its layers within itself, a functional model
/// does not. Keras 2.15 names it by its own layer and the cells in it.
///
/// Sources: Keras 3.15, `keras/src/backend/common/name_scope.py` and `keras/src/layers/layer.py`, `build_wrapper`; Keras 2.15,
/// `keras/src/engine/base_layer.py`, `_name_scope`.
struct VariableNames {
  /// The manner of naming.
  enum Manner {
    /// `sequential/dense/kernel`.
    case keras3
    /// `dense/kernel:0`.
    case keras2
  }

  private let manner: Manner
  private let walk: VariableWalk
  private var names: [WeightID: String] = [:]

  init(root: LayerInstance, walk: VariableWalk, manner: Manner) {
    self.manner = manner
    self.walk = walk
    let isSequential = root.layer is Sequential
    let scope = isSequential && manner == .keras3 ? [root.name] : []
    for sublayer in root.layer.sublayers {
      visit(sublayer.instance, name: sublayer.instance.name, scope: scope)
    }
  }

  /// The name of a variable.
  subscript(variable: ModelVariable) -> String {
    names[variable.id] ?? "\(variable.owner.name)/\(variable.spec.name)"
  }

  private mutating func visit(_ instance: LayerInstance, name: String, scope: [String]) {
    let own = scope + [name]
    for index in walk.build.weights(of: instance).indices {
      let id = WeightID(layer: instance.id, index: index)
      let path = (own + [walk.build.weights(of: instance)[index].name]).joined(separator: "/")
      if names[id] == nil { names[id] = manner == .keras2 ? path + ":0" : path }
    }
    let sublayers = instance.layer.sublayers
    switch (manner, instance.layer) {
    case (.keras3, is Functional), (.keras2, is any ModelLayer):
      for inner in sublayers { visit(inner.instance, name: inner.instance.name, scope: []) }
    case (.keras2, is TimeDistributed), (.keras2, is SpectralNormalization):
      for inner in sublayers { visit(inner.instance, name: name, scope: scope) }
    default:
      for inner in sublayers {
        visit(inner.instance, name: inner.nameInScope, scope: own)
      }
    }
  }
}

extension Sublayer {
  /// The name of the layer as a part of the names of its variables.
  fileprivate var nameInScope: String {
    // A recurrent layer makes its cell itself, with the automatic name of the cell's class.
    attribute == "cell" && instance.source == nil
      ? SnakeCase.name(of: instance.pythonName) : instance.name
  }
}

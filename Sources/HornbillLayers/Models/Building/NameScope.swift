/// Keras's automatic names: a class in snake case, then with a counter.
///
/// Names count within one model, as in Python after `keras.utils.clear_session()`; Keras itself counts within a process.
///
/// Source: Keras 3, `keras/src/utils/naming.py`, `auto_name`.
struct NameScope {
  private var counts: [String: Int] = [:]
  /// The layers that have got their names, by those that they were.
  private var known: [ObjectIdentifier: (before: LayerInstance, after: LayerInstance)] = [:]

  /// The next name of a class.
  mutating func next(_ base: String) -> String {
    let count = counts[base, default: 0]
    counts[base] = count + 1
    return count == 0 ? base : "\(base)_\(count)"
  }

  /// A layer with the name that it gets in the scope, and its inner layers before it, as they were made before it.
  ///
  /// A layer that stands in several places is one in all of them.
  mutating func named(_ instance: LayerInstance) -> LayerInstance {
    if let known = known[instance.id] { return known.after }
    let result = renamed(instance)
    known[instance.id] = (instance, result)
    return result
  }

  private mutating func renamed(_ instance: LayerInstance) -> LayerInstance {
    var layer = instance.layer
    if let nesting = layer as? any NestingLayer { layer = nesting.named(in: &self) }
    guard instance.isNameAutomatic else {
      return layer is any NestingLayer ? instance.renamed(instance.name, layer: layer) : instance
    }
    return instance.renamed(next(instance.name), layer: layer)
  }
}

/// A layer that holds layers whose names may be automatic.
protocol NestingLayer: Layer {
  /// The same layer with names for those that it holds.
  func named(in scope: inout NameScope) -> Self
}

extension TimeDistributed: NestingLayer {
  func named(in scope: inout NameScope) -> TimeDistributed { TimeDistributed(scope.named(layer)) }
}

extension SpectralNormalization: NestingLayer {
  func named(in scope: inout NameScope) -> SpectralNormalization {
    SpectralNormalization(scope.named(layer), powerIterations: powerIterations)
  }
}

extension RNN: NestingLayer {
  func named(in scope: inout NameScope) -> RNN {
    var copy = self
    copy.cell = scope.named(cell)
    return copy
  }
}

extension StackedRNNCells: NestingLayer {
  func named(in scope: inout NameScope) -> StackedRNNCells {
    StackedRNNCells(cells: cells.map { scope.named($0) })
  }
}

extension Pipeline: NestingLayer {
  func named(in scope: inout NameScope) -> Pipeline {
    Pipeline(layers: layers.map { scope.named($0) })
  }
}

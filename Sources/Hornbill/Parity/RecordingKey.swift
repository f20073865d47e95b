import HornbillCore

/// How recordings name the activation of a layer.
///
/// A key joins names with `__`; `#1` marks the second call of a layer, `:0` the first of several outputs; `/` in a layer's name is
/// written `|` or `__`. A recorder that hooks into Keras 3 sees every model twice, as a layer and as an operation, so nested models stand
/// twice in its keys; one that hooks into Keras 2 leaves out the model itself.
package enum RecordingKey {
  /// The keys under which `hornbill run` writes an activation.
  package static func keys(of activation: LayerActivation, in model: Model) -> [String] {
    let spellings =
      model.rules.kerasMajor >= 3
      ? doubled(activation) : [Array(activation.path.dropFirst())].filter { !$0.isEmpty }
    return spellings.map { key($0, activation, slash: "|") }
  }

  /// Every key that may mean an activation.
  package static func aliases(of activation: LayerActivation) -> Set<String> {
    var result: Set<String> = []
    let spellings =
      doubled(activation) + [activation.path, Array(activation.path.dropFirst())]
    for names in spellings where !names.isEmpty {
      for slash in ["|", "__", "/"] { result.insert(key(names, activation, slash: slash)) }
    }
    return result
  }

  private static func key(
    _ names: [String], _ activation: LayerActivation, slash: String
  ) -> String {
    let base = names.map { name in
      name.split(separator: "/", omittingEmptySubsequences: false).joined(separator: slash)
    }.joined(separator: "__")
    return base + (activation.occurrence > 0 ? "#\(activation.occurrence)" : "")
      + (activation.output.map { ":\($0)" } ?? "")
  }

  private static func doubled(_ activation: LayerActivation) -> [[String]] {
    guard let first = activation.path.first, let last = activation.path.last else { return [] }
    guard activation.path.count > 1 else { return [[first]] }
    let inner = activation.path.dropFirst().dropLast().flatMap { [$0, $0] }
    let names = [first] + inner + [last]
    return activation.isModel ? [names, names + [last]] : [names]
  }
}

/// Which layers a user asked for: all, or some by name.
package struct LayerSelection: Sendable {
  private let names: Set<String>?

  /// Reads `all` or names separated by commas.
  ///
  /// - Throws: ``ModelError`` when the model has no layer of a name.
  package init(_ text: String, of model: Model) throws(ModelError) {
    guard text != "all" else {
      names = nil
      return
    }
    let wanted = text.split(separator: ",").map(String.init)
    var known: Set<String> = []
    LayerSelection.collect(model.root, &known)
    for name in wanted where !known.contains(name) {
      throw ModelError(
        .input, file: model.path, "there is no layer \"\(name)\"; hornbill summary lists them")
    }
    names = Set(wanted)
  }

  private static func collect(_ instance: LayerInstance, _ names: inout Set<String>) {
    names.insert(instance.name)
    if let functional = instance.layer as? Functional {
      for entry in functional.entries { collect(entry.instance, &names) }
    } else if let model = instance.layer as? any ModelLayer {
      for layer in model.layers { collect(layer, &names) }
    }
  }

  /// Whether the layer at the end of a path was asked for.
  package func contains(_ path: [String]) -> Bool {
    guard let names else { return true }
    return path.last.map(names.contains) ?? false
  }
}

import HornbillCore
import HornbillFormats
import HornbillLayers

extension Model {
  /// Takes the numbers of the weights of another file: `.h5`, `.keras`, `.weights.h5` or `.weights.json`.
  ///
  /// As in Keras, layers with weights are paired in order, or by their place in the object graph for files by object path; `byName`
  /// pairs layers of the same name instead. A file that holds a whole model is read as its own configuration says, so that frozen
  /// layers and conversions of old files do not matter. Nothing is loaded in silence: the report lists every weight of the model and
  /// every array of the file.
  ///
  /// Without `byName` everything must fit. With it, layers without a counterpart keep their numbers, and arrays without one are left
  /// over. `skipMismatch` also tolerates layers with another number of weights, and weights of another shape. A load that matches
  /// nothing is always refused. Weights are read when the model runs, as after ``init(contentsOf:options:)``; sessions that exist already
  /// keep theirs.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - byName: whether layers are paired by name.
  ///   - skipMismatch: whether weights that do not fit keep their numbers.
  ///   - map: names of layers in the file and the names of the model's layers that they stand for, or the same for single weights by
  ///     their paths; implies `byName`.
  ///   - options: how the other file's model is decoded.
  /// - Returns: what became of every weight.
  /// - Throws: ``ModelError`` when the file cannot be read, or with the code `weights` and a ``ModelError/loadReport`` when the
  ///   weights do not fit; the model then keeps all its numbers.
  @discardableResult
  public mutating func loadWeights(
    from path: String, byName: Bool = false, skipMismatch: Bool = false,
    map: [String: String] = [:], options: LoadOptions = LoadOptions()
  ) throws(ModelError) -> LoadReport {
    try loadWeights(
      from: path,
      rules: LoadRules(byName: byName, skipMismatch: skipMismatch, map: NameMap(map)),
      options: options)
  }

  package mutating func loadWeights(
    from path: String, rules: LoadRules, options: LoadOptions
  ) throws(ModelError) -> LoadReport {
    guard root.layer is any ModelLayer, build.isBuilt(root) else {
      throw ModelError(
        .weights, file: self.path, "the model is not built, so that its weights are not known")
    }
    var loader = WeightLoader(
      self, from: try LoadSource(path, options: options), rules: rules)
    let report = try loader.run()
    if let objection = rules.objection(to: report) {
      throw ModelError(.weights, file: self.path, objection, loadReport: report)
    }
    bindings.replace(loader.loaded)
    for (layer, weights) in loader.loadedOpaque { bindings.replace(opaque: weights, of: layer) }
    return report
  }
}

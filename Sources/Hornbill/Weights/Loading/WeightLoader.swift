import HornbillCore
import HornbillFormats
import HornbillLayers

/// Pairs the arrays of a file with the weights of a model and keeps account of every one of both.
struct WeightLoader {
  /// A layer that takes weights, and what the file has for it.
  enum Counterpart {
    case layer(LayerInstance)
    case group(LegacyLayerWeights)
    case object(path: String)
  }

  let model: Model
  let source: LoadSource
  let rules: LoadRules
  let paths: LayerPaths
  /// The numbers that the model gets.
  var loaded: [WeightID: WeightBindings.Source] = [:]
  /// The arrays that layers of unknown classes get.
  private(set) var loadedOpaque: [ObjectIdentifier: [StoredWeight]] = [:]
  var entries: [LoadReport.Entry] = []
  /// The arrays of the file that found a weight, or whose layer was skipped as a whole.
  var used: Set<String> = []
  /// Why nothing is paired by place.
  var obstacle: String?

  init(_ model: Model, from source: LoadSource, rules: LoadRules) {
    self.model = model
    self.source = source
    self.rules = rules
    paths = LayerPaths(root: model.root)
  }

  /// Pairs everything.
  ///
  /// - Throws: ``ModelError`` when the files cannot be compared at all.
  mutating func run() throws(ModelError) -> LoadReport {
    let targets = takingLayers(of: model)
    let counterparts = try counterparts(of: targets)
    for (layer, counterpart) in zip(targets, counterparts) {
      switch counterpart {
      case nil: missing(layer)
      case .layer(let other): pair(layer, with: other)
      case .group(let group): pair(layer, with: group)
      case .object(let path): pair(layer, withObjectAt: path)
      }
    }
    pairOwnVariables()
    try applyMap()
    addExtras()
    return LoadReport(file: source.archive.path, entries: entries)
  }

  mutating func matched(
    _ variable: ModelVariable, _ numbers: WeightBindings.Source, from name: String
  ) {
    loaded[variable.id] = numbers
    used.insert(name)
    entries.append(
      LoadReport.Entry(
        .matched, weight: paths.path(of: variable), source: name, expected: variable.spec.shape,
        found: variable.spec.shape))
  }

  mutating func misshapen(_ variable: ModelVariable, _ shape: [Int], from name: String) {
    used.insert(name)
    entries.append(
      LoadReport.Entry(
        .misshapen, weight: paths.path(of: variable), source: name,
        expected: variable.spec.shape, found: shape))
  }

  mutating func missing(_ variable: ModelVariable) {
    entries.append(
      LoadReport.Entry(
        .missing, weight: paths.path(of: variable), expected: variable.spec.shape,
        reason: obstacle))
  }

  mutating func skipped(_ variables: [ModelVariable], _ names: [String], _ reason: String) {
    used.formUnion(names)
    for variable in variables {
      entries.append(
        LoadReport.Entry(
          .skipped, weight: paths.path(of: variable), expected: variable.spec.shape,
          reason: reason))
    }
  }

  private mutating func missing(_ layer: LayerInstance) {
    for weight in model.opaqueArrays(layer) {
      entries.append(
        LoadReport.Entry(
          .missing, weight: weight.name, expected: weight.shape, reason: obstacle))
    }
    for variable in variables(of: layer) { missing(variable) }
  }

  /// The variables of a layer, without those that are another's.
  func variables(of layer: LayerInstance) -> [ModelVariable] {
    model.walk.variables(layer).filter { model.bindings.canonical($0.id) == $0.id }
  }

  func takingLayers(of model: Model) -> [LayerInstance] {
    model.layers.filter { layer in
      !model.opaqueArrays(layer).isEmpty
        || model.walk.variables(layer).contains { model.bindings.canonical($0.id) == $0.id }
    }
  }

  /// Pairs arrays in order, where nothing is known but that the layers have the same name or place.
  mutating func pair(opaque layer: LayerInstance, with arrays: [StoredWeight]) {
    let own = model.bindings.opaque[layer.id] ?? []
    guard own.count == arrays.count else {
      used.formUnion(arrays.map(\.name))
      let reason = "the layer has \(own.count) arrays, that of the file \(arrays.count)"
      for weight in own {
        entries.append(
          LoadReport.Entry(
            .skipped, weight: weight.name, expected: weight.shape, reason: reason))
      }
      return
    }
    var result = own
    for (index, (weight, array)) in zip(own, arrays).enumerated() {
      used.insert(array.name)
      let fits = weight.shape == array.shape
      if fits { result[index] = array }
      entries.append(
        LoadReport.Entry(
          fits ? .matched : .misshapen, weight: weight.name, source: array.name,
          expected: weight.shape, found: array.shape))
    }
    loadedOpaque[layer.id] = result
  }

  /// Loads the single weights that the map names, whatever became of their layers.
  private mutating func applyMap() throws(ModelError) {
    guard !rules.map.isEmpty else { return }
    let arrays = sourceArrays()
    let layerNames = sourceLayerNames()
    let targets = Dictionary(model.weightVariables.map { (paths.path(of: $0), $0) }) { a, _ in a }
    for (old, new) in rules.map.pairs where !layerNames.contains(old) {
      guard let array = arrays.first(where: { $0.names.contains(old) }) else {
        throw ModelError(
          .weights, file: source.archive.path,
          NearestName.message(
            "no layer or weight '\(old)', which the map lists", old,
            among: layerNames.sorted() + arrays.compactMap(\.names.first)))
      }
      guard let variable = targets[new] else {
        throw ModelError(
          .weights, file: model.path,
          NearestName.message(
            "no weight '\(new)', which the map lists", new, among: targets.keys.sorted()))
      }
      entries.removeAll { $0.weight == new }
      if array.shape == variable.spec.shape {
        matched(variable, array.numbers, from: array.names[0])
      } else {
        misshapen(variable, array.shape, from: array.names[0])
      }
    }
  }

  /// Lists the arrays that nothing has taken.
  private mutating func addExtras() {
    for array in sourceArrays() where used.isDisjoint(with: array.names) && !array.isState {
      entries.append(
        LoadReport.Entry(.extra, source: array.names.first, found: array.shape))
    }
  }
}

extension Model {
  /// The arrays of the layers of unknown classes, this one and those inside it.
  func opaqueArrays(_ layer: LayerInstance) -> [StoredWeight] {
    (bindings.opaque[layer.id] ?? [])
      + layer.layer.sublayers.flatMap { opaqueArrays($0.instance) }
  }

  /// Whether the variables of a layer are not known: it is opaque, holds one that is, or was not built.
  func hasUnknownWeights(_ layer: LayerInstance) -> Bool {
    layer.layer is OpaqueLayer || !build.isBuilt(layer)
      || layer.layer.sublayers.contains { hasUnknownWeights($0.instance) }
  }
}

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
  /// The paths of the other model's layers; `nil` when the file is read without one.
  let sourcePaths: LayerPaths?
  /// All arrays of the file.
  let arrays: [SourceArray]
  /// The numbers that the model gets.
  var loaded: [WeightID: WeightBindings.Source] = [:]
  /// The arrays that layers of unknown classes get.
  private(set) var loadedOpaque: [ObjectIdentifier: [StoredWeight]] = [:]
  var entries: [LoadReport.Entry] = []
  /// The arrays of the file that found a weight.
  var used: Set<String> = []
  /// Arrays that hold another weight's numbers a second time, but not the same ones.
  private var contradictions: [LoadReport.Entry] = []
  /// Why nothing is paired by place.
  var obstacle: String?

  init(_ model: Model, from source: LoadSource, rules: LoadRules) {
    self.model = model
    self.source = source
    self.rules = rules
    paths = LayerPaths(root: model.root)
    sourcePaths = source.paths
    arrays = source.arrays(paths: sourcePaths)
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
      case .layer(let other): try pair(layer, with: other)
      case .group(let group): try pair(layer, with: group)
      case .object(let path): try pair(layer, withObjectAt: path)
      }
    }
    try pairOwnVariables()
    try applyMap()
    addExtras()
    return LoadReport(file: source.archive.path, entries: entries)
  }

  /// Whether a variable takes numbers itself, and is not another name of an earlier one.
  func takes(_ variable: ModelVariable) -> Bool {
    model.bindings.canonical(variable.id) == variable.id
  }

  mutating func matched(
    _ variable: ModelVariable, _ numbers: WeightBindings.Source, from name: String
  ) throws(ModelError) {
    guard takes(variable) else { return try repeated(variable, numbers, from: name) }
    loaded[variable.id] = numbers
    used.insert(name)
    entries.append(
      LoadReport.Entry(
        .matched, weight: paths.path(of: variable), source: name, expected: variable.spec.shape,
        found: variable.spec.shape))
  }

  /// Takes note of numbers that a weight has already, because two nested models share its layer and the file holds both.
  private mutating func repeated(
    _ variable: ModelVariable, _ numbers: WeightBindings.Source, from name: String
  ) throws(ModelError) {
    guard let earlier = loaded[model.bindings.canonical(variable.id)], used.insert(name).inserted
    else { return }
    do throws(LayerError) {
      if try WeightBindings.read(earlier) == WeightBindings.read(numbers) { return }
    } catch {
      throw ModelError(error, file: source.archive.path)
    }
    contradictions.append(
      LoadReport.Entry(
        .extra, source: name, found: variable.spec.shape,
        reason: "its layer is shared, and has other numbers elsewhere in the file"))
  }

  mutating func misshapen(_ variable: ModelVariable, _ shape: [Int], from name: String) {
    guard takes(variable) else { return }
    used.insert(name)
    entries.append(
      LoadReport.Entry(
        .misshapen, weight: paths.path(of: variable), source: name,
        expected: variable.spec.shape, found: shape))
  }

  mutating func missing(_ variable: ModelVariable) {
    guard takes(variable) else { return }
    entries.append(
      LoadReport.Entry(
        .missing, weight: paths.path(of: variable), expected: variable.spec.shape,
        reason: obstacle))
  }

  /// Leaves a layer as it is; the arrays of its counterpart are left over.
  mutating func skipped(_ variables: [ModelVariable], _ reason: String) {
    for variable in variables where takes(variable) {
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
    for variable in model.walk.variables(layer) { missing(variable) }
  }

  /// The layers of a model that have weights.
  ///
  /// Those whose weights are also another layer's are among them, since that depends on the numbers that a model has.
  func takingLayers(of model: Model) -> [LayerInstance] {
    model.layers.filter {
      !model.opaqueArrays($0).isEmpty || !model.walk.variables($0).isEmpty
    }
  }

  /// Pairs arrays in order, where nothing is known but that the layers have the same name or place.
  ///
  /// - Parameter names: what the arrays are called in the report, if not by their own names.
  mutating func pair(
    opaque layer: LayerInstance, with arrays: [StoredWeight], named names: [String]? = nil
  ) {
    let own = model.bindings.opaque[layer.id] ?? []
    guard own.count == arrays.count else {
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
      let name = names?[index] ?? array.name
      used.insert(name)
      let fits = weight.shape == array.shape
      if fits { result[index] = array }
      entries.append(
        LoadReport.Entry(
          fits ? .matched : .misshapen, weight: weight.name, source: name,
          expected: weight.shape, found: array.shape))
    }
    loadedOpaque[layer.id] = result
  }

  /// Loads the single weights that the map names, whatever became of their layers.
  private mutating func applyMap() throws(ModelError) {
    guard !rules.map.isEmpty else { return }
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
      displace(variable, named: new)
      if array.shape == variable.spec.shape {
        try matched(variable, array.numbers, from: array.names[0])
      } else {
        misshapen(variable, array.shape, from: array.names[0])
      }
    }
  }

  /// Undoes what was paired with a weight; an array that no other weight has taken is left over.
  private mutating func displace(_ variable: ModelVariable, named name: String) {
    loaded[variable.id] = nil
    let sources = entries.filter { $0.weight == name }.compactMap(\.source)
    entries.removeAll { $0.weight == name }
    for source in sources where !entries.contains(where: { $0.source == source }) {
      used.remove(source)
    }
  }

  /// Lists the arrays that nothing has taken.
  private mutating func addExtras() {
    entries += contradictions
    for array in arrays where used.isDisjoint(with: array.names) && !array.isState {
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
}

extension LayerBuild {
  /// Whether the variables of a layer are not known: it is opaque, holds one that is, or was not built.
  func hasUnknownWeights(_ layer: LayerInstance) -> Bool {
    layer.layer is OpaqueLayer || !isBuilt(layer)
      || layer.layer.sublayers.contains { hasUnknownWeights($0.instance) }
  }
}

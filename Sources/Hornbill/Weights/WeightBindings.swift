package import HornbillCore
package import HornbillFormats
package import HornbillLayers

/// Which stored arrays are which variables of a model.
///
/// Nothing is read before ``tensor(for:)`` but arrays of old files that become others in number or shape, and those of layers that
/// nested models share, of which the file holds two.
package struct WeightBindings: Sendable {
  /// Where a variable's numbers come from.
  enum Source: Sendable {
    /// A tensor in memory.
    case tensor(Tensor)
    /// What a variable's initializer gives.
    case initial(WeightSpec, InitialValue)
    /// A stored array of the variable's own shape.
    case stored(StoredWeight)
    /// An array of another kind of file, of the variable's own shape.
    case draft(DraftWeight)
    /// One of the arrays that a conversion makes of a layer's stored arrays.
    case converted(WeightGroup, index: Int)
  }

  private(set) var sources: [WeightID: Source] = [:]
  /// Variables that are the same as an earlier one, because two nested models share their layer.
  private(set) var twins: [WeightID: WeightID] = [:]
  /// Layers that are the same as an earlier one, because two nested models share them.
  private(set) var sharedLayers: [ObjectIdentifier: ObjectIdentifier] = [:]
  /// Stored arrays of layers whose variables are not known, by the layer.
  private(set) var opaque: [ObjectIdentifier: [StoredWeight]] = [:]
  /// The files that the archive keeps for layers, by their paths.
  private var assetEntries: [String: AssetEntry] = [:]
  /// The place of each layer in the model, as a path.
  private var objectPaths: [ObjectIdentifier: String] = [:]

  /// Whether a variable has other numbers than the file that the model came from.
  private(set) var isChanged = false

  package init() {}

  /// Takes tensors in Keras's order.
  package init(
    tensors: [Tensor], root: LayerInstance, build: LayerBuild
  ) throws(LayerError) {
    let variables = VariableWalk(build: build, rules: SemanticRules(kerasMajor: 3))
      .variables(root)
    guard variables.count == tensors.count else {
      throw LayerError(
        .weights, "the model has \(variables.count) weights, \(tensors.count) were given")
    }
    for (variable, tensor) in zip(variables, tensors) {
      guard variable.spec.shape == tensor.shape else {
        throw LayerError.shape(of: variable, found: tensor.shape)
      }
      sources[variable.id] = .tensor(tensor)
    }
  }

  /// Takes what the initializers of the variables give.
  package init(initialValuesOf root: LayerInstance, build: LayerBuild) {
    let walk = VariableWalk(build: build, rules: SemanticRules(kerasMajor: 3))
    for variable in walk.variables(root) {
      sources[variable.id] = .initial(variable.spec, variable.spec.initial.seeded())
    }
  }

  /// Pairs the arrays of a file with the variables of its model.
  ///
  /// - Throws: ``LayerError`` with the code `weights` when arrays are missing, left over or of another shape.
  package init(
    archive: ModelArchive, root: LayerInstance, build: LayerBuild, rules: SemanticRules
  ) throws(LayerError) {
    let walk = VariableWalk(build: build, rules: rules)
    let shared = SharedLayers(root: root).twins
    switch archive.weights {
    case .none:
      break
    case .legacy(let groups):
      self = try LegacyWeightBinder(
        walk: walk, build: build, archive: archive
      ).bind(root: root, groups: groups)
    case .objectPaths(let groups):
      let later = Set(shared.map(\.later.id))
      self = try ObjectPathBinder(walk: walk, build: build, shared: later).bind(
        root: root, groups: groups)
      assetEntries = Dictionary(archive.assets.map { ($0.path, $0) }) { first, _ in first }
    }
    try join(shared, walk: walk)
  }

  mutating func set(_ source: Source, for variable: ModelVariable) {
    sources[variable.id] = source
  }

  /// Gives variables other numbers; those that are the same as another follow it.
  mutating func replace(_ loaded: [WeightID: Source]) {
    isChanged = isChanged || !loaded.isEmpty
    for (id, source) in loaded { sources[canonical(id)] = source }
    for (later, earlier) in twins where loaded[earlier] != nil { sources[later] = sources[earlier] }
  }

  /// Gives a layer of an unknown class other arrays.
  mutating func replace(opaque weights: [StoredWeight], of layer: ObjectIdentifier) {
    isChanged = true
    opaque[layer] = weights
  }

  mutating func setObjectPath(_ path: String, of layer: LayerInstance) {
    objectPaths[layer.id] = path
  }

  /// The files of the layers.
  package var assets: LayerAssets {
    LayerAssets { [assetEntries, objectPaths] (layer, name) throws(LayerError) in
      guard let path = objectPaths[layer], let entry = assetEntries["\(path)/\(name)"] else {
        return nil
      }
      do throws(ArchiveError) {
        return try entry.read()
      } catch {
        throw LayerError(.configuration, error.description)
      }
    }
  }

  /// The path of a layer's file in the archive; `nil` when the layer has no place there.
  func assetPath(_ name: String, of layer: LayerInstance) -> String? {
    objectPaths[layer.id].map { "\($0)/\(name)" }
  }

  mutating func setOpaque(_ weights: [StoredWeight], for layer: LayerInstance) {
    opaque[layer.id] = weights
  }

  /// Makes a variable another name of an earlier one.
  mutating func join(_ later: ModelVariable, with earlier: ModelVariable) {
    twins[later.id] = canonical(earlier.id)
    sources[later.id] = sources[earlier.id]
  }

  /// The layer that stands for all that are the same.
  package func canonical(_ layer: ObjectIdentifier) -> ObjectIdentifier {
    sharedLayers[layer] ?? layer
  }

  /// The variable that stands for all that are the same.
  package func canonical(_ id: WeightID) -> WeightID { twins[id] ?? id }

  /// Whether a variable's numbers are known.
  package func isBound(_ id: WeightID) -> Bool { sources[id] != nil }

  /// Joins the variables of layers that nested models share: those that the file stores once, or twice with the same numbers.
  private mutating func join(
    _ shared: [(later: LayerInstance, earlier: LayerInstance)], walk: VariableWalk
  ) throws(LayerError) {
    for (later, earlier) in shared {
      let pairs = Array(zip(walk.variables(later), walk.variables(earlier)))
      var isShared = !pairs.isEmpty
      for (one, other) in pairs where isShared {
        guard one.spec == other.spec, isBound(other.id) else {
          isShared = false
          continue
        }
        if isBound(one.id) { isShared = try tensor(for: one.id) == tensor(for: other.id) }
      }
      guard isShared else { continue }
      sharedLayers[later.id] = canonical(earlier.id)
      for (one, other) in pairs where one.id != other.id { join(one, with: other) }
    }
  }

  /// Reads a variable.
  ///
  /// - Throws: ``LayerError`` with the code `weights` when it is missing or cannot be read.
  package func tensor(for id: WeightID) throws(LayerError) -> Tensor? {
    guard let source = sources[id] else { return nil }
    return try WeightBindings.read(source)
  }

  /// Reads what a source holds.
  static func read(_ source: Source) throws(LayerError) -> Tensor {
    switch source {
    case .tensor(let tensor): return tensor
    case .initial(let spec, let value):
      do throws(LayerError) {
        return try value.values(shape: spec.shape, dtype: spec.dtype)
      } catch {
        throw LayerError(error.code, "weight \"\(spec.name)\": \(error.detail)")
      }
    case .stored(let weight): return try weight.tensor()
    case .converted(let group, let index): return try group.tensor(index)
    case .draft(let weight):
      do throws(ArchiveError) {
        return try weight.read()
      } catch {
        throw LayerError(.weights, error.description)
      }
    }
  }
}

extension StoredWeight {
  func tensor() throws(LayerError) -> Tensor {
    do {
      return try read()
    } catch {
      throw LayerError(.weights, error.description)
    }
  }
}

extension LayerError {
  static func shape(of variable: ModelVariable, found: [Int]) -> LayerError {
    LayerError(
      .weights,
      "weight \"\(variable.spec.name)\": expected shape \(Shape(variable.spec.shape)), found \(Shape(found))"
    ).at(variable.owner.name)
  }
}

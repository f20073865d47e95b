import HornbillCore
import HornbillFormats
import HornbillLayers

/// A model in the spelling of another generation of Keras, with the weights of the old one.
struct RewrittenModel {
  /// The serialised model: in the form of an archive for Keras 3, of a legacy file for Keras 2.
  let architecture: JSON
  /// What was changed beyond the spelling of configurations.
  let notes: [ConfigUpgrade]
  /// The weights of the new model.
  let arrangement: WeightArrangement
  /// The paths of the files that the architecture holds now.
  private(set) var embeddedFiles: Set<String> = []

  /// Writes a model of Keras 1 or 2 for Keras 3.
  ///
  /// - Throws: ``LayerError``: `unsupported` for what Keras 3 cannot say.
  init(upgrading old: Model, options: LoadOptions) throws(LayerError) {
    let bindings = old.bindings
    var upgrade = ModelUpgrade(build: old.build, rules: old.rules) {
      (layer, index) throws(LayerError) -> Tensor in
      guard let tensor = try bindings.tensor(for: WeightID(layer: layer.id, index: index)) else {
        throw LayerError(.weights, "the weights of the layer are missing").at(layer.name)
      }
      return tensor
    }
    let object = try upgrade.model(old.root)
    self = try RewrittenModel(
      object, placements: upgrade.placements, notes: upgrade.notes, of: old, generation: 3,
      options: options)
  }

  /// Writes a model of Keras 3 for Keras 2.15.
  ///
  /// - Throws: ``LayerError``: `unsupported` for what Keras 2.15 cannot say.
  init(downgrading old: Model, options: LoadOptions) throws(LayerError) {
    var vocabularies = EmbeddedVocabularies(of: old)
    var downgrade = ModelDowngrade(build: old.build) { (layer, config) throws(LayerError) in
      try vocabularies.fields(of: layer, config)
    }
    let object = try downgrade.model(old.root)
    self = try RewrittenModel(
      object, placements: downgrade.placements, notes: downgrade.notes, of: old, generation: 2,
      options: options)
    embeddedFiles = vocabularies.files
  }

  /// Reads a new model back as Keras will, and finds each of its variables in the old one.
  private init(
    _ object: JSON, placements: [Placement], notes: [ConfigUpgrade], of old: Model,
    generation: Int, options: LoadOptions
  ) throws(LayerError) {
    let rules = SemanticRules(kerasMajor: generation)
    let context = DecodingContext(
      registry: options.registry, rules: rules, definitions: options.definitions)
    let root = try context.decode(object)
    var build = LayerBuild()
    if let inputs = (root.layer as? any ModelLayer)?.inputSpecs {
      try build.build(root, BuildCall(inputs))
    }
    architecture = generation < 3 ? object : StatedShapes.completed(object, of: root, build)
    self.notes = notes
    var pairs = VariablePairs(old: old.build, new: build)
    for placement in placements { try pairs.add(placement, root: root) }
    arrangement = WeightArrangement(
      root: root, walk: VariableWalk(build: build, rules: rules),
      weight: pairs.provider(old.bindings), opaque: pairs.opaque(old.bindings))
  }
}

/// Which variables of a new model are which of the old one.
private struct VariablePairs {
  private struct Origin {
    let variable: WeightID
    let spec: WeightSpec
    let transform: (@Sendable (Tensor) throws(LayerError) -> Tensor)?
  }

  private let old: LayerBuild
  private let new: LayerBuild
  private var origins: [WeightID: Origin] = [:]
  private var unknown: [(old: LayerInstance, new: LayerInstance)] = []

  init(old: LayerBuild, new: LayerBuild) {
    self.old = old
    self.new = new
  }

  mutating func add(_ placement: Placement, root: LayerInstance) throws(LayerError) {
    var instance = root
    for name in placement.path {
      guard let inner = instance.layer.sublayers.first(where: { $0.instance.name == name }) else {
        throw LayerError(.wiring, "layer \"\(name)\" is lost on the way")
      }
      instance = inner.instance
    }
    switch placement.origin {
    case .layer(let layer):
      try pair(layer, instance)
    case .arrays(let arrays):
      var rest = arrays[...]
      try take(&rest, instance)
      guard rest.isEmpty else { throw mismatch(instance) }
    }
  }

  private mutating func pair(
    _ layer: LayerInstance, _ instance: LayerInstance
  ) throws(LayerError) {
    if layer.layer is OpaqueLayer {
      unknown.append((layer, instance))
      return
    }
    if let network = layer.layer as? any CuDNNNetwork, !(instance.layer is any CuDNNNetwork) {
      var arrays = network.plainArrays(of: layer)[...]
      try take(&arrays, instance)
      return
    }
    let (before, after) = (old.weights(of: layer), new.weights(of: instance))
    let sublayers = layer.layer.sublayers.filter { old.hasVariables($0.instance) }
    let others = instance.layer.sublayers.filter { new.hasVariables($0.instance) }
    var (indices, places) = (Array(before.indices), Array(after.indices))
    if before.count != after.count {
      // What a layer keeps beside its weights may stand in the new one's configuration.
      indices.removeAll { !before[$0].isWeight }
      places.removeAll { !after[$0].isWeight }
    }
    guard indices.map({ before[$0].shape }) == places.map({ after[$0].shape }),
      sublayers.count == others.count
    else { throw mismatch(instance) }
    for (index, place) in zip(indices, places) {
      origins[WeightID(layer: instance.id, index: place)] = Origin(
        variable: WeightID(layer: layer.id, index: index), spec: before[index], transform: nil)
    }
    for (one, other) in zip(sublayers, others) {
      try pair(one.instance, other.instance)
    }
  }

  private mutating func take(
    _ arrays: inout ArraySlice<DerivedArray>, _ instance: LayerInstance
  ) throws(LayerError) {
    for index in new.weights(of: instance).indices {
      guard let array = arrays.popFirst(), array.index < old.weights(of: array.layer).count else {
        throw mismatch(instance)
      }
      origins[WeightID(layer: instance.id, index: index)] = Origin(
        variable: WeightID(layer: array.layer.id, index: array.index),
        spec: old.weights(of: array.layer)[array.index], transform: array.transform)
    }
    for sublayer in instance.layer.sublayers { try take(&arrays, sublayer.instance) }
  }

  private func mismatch(_ instance: LayerInstance) -> LayerError {
    LayerError(
      .unsupported, "the variables of class \"\(instance.className)\" are others there"
    ).at(instance.name)
  }

  func opaque(_ bindings: WeightBindings) -> [ObjectIdentifier: [StoredWeight]] {
    Dictionary(
      unknown.compactMap { pair in
        bindings.opaque[pair.old.id].map { (pair.new.id, $0) }
      }
    ) { first, _ in first }
  }

  func provider(_ bindings: WeightBindings) -> WeightArrangement.Provider {
    { [origins] id, name, spec in
      guard let origin = origins[id],
        let draft = bindings.draft(of: origin.variable, named: name, spec: origin.spec)
      else { return nil }
      guard let transform = origin.transform else { return draft }
      return DraftWeight(name: name, shape: spec.shape, dtype: draft.dtype ?? spec.dtype) {
        () throws(ArchiveError) -> Tensor in
        let tensor = try draft.read()
        do throws(LayerError) {
          return try transform(tensor)
        } catch {
          throw ArchiveError(.malformed, path: "", object: name, error.description)
        }
      }
    }
  }
}

extension LayerBuild {
  /// Whether a layer, or one inside it, has variables, or may have, its class being unknown.
  fileprivate func hasVariables(_ instance: LayerInstance) -> Bool {
    instance.layer is OpaqueLayer || !weights(of: instance).isEmpty
      || instance.layer.sublayers.contains { hasVariables($0.instance) }
  }
}

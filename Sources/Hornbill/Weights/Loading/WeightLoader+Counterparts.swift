import HornbillCore
import HornbillFormats
import HornbillLayers

extension WeightLoader {
  /// What the file has for each layer of the model; `nil` for nothing.
  ///
  /// By place, nothing has a counterpart unless the numbers of layers agree: which layer is which would be a guess.
  mutating func counterparts(
    of targets: [LayerInstance]
  ) throws(ModelError) -> [Counterpart?] {
    switch source {
    case .model(let other, let archive):
      let layers = takingLayers(of: other)
      if !rules.byName, case .objectPaths = archive.weights {
        let places = ObjectPlaces(root: other.root)
        let byPlace = Dictionary(layers.map { (places[$0], $0) }) { first, _ in first }
        let own = ObjectPlaces(root: model.root)
        return targets.map { byPlace[own[$0]].map { .layer($0) } }
      }
      return pairs(targets, layers.map { (name: $0.name, counterpart: .layer($0)) })
    case .layers(let groups, _):
      let adapted = Set(model.layers.filter { $0.layer is any AdaptedLayer }.map(\.name))
      let filled = groups.filter {
        !$0.weights.isEmpty && !$0.isTopLevel && !adapted.contains($0.name)
      }
      return pairs(targets, filled.map { (name: $0.name, counterpart: .group($0)) })
    case .objects(let objects, let archive):
      let own = ObjectPlaces(root: model.root)
      guard rules.byName else { return targets.map { .object(path: own[$0]) } }
      let named = objects.groups.filter {
        $0.layerName != nil && $0.objectPath.split(separator: "/").count == 2
      }
      guard !named.isEmpty else {
        throw ModelError(
          .weights, file: archive.path,
          "the file does not name its layers, as Keras 3.1 and later do; load it by place"
        )
      }
      let byName = Dictionary(
        named.map { (newName($0.layerName ?? ""), $0.objectPath) }
      ) { first, _ in first }
      return targets.map { byName[$0.name].map { .object(path: $0) } }
    }
  }

  private func newName(_ old: String) -> String { rules.map[old] ?? old }

  /// Pairs by name, or by place.
  private mutating func pairs(
    _ targets: [LayerInstance], _ sources: [(name: String, counterpart: Counterpart)]
  ) -> [Counterpart?] {
    let pairing = LayerPairing(sources.map { (newName($0.name), $0.counterpart) })
    let names = targets.map(\.name)
    if rules.byName { return pairing.named(names) }
    guard let placed = pairing.placed(names) else {
      obstacle = "the model has \(targets.count) layers with weights, the file \(sources.count)"
      return targets.map { _ in nil }
    }
    return placed
  }

  /// The layers' names in the file, by which a map may call them.
  func sourceLayerNames() -> Set<String> {
    switch source {
    case .model(let other, _): Set(takingLayers(of: other).map(\.name))
    case .layers(let groups, _): Set(groups.map(\.name))
    case .objects(let objects, _): Set(objects.groups.compactMap(\.layerName))
    }
  }
}

extension LegacyLayerWeights {
  /// The path of a weight from the root of the weights.
  func path(of weight: StoredWeight) -> String { "\(name)/\(weight.name)" }
}

/// Where Keras keeps the layers of a model in a `.weights.h5` file.
struct ObjectPlaces {
  private var places: [ObjectIdentifier: String] = [:]

  /// - Parameter isStored: whether a file has something at a path, by which a name of an earlier release is told.
  init(root: LayerInstance, isStored: (String) -> Bool = { _ in false }) {
    visit(root, at: "", isStored)
  }

  private mutating func visit(
    _ instance: LayerInstance, at path: String, _ isStored: (String) -> Bool
  ) {
    guard places[instance.id] == nil else { return }
    places[instance.id] = path
    let inner = ObjectPaths.sublayers(of: instance, at: path, isStored: isStored)
    for (sublayer, place) in inner { visit(sublayer, at: place, isStored) }
  }

  /// The place of a layer of the model.
  subscript(layer: LayerInstance) -> String { places[layer.id] ?? layer.name }
}

import HornbillCore
import HornbillFormats
import HornbillLayers

/// Finds layers that two nested models share.
///
/// A file writes each nested model whole, so a layer that two of them share stands in it twice. Twins have the same name, class and
/// configuration, and lie in different models.
struct SharedLayers {
  /// Pairs of a layer and an earlier twin of it.
  private(set) var twins: [(later: LayerInstance, earlier: LayerInstance)] = []

  init(root: LayerInstance) {
    var earlier: [String: [(LayerInstance, JSON)]] = [:]
    var seen: Set<ObjectIdentifier> = []
    func visit(_ model: LayerInstance) {
      guard let layers = (model.layer as? any ModelLayer)?.layers else { return }
      for layer in layers where seen.insert(layer.id).inserted {
        if let config = layer.source?["config"], !(layer.layer is InputLayer) {
          let known = earlier[layer.name] ?? []
          if let twin = known.first(where: {
            $0.0.className == layer.className && SharedLayers.isSame($0.1, config)
          }) {
            twins.append((layer, twin.0))
          }
          earlier[layer.name] = known + [(layer, config)]
        }
        visit(layer)
      }
    }
    visit(root)
  }

  /// Whether two configurations are equal but for the identities of objects that they share.
  private static func isSame(_ a: JSON, _ b: JSON) -> Bool {
    switch (a, b) {
    case (.object(let a), .object(let b)):
      let keys = a.keys.filter { $0 != "shared_object_id" }
      return keys == b.keys.filter { $0 != "shared_object_id" }
        && keys.allSatisfy { isSame(a[$0] ?? .null, b[$0] ?? .null) }
    case (.array(let a), .array(let b)):
      return a.count == b.count && zip(a, b).allSatisfy(isSame)
    default:
      return a == b
    }
  }
}

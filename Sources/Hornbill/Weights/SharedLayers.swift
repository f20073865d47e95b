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
            $0.0.className == layer.className
              && $0.1.withoutIdentities == config.withoutIdentities
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
}

extension JSON {
  /// The value without the identities of objects that are shared.
  var withoutIdentities: JSON {
    switch self {
    case .array(let elements): return .array(elements.map(\.withoutIdentities))
    case .object(let object):
      let pairs = object.pairs.filter { $0.key != "shared_object_id" }
      return .object(JSONObject(pairs.map { ($0.key, $0.value.withoutIdentities) }))
    default: return self
    }
  }
}

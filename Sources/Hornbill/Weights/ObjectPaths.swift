import HornbillLayers

/// Where Keras keeps the layers of a model in a `.weights.h5` file: by the attributes that lead to them.
///
/// Source: Keras 3, `keras/src/saving/saving_lib.py`, `_save_state`, `_save_container_state`.
enum ObjectPaths {
  /// The layers inside a layer with their paths.
  ///
  /// - Parameters:
  ///   - instance: the layer.
  ///   - path: its own path; empty for the model itself.
  ///   - isStored: whether a file has something at a path, by which a name of an earlier release is told.
  static func sublayers(
    of instance: LayerInstance, at path: String, isStored: (String) -> Bool = { _ in false }
  ) -> [(instance: LayerInstance, path: String)] {
    let prefix = path.isEmpty ? "" : path + "/"
    var counts: [String: Int] = [:]
    return instance.layer.sublayers.map { sublayer in
      var inner = prefix + sublayer.attribute
      if let older = sublayer.olderAttribute, !isStored(inner), isStored(prefix + older) {
        inner = prefix + older
      }
      if sublayer.isListElement {
        let base = SnakeCase.name(of: sublayer.instance.pythonName)
        let key = "\(sublayer.attribute)/\(base)"
        let count = counts[key, default: 0]
        counts[key] = count + 1
        inner += count == 0 ? "/\(base)" : "/\(base)_\(count)"
      }
      return (sublayer.instance, inner)
    }
  }
}

import HornbillCore

/// Gives the layers of a Keras 1 model that do not write their channel order the one of their neighbours.
///
/// Zero padding, cropping and up-sampling of Keras 1 follow `dim_ordering` but leave it out of their configuration.
/// Source: Keras 1.2.2, `keras/layers/convolutional.py`, `get_config`.
enum DimensionOrdering {
  private static let silent: Set<String> = [
    "ZeroPadding2D", "ZeroPadding3D", "Cropping2D", "Cropping3D", "UpSampling2D", "UpSampling3D",
  ]

  /// The layers with every missing order filled in: the last one stated before, else the first one after.
  static func filled(_ layers: [JSON]) -> [JSON] {
    guard layers.contains(where: isSilent), let first = layers.lazy.compactMap(stated).first else {
      return layers
    }
    var current = first
    return layers.map { layer in
      if let order = stated(layer) { current = order }
      guard isSilent(layer), var object = layer.object,
        var config = object["config"]?.object ?? (object["class_name"] == nil ? object : nil)
      else { return layer }
      config["dim_ordering"] = .string(current)
      guard object["class_name"] != nil else { return .object(config) }
      object["config"] = .object(config)
      return .object(object)
    }
  }

  private static func isSilent(_ layer: JSON) -> Bool {
    guard silent.contains(className(layer) ?? "") else { return false }
    let config = layer["config"] ?? layer
    return config["data_format"] == nil && order(config) == nil
  }

  /// The order that a layer, a layer inside it, or the first of a model's layers states.
  private static func stated(_ layer: JSON) -> String? {
    let config = layer["config"] ?? layer
    if let order = order(config) { return order }
    if let inner = config["layer"] { return stated(inner) }
    let layers = config["layers"]?.array ?? (config.array ?? [])
    return layers.lazy.compactMap(stated).first
  }

  private static func order(_ config: JSON) -> String? {
    let order = config["dim_ordering"]?.string
    return order == "th" || order == "tf" ? order : nil
  }

  private static func className(_ layer: JSON) -> String? {
    layer["class_name"]?.string ?? layer["name"]?.string
  }
}

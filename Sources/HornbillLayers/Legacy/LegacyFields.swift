import HornbillCore

/// The arguments of a layer of Keras 1 or 2 that say nothing about what it computes.
///
/// Keras 3 does not have the classes, so there is no spelling to bring these arguments into; they are kept as the file has them.
enum LegacyFields {
  /// Fields that every layer has.
  private static let common: Set<String> = ["name", "trainable", "dtype"]

  static func kept(_ config: LayerConfig) -> JSONObject {
    JSONObject(
      config.fields.pairs.compactMap { pair in
        common.contains(pair.key) ? nil : (pair.key, pair.value)
      })
  }

  /// Sets what the layer itself has not set.
  static func encode(_ fields: JSONObject, to config: inout ConfigEncoder) {
    for (field, value) in fields.pairs where config[field] == nil { config[field] = value }
  }
}

package import HornbillCore

/// Which Keras wrote a model.
package enum KerasGeneration {
  /// The generation, 1 to 3: from the version if the file states one, else from the spelling of the architecture.
  ///
  /// - Parameters:
  ///   - version: for example `2.3.1`, `2.2.4-tf` or `3.15.1`.
  ///   - architecture: the model's object or its bare configuration.
  package static func major(version: String?, architecture: JSON?) -> Int {
    if let first = version?.split(separator: ".").first, let major = Int(first) {
      return min(max(major, 1), 3)
    }
    guard let architecture else { return 2 }
    if contains(architecture, where: isOfKeras1) { return 1 }
    return contains(architecture, where: isOfKeras3) ? 3 : 2
  }

  /// Fields that only Keras 0.3 to 1.2 write.
  private static let fieldsOfKeras1 = [
    "nb_filter", "border_mode", "dim_ordering", "inner_activation", "W_regularizer", "custom_name",
    "input_dtype", "filter_length", "pool_length", "dropout_W",
  ]

  private static func isOfKeras1(_ object: JSONObject) -> Bool {
    fieldsOfKeras1.contains { object[$0] != nil }
  }

  private static func isOfKeras3(_ object: JSONObject) -> Bool {
    switch object["class_name"]?.string {
    case "__keras_tensor__", "DTypePolicy": true
    case InputLayer.className: object["config"]?["batch_shape"] != nil
    default: false
    }
  }

  /// Whether any object inside a value meets a condition.
  private static func contains(_ value: JSON, where condition: (JSONObject) -> Bool) -> Bool {
    switch value {
    case .array(let elements): elements.contains { contains($0, where: condition) }
    case .object(let object):
      condition(object) || object.pairs.contains { contains($0.value, where: condition) }
    case .null, .bool, .integer, .double, .string: false
    }
  }
}

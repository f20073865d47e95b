import HornbillCore
import HornbillLayers
import HornbillTestSupport
import Testing

/// A layer of the goldens in `fixtures/configs`: the object that Keras writes for it.
struct ConfigurationGolden: Sendable, CustomTestStringConvertible {
  /// The class name.
  let className: String
  /// The name of the case; `defaults` gives the required arguments only.
  let name: String
  /// The object as it stands in a model's architecture.
  let object: JSON

  var testDescription: String { "\(className) \(name)" }

  /// All of them, in the order of the files.
  static let all: [ConfigurationGolden] = Fixture.files(below: "configs").flatMap { file in
    let layers = (try? Fixture.json(file))?["layers"]?.array ?? []
    return layers.compactMap { entry -> ConfigurationGolden? in
      guard var object = entry.object, let name = object["case"]?.string,
        let className = object["class_name"]?.string
      else { return nil }
      object["case"] = nil
      return ConfigurationGolden(className: className, name: name, object: .object(object))
    }
  }

  /// The layer's arguments: its configuration but for what every layer has.
  ///
  /// Keras does not read back the range that it writes for the single factor of a shear; the factor stands for it.
  var arguments: JSON {
    var config = object["config"]?.object ?? JSONObject()
    if className == "RandomShear", name == "all" { config["x_factor"] = .double(0.25) }
    return ConfigurationGolden.arguments(config)
  }

  /// A configuration without name, `trainable` and `dtype`.
  static func arguments(_ config: JSONObject) -> JSON {
    var config = config
    for field in ["name", "trainable", "dtype"] { config[field] = nil }
    return .object(config)
  }

  /// The layer decoded from an object of Keras 3.
  static func decoded(_ object: JSON) throws -> LayerInstance {
    try DecodingContext(rules: SemanticRules(kerasMajor: 3)).decode(object)
  }
}

/// Where two values differ for Python, which tells neither `2` from `2.0` nor `-0.0` from `0.0`; the order of keys counts.
///
/// - Returns: `nil` when they are equal.
func pythonDifference(_ found: JSON, _ expected: JSON, at path: String = "") -> String? {
  switch (found, expected) {
  case (.object(let a), .object(let b)):
    guard a.keys == b.keys else {
      return "\(path): the keys are \(a.keys), expected \(b.keys)"
    }
    for (key, value) in a.pairs {
      guard let other = b[key] else { return "\(path).\(key) is missing" }
      if let difference = pythonDifference(value, other, at: "\(path).\(key)") {
        return difference
      }
    }
    return nil
  case (.array(let a), .array(let b)):
    guard a.count == b.count else {
      return "\(path): \(a.count) elements, expected \(b.count)"
    }
    for index in a.indices {
      if let difference = pythonDifference(a[index], b[index], at: "\(path)[\(index)]") {
        return difference
      }
    }
    return nil
  default:
    let isEqual =
      if let a = found.number, let b = expected.number { a == b } else { found == expected }
    return isEqual ? nil : "\(path): found \(found.brief), expected \(expected.brief)"
  }
}

package import HornbillCore

/// A layer object of a file in the one form `class_name`, `config`.
package struct LayerObject {
  /// The class name without a package or module of Keras.
  package let className: String
  /// The configuration.
  package let config: JSONObject
  /// The object in the form of Keras 3.
  package let json: JSON

  /// Reads an object in any of the forms that Keras has written.
  ///
  /// - The object of Keras 1 to 3 has `class_name` and `config`.
  /// - The `config` of a Sequential was a list of its layers up to Keras 2.2.2.
  /// - A Sequential of Keras 1 may begin with a `Merge` of branches; it becomes a functional model.
  /// - Before Keras 1.0 an object without `class_name` was itself the configuration, with the class in `name` and the name
  ///   in `custom_name`.
  /// - A bare model configuration (`layers`, `input_layers`, `output_layers`) is a functional model.
  ///
  /// - Throws: ``LayerError`` with the code `configuration` for anything else.
  package init(_ json: JSON, in context: DecodingContext) throws(LayerError) {
    self = try LayerObject.read(json, in: context)
  }

  private static func read(
    _ json: JSON, in context: DecodingContext
  ) throws(LayerError) -> LayerObject {
    guard var object = json.object else {
      throw LayerError(.configuration, "expected a layer, found \(json.brief)")
    }
    if object["class_name"]?.string == nil {
      object = try completed(object, in: context)
    }
    guard let stored = object["class_name"]?.string else {
      throw LayerError(.configuration, "a layer without \"class_name\"")
    }
    let className = KerasObject.plainName(stored)
    if stored != className { object["class_name"] = .string(className) }
    let name = object["name"]?.string ?? object["config"]?["name"]?.string ?? className
    func note(_ change: String) {
      context.note(ConfigUpgrade(layer: name, className: className, change: change))
    }
    if stored != className { note("class \(JSON.string(stored).noteText) is Keras's \(className)") }
    if let layers = object["config"]?.array, className == Sequential.className {
      var config = JSONObject()
      config["layers"] = .array(layers)
      object["config"] = .object(config)
      note("list of layers wrapped")
    }
    let isAbsent = object["config"]?.isNull ?? true
    guard var config = object["config"]?.object ?? (isAbsent ? JSONObject() : nil) else {
      throw LayerError(
        .configuration,
        "\(className).config: expected an object, found \((object["config"] ?? .null).brief)")
    }
    if let layers = config["layers"]?.array {
      let filled = DimensionOrdering.filled(layers)
      if filled != layers {
        config["layers"] = .array(filled)
        note("channel order of layers that do not write it taken from their neighbours")
      }
      if className == Sequential.className, LeadingMerge.begins(filled) {
        note("leading Merge of branches written as a functional model")
        let stated = config["name"] ?? object["name"]
        let network = try LeadingMerge.network(filled, name: stated, in: context)
        let plain = JSONObject([
          ("class_name", .string(Functional.className)), ("config", .object(network)),
        ])
        return LayerObject(className: Functional.className, config: network, json: .object(plain))
      }
    }
    object["config"] = .object(config)
    return LayerObject(className: className, config: config, json: .object(object))
  }

  private init(className: String, config: JSONObject, json: JSON) {
    self.className = className
    self.config = config
    self.json = json
  }

  /// An object with the `class_name` that it lacks.
  private static func completed(
    _ object: JSONObject, in context: DecodingContext
  ) throws(LayerError) -> JSONObject {
    var config = object
    let className: String
    if object["layers"] != nil, object["input_layers"] != nil, object["output_layers"] != nil {
      className = Functional.className
    } else if object["layers"]?.array != nil,
      object["name"]?.string == nil
        || context.registry.layer(named: object["name"]?.string ?? "") == nil
    {
      className = Sequential.className
    } else if let name = object["name"]?.string {
      className = name
      config["name"] = object["custom_name"]
      config["custom_name"] = nil
    } else {
      throw LayerError(.configuration, "a layer without \"class_name\"")
    }
    var result = JSONObject([("class_name", .string(className)), ("config", .object(config))])
    if let nodes = object["inbound_nodes"] { result["inbound_nodes"] = nodes }
    context.note(
      ConfigUpgrade(
        layer: config["name"]?.string ?? className, className: className,
        change: "object without class_name read as \(JSON.string(className).noteText)"))
    return result
  }
}

extension KerasObject {
  /// A class name without the package or module of Keras in which it stands; names of other packages stay whole.
  ///
  /// `keras.layers>Dense`, `Keras>Dense`, `keras.layers.core.Dense` and `tf.keras.layers.experimental.preprocessing.Rescaling`
  /// are classes of Keras; `Addons>Dense` is not.
  package static func plainName(_ className: String) -> String {
    if let mark = className.lastIndex(of: ">") {
      let package = className[..<mark]
      guard isKeras(package) else { return className }
      return String(className[className.index(after: mark)...])
    }
    if let dot = className.lastIndex(of: "."), isKeras(className[..<dot]) {
      return String(className[className.index(after: dot)...])
    }
    return className
  }

  private static func isKeras(_ package: Substring) -> Bool {
    let parts = package.split(separator: ".", omittingEmptySubsequences: false)
    switch parts.first {
    case "keras", "Keras", "tf_keras": return true
    case "tf": return parts.count > 1 && parts[1] == "keras"
    case "tensorflow": return parts.contains("keras")
    default: return false
    }
  }
}

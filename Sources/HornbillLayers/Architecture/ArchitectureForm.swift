package import HornbillCore

/// The two forms in which Keras 2.12 and later serialise the same model.
///
/// A `.keras` archive gives every object with its module. A legacy `.h5` file gives the layers of a model by class and
/// configuration alone; what stands inside a layer's configuration is the same in both. Neither translation looks into
/// the configuration of a layer that is not a model, so that layers of unknown classes pass unchanged.
///
/// Sources: Keras 3.15, `keras/src/models/functional.py` and `sequential.py`, `get_config`;
/// `keras/src/legacy/saving/serialization.py`, `serialize_keras_object`.
package enum ArchitectureForm {
  /// What only the form of an archive has beside an object's class and configuration.
  private static let archiveFields = [
    "module", "registered_name", "build_config", "compile_config", "shared_object_id",
  ]

  /// The form of a legacy file.
  ///
  /// Keras 3 writes operations and a few layers so that it cannot read them back; it can when they keep their module, so those
  /// do.
  ///
  /// - Parameter isKeras3: whether Keras 3 wrote the model, and not 2.12 to 2.15.
  package static func legacy(_ architecture: JSON, isKeras3: Bool) -> JSON {
    guard var object = architecture.object else { return architecture }
    object = legacyObject(object, isKeras3: isKeras3, keepsModule: false)
    return .object(object)
  }

  private static func legacyObject(
    _ object: JSONObject, isKeras3: Bool, keepsModule: Bool
  ) -> JSONObject {
    var result = JSONObject()
    let legacyName = SerializedClass.legacyName(of: object)
    for (key, value) in object.pairs {
      switch key {
      case "class_name" where !keepsModule:
        result[key] = legacyName.map { .string($0) } ?? value
      case "config":
        result[key] = legacyConfig(
          value, isKeras3: isKeras3, isModel: isModel(object))
      case "inbound_nodes" where keepsModule && object["class_name"]?.string == "GetItem":
        result[key] = .array((value.array ?? []).map(withoutEllipsis))
      case "module", "registered_name":
        if keepsModule { result[key] = value }
      default:
        if !archiveFields.contains(key) { result[key] = value }
      }
    }
    return result
  }

  /// A call of a slice with as many whole axes in the place of `...`, which the reader of legacy files does not take.
  ///
  /// Source: Keras 3.15, `keras/src/legacy/saving/json_utils.py`, `_decode_helper`.
  private static func withoutEllipsis(_ node: JSON) -> JSON {
    guard var call = node.object, var arguments = call["args"]?.array, arguments.count == 2,
      let rank = arguments[0]["config"]?["shape"]?.array?.count
    else { return node }
    let isEllipsis = { (item: JSON) in item["class_name"]?.string == "__ellipsis__" }
    let items = arguments[1].array ?? [arguments[1]]
    guard items.contains(where: isEllipsis) else { return node }
    let taken = items.count { !isEllipsis($0) && !$0.isNull }
    let whole = JSON.pythonObject(
      "__slice__", [("start", .null), ("stop", .null), ("step", .null)])
    arguments[1] = .array(
      items.flatMap { item in
        isEllipsis(item) ? [JSON](repeating: whole, count: max(rank - taken, 0)) : [item]
      })
    call["args"] = .array(arguments)
    return .object(call)
  }

  /// Whether the layers of an object are those of a model, and not part of a layer's configuration.
  private static func isModel(_ object: JSONObject) -> Bool {
    let models = [Functional.className, Sequential.className, "Model"]
    return models.contains(object["class_name"]?.string ?? "")
      || object["config"]?["input_layers"] != nil
  }

  private static func legacyConfig(_ config: JSON, isKeras3: Bool, isModel: Bool) -> JSON {
    guard var fields = config.object else { return config }
    if isModel, let layers = fields["layers"]?.array {
      fields["layers"] = .array(
        layers.map { layer in
          guard let object = layer.object, object["config"] != nil else { return layer }
          let keepsModule = isKeras3 && isLostInLegacyForm(object)
          return .object(legacyObject(object, isKeras3: isKeras3, keepsModule: keepsModule))
        })
    } else {
      for (key, value) in fields.pairs {
        let isConstants = key == "constants" && !isKeras3
        let plain = isConstants ? plainConstants(value) : value
        fields[key] = (isKeras3 ? plain : plain.withoutArrayInitializers).withoutSharedIdentities
      }
    }
    return .object(fields)
  }

  /// The constants of an operation of TensorFlow as lists, which Keras 2.15 reads; arrays it does not.
  ///
  /// Arrays of a type that a list does not give stay as they are.
  private static func plainConstants(_ constants: JSON) -> JSON {
    guard let object = constants.object else { return constants }
    return .object(
      JSONObject(
        object.pairs.map { key, value in
          guard value["class_name"]?.string == "__numpy__", isPlain(value) else {
            return (key, value)
          }
          return (key, value["config"]?["value"] ?? .null)
        }))
  }

  /// Whether a list says of what type an array is.
  private static func isPlain(_ array: JSON) -> Bool {
    ["bool", "float32", "int32"].contains(array["config"]?["dtype"]?.string)
      && array["config"]?["value"]?.array?.isEmpty != true
  }

  /// The name of an operation of TensorFlow with a constant that a legacy file of Keras 2.15 cannot hold; `nil` when there is none.
  package static func unreadableConstant(in architecture: JSON) -> String? {
    for layer in architecture["config"]?["layers"]?.array ?? [] {
      if let name = unreadableConstant(in: layer) { return name }
    }
    let values = architecture["config"]?["constants"]?.object?.pairs.map(\.value) ?? []
    guard architecture["class_name"]?.string == TensorFlowOpLayer.className,
      values.contains(where: { $0["class_name"]?.string == "__numpy__" && !isPlain($0) })
    else { return nil }
    return architecture["config"]?["name"]?.string ?? TensorFlowOpLayer.className
  }

  /// Whether Keras 3 reads an object in the legacy form as another one, or not at all.
  ///
  /// Source: Keras 3.15, `keras/src/legacy/saving/saving_utils.py`, `model_from_config`: only layers are known, and an `axis` that
  /// is a list is dropped; `keras/src/layers/attention/attention.py`: the configuration has a `seed` that the layer does not take.
  private static func isLostInLegacyForm(_ object: JSONObject) -> Bool {
    guard let module = object["module"]?.string else { return false }
    if OperationObject.isModule(module) { return true }
    if let axes = object["config"]?["axis"]?.array, axes.count != 1 { return true }
    return module == "keras.layers"
      && ["AdditiveAttention", "Attention"].contains(object["class_name"]?.string)
  }

  /// The form of an archive, in the manner of Keras 3.
  ///
  /// - Parameter compileConfig: optimizer, loss and metrics in the form of an archive.
  package static func archive(
    _ architecture: JSON, compileConfig: JSON? = nil, in context: DecodingContext
  ) -> JSON {
    guard let object = architecture.object else { return architecture }
    var result = archiveObject(object, isEntry: false, in: context)
    if let compileConfig { result["compile_config"] = compileConfig }
    return .object(result)
  }

  private static func archiveObject(
    _ object: JSONObject, isEntry: Bool, in context: DecodingContext
  ) -> JSONObject {
    guard let name = object["class_name"]?.string else { return object }
    var result = JSONObject()
    if object["module"] != nil {
      result = object
    } else {
      let isOperation = isEntry && OperationObject.isOperation(.object(object), in: context)
      let className = SerializedClass(legacyName: name, isOperation: isOperation)
      result["module"] = className.module.map { .string($0) } ?? .null
      result["class_name"] = .string(className.className)
      result["config"] = object["config"] ?? .object(JSONObject())
      result["registered_name"] = className.registeredName.map { .string($0) } ?? .null
      for (key, value) in object.pairs where result[key] == nil { result[key] = value }
    }
    if isModel(result), var config = result["config"]?.object,
      let layers = config["layers"]?.array
    {
      config["layers"] = .array(
        layers.map { layer in
          guard let entry = layer.object, entry["config"] != nil else { return layer }
          return .object(archiveObject(entry, isEntry: true, in: context))
        })
      result["config"] = .object(config)
    }
    return result
  }
}

extension JSON {
  /// The value with zeros in the place of initializers that hold an array, which Keras 2.15 does not read; the weights follow in the
  /// file.
  fileprivate var withoutArrayInitializers: JSON {
    switch self {
    case .array(let elements):
      return .array(elements.map(\.withoutArrayInitializers))
    case .object(let object):
      if object["module"]?.string == "keras.initializers",
        object["class_name"]?.string == "Constant",
        object["config"]?["value"]?.object != nil
      {
        var zeros = object
        zeros["class_name"] = .string("Zeros")
        zeros["config"] = .object(JSONObject())
        return .object(zeros)
      }
      return .object(
        JSONObject(object.pairs.map { ($0.key, $0.value.withoutArrayInitializers) }))
    case .null, .bool, .integer, .double, .string:
      return self
    }
  }

  /// The value without the numbers that say which objects are shared.
  fileprivate var withoutSharedIdentities: JSON {
    switch self {
    case .array(let elements):
      return .array(elements.map(\.withoutSharedIdentities))
    case .object(let object):
      var result = JSONObject()
      for (key, value) in object.pairs where key != "shared_object_id" {
        result[key] = value.withoutSharedIdentities
      }
      return .object(result)
    case .null, .bool, .integer, .double, .string:
      return self
    }
  }
}

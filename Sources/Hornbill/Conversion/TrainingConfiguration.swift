import HornbillCore

/// Optimizer, loss and metrics in the two forms of Keras 3: the `compile_config` of a `.keras` archive, the `training_config` of a
/// legacy `.h5` file.
///
/// Source: Keras 3.15, `keras/src/legacy/saving/saving_utils.py`, `model_metadata` and `compile_args_from_training_config`.
enum TrainingConfiguration {
  /// The form of a legacy file; `nil` for a model that was not compiled.
  static func legacy(_ compileConfig: JSON?) -> JSON? {
    guard let object = compileConfig?.object, let optimizer = object["optimizer"] else {
      return nil
    }
    var result = JSONObject()
    for (key, value) in object.pairs where key != "optimizer" { result[key] = plain(value) }
    var serialized = JSONObject()
    if let name = optimizer.string {
      serialized["class_name"] = .string(name)
      serialized["config"] = .object(JSONObject())
    } else {
      serialized["class_name"] =
        optimizer["registered_name"].flatMap { $0.isNull ? nil : $0 } ?? optimizer["class_name"]
      serialized["config"] = optimizer["config"]
    }
    result["optimizer_config"] = .object(serialized)
    return .object(result)
  }

  /// A loss or metric, or a structure of them, without modules.
  private static func plain(_ value: JSON) -> JSON {
    switch value {
    case .array(let elements):
      return .array(elements.map(plain))
    case .object(let object):
      guard object["class_name"] != nil, object["module"] != nil else {
        return .object(JSONObject(object.pairs.map { ($0.key, plain($0.value)) }))
      }
      if object["class_name"]?.string == "function" {
        return object["registered_name"] ?? object["config"] ?? .null
      }
      let registered = object["registered_name"].flatMap { $0.isNull ? nil : $0 }
      return .object(
        JSONObject([
          ("class_name", registered ?? object["class_name"] ?? .null),
          ("config", object["config"] ?? .object(JSONObject())),
        ]))
    case .null, .bool, .integer, .double, .string:
      return value
    }
  }

  /// The form of an archive; `nil` when the file has none.
  static func archive(_ trainingConfig: JSON?) -> JSON? {
    guard let object = trainingConfig?.object, let optimizer = object["optimizer_config"]?.object
    else { return nil }
    var result = JSONObject([("optimizer", serialized(.object(optimizer), "keras.optimizers"))])
    for (key, value) in object.pairs where key != "optimizer_config" {
      switch key {
      case "loss": result[key] = structure(value, module: "keras.losses")
      case "metrics", "weighted_metrics": result[key] = structure(value, module: "keras.metrics")
      default: result[key] = value
      }
    }
    return .object(result)
  }

  private static func structure(_ value: JSON, module: String) -> JSON {
    switch value {
    case .array(let elements):
      return .array(elements.map { structure($0, module: module) })
    case .object(let object):
      if object["class_name"] != nil { return serialized(value, module) }
      return .object(
        JSONObject(object.pairs.map { ($0.key, structure($0.value, module: module)) }))
    case .null, .bool, .integer, .double, .string:
      return value
    }
  }

  private static func serialized(_ value: JSON, _ module: String) -> JSON {
    guard let object = value.object, object["module"] == nil,
      let name = object["class_name"]?.string
    else { return value }
    let isCustom = name.contains(">")
    let className = isCustom ? name.split(separator: ">").last.map(String.init) ?? name : name
    return .object(
      JSONObject([
        ("module", isCustom ? .null : .string(module)), ("class_name", .string(className)),
        ("config", object["config"] ?? .object(JSONObject())),
        ("registered_name", isCustom ? .string(name) : .null),
      ]))
  }
}

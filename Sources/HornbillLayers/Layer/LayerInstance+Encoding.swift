package import HornbillCore

extension LayerInstance {
  /// The layer's configuration as Keras 3's `get_config` gives it, and what of it Keras 3 cannot say.
  package func configuration() -> (fields: JSONObject, obstacles: [(field: String, reason: String)])
  {
    var encoder = ConfigEncoder()
    layer.encode(to: &encoder)
    if layer is InputLayer {
      encoder.set("name", name)
      return (encoder.fields, encoder.obstacles)
    }
    var fields = JSONObject([("name", .string(name))])
    fields["trainable"] = .bool(trainable)
    fields["dtype"] = storedPolicy ?? statedPolicy.json
    var obstacles = encoder.obstacles
    if storedPolicy == nil, let obstacle = statedPolicy.obstacle {
      obstacles.append(("dtype", obstacle))
    }
    if encoder["activity_regularizer"] == nil, let penalty = storedPenalty {
      fields["activity_regularizer"] = penalty
    }
    for field in (layer as? any CommonFieldsLayer)?.refusedFields ?? [] { fields[field] = nil }
    for (field, value) in encoder.fields.pairs { fields[field] = value }
    return (fields, obstacles)
  }

  /// The layer as Keras 3 serialises it, and what of it Keras 3 cannot say.
  package func encoded() -> (object: JSON, obstacles: [(field: String, reason: String)]) {
    if layer is OpaqueLayer, let stored = source?.object, let config = stored["config"] {
      let name = stored["class_name"] ?? .string(className)
      let object = JSONObject([
        ("module", stored["module"] ?? .null), ("class_name", name), ("config", config),
        ("registered_name", stored["registered_name"] ?? name),
      ])
      return (.object(object), [])
    }
    let (fields, obstacles) = configuration()
    let isCustom = source.map(KerasObject.isCustom) ?? false
    var object = JSON.kerasObject(
      module: isCustom ? source?["module"]?.string ?? "builtins" : "keras.layers",
      className: type(of: layer).className, config: fields,
      registeredName: isCustom ? source?["registered_name"] ?? .null : .null)
    if case .object(var fields) = object, let shapes = source?["build_config"], !shapes.isNull {
      fields["build_config"] = shapes
      object = .object(fields)
    }
    return (object, obstacles)
  }

  /// The policy as the file has it, where that is Keras 3's spelling.
  private var storedPolicy: JSON? {
    guard var stored = source?["config"]?["dtype"]?.object, stored["module"] != nil,
      stored["class_name"]?.string?.contains("DTypePolicy") == true
    else { return nil }
    stored["shared_object_id"] = nil
    return .object(stored)
  }

  /// The policy that the layer's class states.
  private var statedPolicy: DTypePolicy {
    (layer as? any CommonFieldsLayer)?.statedPolicy(policy) ?? policy
  }

  /// The penalty that a file puts on the output of a layer whose class does not know of it.
  private var storedPenalty: JSON? {
    guard let stored = source?["config"]?["activity_regularizer"], !stored.isNull else {
      return nil
    }
    return Regularizer(json: stored).json
  }
}

extension DTypePolicy {
  /// Keras's name of the two types; `nil` when it has none.
  var name: String? {
    switch (variable, compute) {
    case (.float32, .float16): "mixed_float16"
    case (.float32, .bfloat16): "mixed_bfloat16"
    default: variable == compute ? compute.rawValue : nil
    }
  }

  /// Why Keras has no such policy; `nil` when it has one, and for operations, which have none at all.
  var obstacle: String? {
    guard name == nil, self != .operation else { return nil }
    return "no policy of Keras has variables of \(variable) and computes in \(compute)"
  }

  /// The policy as Keras 3 writes it; one without a name as that of its computation.
  package var json: JSON {
    let name = name ?? compute.rawValue
    guard let quantization else {
      return .kerasObject(
        module: "keras", className: "DTypePolicy", config: JSONObject([("name", .string(name))]))
    }
    var config = JSONObject([("mode", .string(quantization)), ("source_name", .string(name))])
    var className = "QuantizedDTypePolicy"
    if quantization == "float8" {
      className = "QuantizedFloat8DTypePolicy"
      config["amax_history_length"] = .integer(Int64(historyLength))
    } else if quantization.hasPrefix("int4/") {
      className = "Int4DTypePolicy"
    } else if quantization.hasPrefix("gptq") {
      className = "GPTQDTypePolicy"
    } else if quantization.hasPrefix("awq") {
      className = "AWQDTypePolicy"
    }
    return .kerasObject(module: "keras.dtype_policies", className: className, config: config)
  }
}

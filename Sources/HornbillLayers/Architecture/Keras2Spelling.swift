import HornbillCore

/// Writes the configurations of layers of Keras 3 as Keras 2.15 has them.
///
/// Sources: `get_config` and the constructors of each class in Keras 2.15 and 3.15.
enum Keras2Spelling {
  /// The configuration of a layer.
  ///
  /// - Throws: ``LayerError`` with the code `unsupported` for a class or value that Keras 2.15 does not have.
  static func config(
    _ config: JSONObject, of className: String
  ) throws(LayerError) -> JSONObject {
    guard !newClasses.contains(className) else {
      throw LayerError(.unsupported, "Keras 2.15 does not read the class \(className)")
    }
    guard className != "RandomCrop" else {
      throw LayerError(.unsupported, "RandomCrop is another function outside training in Keras 2")
    }
    guard config["output_mode"]?.string != "tf_idf" || className == "CategoryEncoding" else {
      throw LayerError(
        .unsupported, "\(className).output_mode: Keras 2.15 keeps the weights of tf_idf otherwise")
    }
    var result = JSONObject()
    for (field, value) in config.pairs {
      if field == "dtype" {
        // To these layers of Keras 2 it is the type of the vocabulary.
        if ["IntegerLookup", "StringLookup", "TextVectorization"].contains(className) { continue }
        result[field] = try dtype(value)
        continue
      }
      if alwaysDropped[className]?.contains(field) == true { continue }
      if let usual = dropped[className]?[field] ?? droppedEverywhere[field] {
        guard value == usual || value.isNull else {
          throw LayerError(
            .unsupported,
            "\(className).\(field): Keras 2.15 does not have it, and it is \(value.brief)")
        }
        continue
      }
      if field == "activation" || field == "recurrent_activation" {
        result[field] = try activation(value, className, field)
        continue
      }
      if field == "zero_output_for_mask", value == .bool(false) { continue }
      if field == "num_bins", config["bin_boundaries"]?.array != nil { continue }
      result[renamed[className]?[field] ?? field] = try inner(value)
    }
    if className == "MultiHeadAttention" {
      for field in ["query_shape", "key_shape", "value_shape"] { result[field] = .null }
    }
    return result
  }

  /// Throws for an encoding of more axes than Keras 2.15 gives.
  static func requireRank(
    _ instance: LayerInstance, _ outputs: [TensorSpec]
  ) throws(LayerError) {
    let encoders = ["CategoryEncoding", "IntegerLookup", "StringLookup", "TextVectorization"]
    guard encoders.contains(instance.className), outputs.first?.shape?.rank ?? 0 > 2,
      let mode = instance.configuration().fields["output_mode"]?.string, mode != "int"
    else { return }
    throw LayerError(
      .unsupported, "\(instance.className).output_mode: Keras 2.15 gives \(mode) of two axes only")
  }

  /// A value inside a configuration; the layers in it are written too.
  private static func inner(_ value: JSON) throws(LayerError) -> JSON {
    switch value {
    case .array(let elements):
      var result: [JSON] = []
      for element in elements { result.append(try inner(element)) }
      return .array(result)
    case .object(let object):
      if object["module"]?.string == "keras.layers", let className = object["class_name"]?.string,
        let fields = object["config"]?.object
      {
        var result = object
        result["config"] = .object(try config(fields, of: className))
        result["build_config"] = nil
        result["shared_object_id"] = nil
        return .object(result)
      }
      if object["class_name"]?.string?.contains("DTypePolicy") == true { return try dtype(value) }
      if let module = object["module"]?.string, module.hasPrefix("keras.src.") {
        throw LayerError(.unsupported, "Keras 2.15 has no module \(module)")
      }
      if object["module"]?.string == "keras.initializers", var fields = object["config"]?.object {
        for field in ["input_axes", "output_axes"] { fields[field] = nil }
        var result = object
        if object["class_name"]?.string == "Constant", fields["value"]?.number == nil {
          // Keras 2.15 does not read an array here; the weights follow in the file.
          result["class_name"] = .string("Zeros")
          fields = JSONObject()
        }
        result["config"] = .object(fields)
        result["shared_object_id"] = nil
        return .object(result)
      }
      var result = JSONObject()
      for (key, value) in object.pairs where key != "shared_object_id" {
        result[key] = try inner(value)
      }
      return .object(result)
    case .null, .bool, .integer, .double, .string:
      return value
    }
  }

  /// A type or policy.
  private static func dtype(_ value: JSON) throws(LayerError) -> JSON {
    let policy = try DTypePolicy(config: value)
    guard policy.quantization == nil else {
      throw LayerError(.unsupported, "Keras 2.15 has no quantized layers")
    }
    guard let name = value.string ?? value["config"]?["name"]?.string else {
      throw LayerError(.unsupported, "Keras 2.15 has no maps of policies")
    }
    guard name.hasPrefix("mixed_") else { return .string(name) }
    return .kerasObject(
      module: "keras.mixed_precision", className: "Policy",
      config: JSONObject([("name", .string(name))]))
  }

  private static func activation(
    _ value: JSON, _ className: String, _ field: String
  ) throws(LayerError) -> JSON {
    let name =
      value.string
      ?? (value["class_name"]?.string == "function" ? value["config"]?.string : nil)
    guard let name else { return try inner(value) }
    if newActivations.contains(name) {
      throw LayerError(
        .unsupported, "\(className).\(field): Keras 2.15 does not have \"\(name)\"")
    }
    if name == "hard_sigmoid" {
      throw LayerError(
        .unsupported, "\(className).\(field): \"hard_sigmoid\" is another function in Keras 2")
    }
    return .string(name)
  }

  private static let newClasses: Set<String> = [
    "AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D", "AugMix",
    "AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "CutMix", "Equalization",
    "FlaxLayer", "GroupQueryAttention", "GroupedQueryAttention", "JaxLayer",
    "MaxNumBoundingBoxes", "MelSpectrogram", "MixUp", "Pipeline", "RMSNormalization",
    "RandAugment", "RandomColorDegeneration", "RandomColorJitter", "RandomElasticTransform",
    "RandomErasing", "RandomGaussianBlur", "RandomGrayscale", "RandomHue", "RandomInvert",
    "RandomPerspective", "RandomPosterization", "RandomSaturation", "RandomSharpness",
    "RandomShear", "ReversibleEmbedding", "STFTSpectrogram", "Solarization",
    "SpectralNormalization", "TFSMLayer",
    "TorchModuleWrapper",
  ]

  private static let newActivations: Set<String> = [
    "celu", "glu", "hard_shrink", "hard_silu", "hard_swish", "hard_tanh", "log_sigmoid",
    "soft_shrink", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "tanh_shrink",
    "threshold",
  ]

  private static let renamed: [String: [String: String]] = [
    "InputLayer": ["batch_shape": "batch_input_shape"],
    "LeakyReLU": ["negative_slope": "alpha"],
  ]

  /// Fields that Keras 2.15 does not know, with the value that says nothing.
  private static let droppedEverywhere: [String: JSON] = [
    "quantization_config": .null, "lora_rank": .null, "lora_alpha": .null,
    "gptq_unpacked_column_size": .null,
  ]

  private static let dropped: [String: [String: JSON]] = [
    "CenterCrop": ["data_format": .string("channels_last")],
    "InputLayer": ["optional": .bool(false)],
    "IntegerLookup": ["oov_method": .string("floormod"), "salt": .null],
    "LayerNormalization": ["rms_scaling": .bool(false)],
    "MultiHeadAttention": ["use_gate": .bool(false), "sliding_window": .null],
    "Resizing": [
      "data_format": .string("channels_last"), "pad_to_aspect_ratio": .bool(false),
      "antialias": .bool(false),
    ],
    "StringLookup": ["oov_method": .string("floormod"), "salt": .null],
    "ZeroPadding1D": ["data_format": .string("channels_last")],
  ]

  /// Fields that Keras 2.15 does not know and that change nothing at inference.
  private static let alwaysDropped: [String: Set<String>] = [
    "Attention": ["seed"], "AdditiveAttention": ["seed"], "ConvLSTM1D": ["seed"],
    "ConvLSTM2D": ["seed"], "ConvLSTM3D": ["seed"], "Embedding": ["input_length"],
    "IntegerLookup": ["vocabulary_size"], "MultiHeadAttention": ["seed", "flash_attention"],
    "RandomBrightness": ["data_format"], "RandomContrast": ["data_format", "value_range"],
    "RandomCrop": ["data_format"], "RandomFlip": ["data_format"],
    "RandomRotation": ["data_format"], "RandomTranslation": ["data_format"],
    "RandomZoom": ["data_format"], "Resizing": ["fill_mode", "fill_value"],
    "StringLookup": ["vocabulary_size"], "TextVectorization": ["vocabulary_size"],
  ]
}

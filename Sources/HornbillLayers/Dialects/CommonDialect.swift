import HornbillCore

/// What every layer's configuration has in common, in every generation.
enum CommonDialect {
  /// Fields whose values are layers or connections: they are translated when their own turn comes.
  private static let nested: Set<String> = [
    "layers", "layer", "backward_layer", "cell", "cells", "input_layers", "output_layers",
  ]

  static func upgrade(_ upgrade: inout LayerUpgrade) {
    for (field, value) in upgrade.fields.pairs where !nested.contains(field) {
      let plain = value.withoutPythonContainers
      if plain != value { upgrade.respell(field, to: plain) }
    }
    upgradeDType(&upgrade)
    if upgrade.className != InputLayer.className {
      let reason = "the model's input states it"
      for field in ["batch_input_shape", "input_shape", "input_dtype"] {
        upgrade.drop(field, because: reason)
      }
    }
  }

  /// Brings `dtype` to a name, or leaves the policies of Keras 3.
  ///
  /// Source: Keras 2.15, `keras/src/mixed_precision/policy.py`; tf.keras 2.0 to 2.3 had `PolicyV1` with a loss scale and the
  /// policy `infer`, whose variables are float32 unless a layer says otherwise.
  private static func upgradeDType(_ upgrade: inout LayerUpgrade) {
    guard let dtype = upgrade["dtype"] else { return }
    if let name = dtype.string {
      let plain = plainDType(name)
      if plain != name {
        upgrade.set("dtype", to: .string(plain), noting: "dtype \(name) spelled \(plain)")
      }
      return
    }
    guard let className = dtype["class_name"]?.string,
      KerasObject.baseName(className).hasPrefix("Policy")
    else { return }
    let config = dtype["config"] ?? .null
    if let scale = config["loss_scale"], !scale.isNull {
      upgrade.note("dropped loss_scale of the dtype policy")
    }
    let name = plainDType(config["name"]?.string ?? "float32")
    upgrade.set("dtype", to: .string(name), noting: "dtype policy \(className) is \(name)")
  }

  /// NumPy's name of a type that TensorFlow or Python spells otherwise.
  private static func plainDType(_ name: String) -> String {
    var name = name
    if name.hasPrefix("<dtype: '"), name.hasSuffix("'>") {
      name = String(name.dropFirst(9).dropLast(2))
    }
    if name.hasSuffix("_ref") { name = String(name.dropLast(4)) }
    switch name {
    case "infer", "_infer", "infer_float32_vars", "float": return "float32"
    case "infer_with_float32_vars": return "float32"
    case "half": return "float16"
    case "double": return "float64"
    case "int": return "int32"
    default: return name
    }
  }

  /// Notes initialisers, regularisers and constraints that are not Keras's: their code is not in the file, and
  /// they do not matter to a model whose weights are there.
  static func noteForeignInitializers(_ upgrade: LayerUpgrade) {
    for (field, value) in upgrade.fields.pairs {
      guard
        let kind = ["initializer", "regularizer", "constraint"].first(where: {
          field.hasSuffix("_" + $0)
        })
      else { continue }
      let isFunction = value["class_name"]?.string == "function"
      let name = (isFunction ? value["config"] : value["class_name"])?.string ?? value.string
      guard let name, isForeign(value, name) else { continue }
      upgrade.note("custom \(kind) \(JSON.string(name).noteText) of \(field) left aside")
    }
  }

  private static func isForeign(_ value: JSON, _ name: String) -> Bool {
    if value.object != nil, KerasObject.isCustom(value) { return true }
    let key = KerasObject.baseName(name).lowercased().filter { $0 != "_" }
    return !known.contains(key)
  }

  /// The names of Keras's own initialisers, regularisers and constraints in all generations, without case and underscores.
  private static let known: Set<String> = [
    "zeros", "zero", "ones", "one", "constant", "randomnormal", "normal", "randomuniform",
    "uniform", "truncatednormal", "variancescaling", "orthogonal", "orthogonalinitializer",
    "identity", "identityinitializer", "stft", "stftinitializer", "lecununiform", "lecunnormal",
    "glorotuniform", "glorotnormal", "henormal", "heuniform", "l1", "l2", "l1l2", "l1l2regularizer",
    "weightregularizer", "activityregularizer", "eigenvalueregularizer", "orthogonalregularizer",
    "maxnorm", "nonneg", "unitnorm", "minmaxnorm", "radialconstraint", "randomnormalv2",
    "randomuniformv2", "truncatednormalv2", "zerosv2", "onesv2", "constantv2", "glorotuniformv2",
    "numpy", "tensor",
  ]
}

extension JSON {
  /// The value with Python's tuples as lists, and with the arrays of Keras 2.0 to 2.3 as numbers and lists.
  ///
  /// Sources: `__tuple__` in Keras 2.15, `keras/src/saving/serialization_lib.py`; `{"type": "ndarray", "value": …}` in Keras 2.2,
  /// `keras/engine/saving.py`, `get_json_type`.
  var withoutPythonContainers: JSON {
    switch self {
    case .null, .bool, .integer, .double, .string:
      return self
    case .array(let elements):
      return .array(elements.map(\.withoutPythonContainers))
    case .object(let object):
      if object["class_name"]?.string == "__tuple__" {
        let items = object["items"] ?? object["config"]?["value"] ?? .array([])
        return items.withoutPythonContainers
      }
      if object.count == 2, let value = object["value"],
        object["type"]?.string.map({ $0 == "ndarray" || $0.contains("numpy.ndarray") }) == true
      {
        return value.withoutPythonContainers
      }
      var result = JSONObject()
      for (key, value) in object.pairs { result[key] = value.withoutPythonContainers }
      return .object(result)
    }
  }
}

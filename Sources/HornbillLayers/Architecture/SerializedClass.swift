import HornbillCore

/// How a serialised object says which Python class it is of.
struct SerializedClass {
  /// The module; `nil` when none is known.
  let module: String?
  /// The class's name in its module.
  let className: String
  /// The name under which the class is registered; `nil` for the public classes of Keras.
  let registeredName: String?

  /// The class of an object in a legacy `.h5` file of Keras 3, which gives a registered name alone.
  ///
  /// Source: Keras 3, `keras/src/saving/serialization_lib.py`, `serialize_keras_object`.
  init(legacyName name: String, isOperation: Bool) {
    if isOperation {
      self.init(module: OperationModule.name(ofClass: name), className: name, registeredName: name)
    } else if let className = SerializedClass.models[name] {
      self = className
    } else if let layer = SerializedClass.publicLayer(name) {
      self.init(module: "keras.layers", className: layer, registeredName: nil)
    } else {
      self.init(module: nil, className: KerasObject.baseName(name), registeredName: name)
    }
  }

  private init(module: String?, className: String, registeredName: String?) {
    self.module = module
    self.className = className
    self.registeredName = registeredName
  }

  private static let models: [String: SerializedClass] = [
    "Functional": SerializedClass(
      module: "keras.src.models.functional", className: "Functional",
      registeredName: "Functional"),
    "Model": SerializedClass(module: "keras", className: "Model", registeredName: nil),
    "Sequential": SerializedClass(module: "keras", className: "Sequential", registeredName: nil),
  ]

  /// The public name of a layer of Keras 3; `nil` for a class of another's.
  private static func publicLayer(_ name: String) -> String? {
    if OpaqueLayer.Reason.layersOfKeras3.contains(name) { return name }
    if let type = LayerRegistry.builtIn.first(where: { $0.pythonName == name }) {
      return type.className
    }
    return LayerRegistry.standard.layer(named: name).map { $0.className }
  }

  /// The name that a legacy file gives to the class of an object.
  static func legacyName(of object: JSONObject) -> String? {
    if let registered = object["registered_name"]?.string { return registered }
    guard let name = object["class_name"]?.string else { return nil }
    return LayerRegistry.standard.layer(named: name)?.pythonName ?? name
  }
}

extension OpaqueLayer.Reason {
  /// The layers of Keras 3 that never run.
  static let layersOfKeras3: Set<String> = [
    "FlaxLayer", "JaxLayer", "Lambda", "TFSMLayer", "TorchModuleWrapper",
  ]
}

package import HornbillCore

/// The layers that a model may be made of, by class name.
///
/// ``standard`` has every layer of Keras that Hornbill runs. To add a layer of your own, take a copy and register it:
///
///     var registry = LayerRegistry.standard
///     registry.register(MyLayer.self)
public struct LayerRegistry: Sendable {
  private var layers: [String: any Layer.Type] = [:]

  /// Makes a registry of the given layers.
  public init(_ layers: [any Layer.Type]) {
    for layer in layers { register(layer) }
  }

  /// Adds a layer under its class name and aliases; an earlier layer of that name gives way.
  public mutating func register(_ layer: any Layer.Type) {
    layers[layer.className] = layer
    for alias in layer.aliases { layers[alias] = layer }
  }

  /// The layer of a class name.
  public func layer(named className: String) -> (any Layer.Type)? { layers[className] }

  /// The class names with their aliases, sorted.
  public var names: [String] { layers.keys.sorted() }

  /// Decodes a layer object.
  ///
  /// A registered name such as `package>Dense` of a custom class that shadows a name of Keras is not Keras's layer.
  func decode(_ object: JSON, in context: DecodingContext) throws(LayerError) -> LayerInstance {
    guard let className = object["class_name"]?.string else {
      throw LayerError(.configuration, "a layer without \"class_name\"")
    }
    let config = object["config"]?.object ?? JSONObject()
    let name =
      config["name"]?.string ?? object["name"]?.string ?? context.automaticName(className)
    do {
      let isCustom = KerasObject.isCustom(object)
      let base = KerasObject.baseName(className)
      guard !isCustom || layers[className] != nil, let type = layers[isCustom ? className : base]
      else {
        return LayerInstance(
          OpaqueLayer(className: base, reason: isCustom ? .customClass : .unknownClass),
          name: name, className: base, trainable: config["trainable"]?.bool ?? true,
          policy: (try? DTypePolicy(config: config["dtype"])) ?? .float32, source: object)
      }
      let fields = ConfigDialect.upgraded(config, className: base, name: name, in: context)
      let layer = try type.init(
        config: LayerConfig(className: base, name: name, fields: fields, context: context))
      return LayerInstance(
        layer, name: name, className: type.className,
        trainable: fields["trainable"]?.bool ?? true,
        policy: try DTypePolicy(config: fields["dtype"]), source: object)
    } catch {
      throw error.at(name)
    }
  }
}

/// The spelling of serialised Python objects.
package enum KerasObject {
  /// Whether an object names a class outside Keras.
  ///
  /// Source: Keras 3, `keras/src/saving/serialization_lib.py`: `registered_name` is null for Keras's own classes, and the class
  /// name itself for those that Keras registers.
  package static func isCustom(_ object: JSON) -> Bool {
    guard let registered = object["registered_name"]?.string,
      let className = object["class_name"]?.string
    else { return object["class_name"]?.string?.contains(">") ?? false }
    if let module = object["module"]?.string, module == "keras" || module.hasPrefix("keras.") {
      return false
    }
    return registered != className || object["module"] != nil
  }

  /// A class name without the package before `>`.
  package static func baseName(_ className: String) -> String {
    guard let mark = className.lastIndex(of: ">") else { return className }
    return String(className[className.index(after: mark)...])
  }
}

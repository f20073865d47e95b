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

  /// Whether a name means a layer of the user's own.
  private func isOwn(_ className: String) -> Bool {
    guard let layer = layers[className] else { return false }
    return !LayerRegistry.builtIn.contains { $0 == layer }
  }

  /// The class names with their aliases, sorted.
  public var names: [String] { layers.keys.sorted() }

  /// Decodes a layer object.
  ///
  /// A registered name such as `package>Dense` of a custom class that shadows a name of Keras is not Keras's layer.
  func decode(_ object: JSON, in context: DecodingContext) throws(LayerError) -> LayerInstance {
    let plain = try LayerObject(object, in: context)
    let config = plain.config
    let name =
      config["name"]?.string ?? object["name"]?.string ?? context.automaticName(plain.className)
    func opaque(_ className: String, _ reason: OpaqueLayer.Reason) -> LayerInstance {
      LayerInstance(
        OpaqueLayer(className: className, reason: reason), name: name, className: className,
        trainable: config["trainable"]?.bool ?? true,
        policy: (try? DTypePolicy(config: config["dtype"])) ?? .float32, source: object)
    }
    do {
      let isCustom = KerasObject.isCustom(plain.json)
      let base = KerasObject.baseName(plain.className)
      if isCustom, !isOwn(plain.className) { return opaque(base, .customClass) }
      let known = isCustom ? plain.className : base
      let upgrade = try ConfigDialect.upgraded(config, className: known, name: name, in: context)
      if let obstacle = upgrade.obstacle { return opaque(base, obstacle) }
      guard let type = layers[upgrade.className] else {
        return opaque(base, OpaqueLayer.Reason(className: base))
      }
      let layer = try type.init(
        config: LayerConfig(
          className: upgrade.className, name: name, fields: upgrade.fields, context: context))
      return LayerInstance(
        layer, name: name, className: type.className,
        trainable: upgrade.fields["trainable"]?.bool ?? true,
        policy: layer is any TensorFlowLayer
          ? .operation : try DTypePolicy(config: upgrade.fields["dtype"], path: name),
        source: plain.json)
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
    let packages = ["keras", "tf_keras", "tensorflow.keras", "tensorflow.python.keras"]
    if let module = object["module"]?.string,
      packages.contains(where: { module == $0 || module.hasPrefix($0 + ".") })
    {
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

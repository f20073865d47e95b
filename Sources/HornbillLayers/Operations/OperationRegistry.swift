package import HornbillCore

/// How a file writes an operation (`keras.ops`) among the layers of a functional model.
enum OperationObject {
  /// Whether an entry is an operation and not a layer.
  ///
  /// A `.keras` file names the module. In an `.h5` file of Keras 3 the module is missing, and names such as `Add` mean a layer and
  /// an operation: an operation's configuration has no `trainable`.
  static func isOperation(_ object: JSON, in context: DecodingContext) -> Bool {
    guard context.rules.kerasMajor >= 3, let className = object["class_name"]?.string else {
      return false
    }
    if let module = object["module"]?.string {
      return module.hasPrefix("keras.src.ops.") || module == "keras.ops"
        || module.hasPrefix("keras.src.activations.") || module.hasPrefix("keras.src.quantizers.")
    }
    guard object["registered_name"] == nil, className != InputLayer.className,
      !(context.registry.layer(named: className) is any ModelLayer.Type),
      let calls = object["inbound_nodes"]?.array, !calls.isEmpty
    else { return false }
    return object["config"]?["trainable"] == nil
      && OperationRegistry.standard.operations[className] != nil
  }
}

/// The operations of `keras.ops` that a model may hold, by class name.
package struct OperationRegistry: Sendable {
  /// Makes the layer that stands for an operation.
  package typealias Decoder = @Sendable (LayerConfig) throws(LayerError) -> any Layer

  package private(set) var operations: [String: Decoder]

  package init(_ tables: [[String: Decoder]]) {
    operations = [:]
    for table in tables { operations.merge(table) { first, _ in first } }
  }

  /// Every operation that Hornbill runs.
  package static let standard = OperationRegistry([maskOperations])

  /// The operations with which Keras 3 computes masks.
  private static let maskOperations: [String: Decoder] = [
    NotEqualOperation.className: { (config) throws(LayerError) in
      try NotEqualOperation(config: config)
    },
    AnyOperation.className: { (config) throws(LayerError) in try AnyOperation(config: config) },
  ]
}

extension LayerRegistry {
  /// Decodes an operation of a functional model.
  func decodeOperation(
    _ object: JSON, name: String?, in context: DecodingContext
  ) throws(LayerError) -> LayerInstance {
    let className = object["class_name"]?.string ?? ""
    let config = object["config"]?.object ?? JSONObject()
    let name = name ?? context.automaticName(className)
    guard let decode = OperationRegistry.standard.operations[className] else {
      return LayerInstance(
        OpaqueLayer(className: className, reason: .unknownClass), name: name,
        className: className, trainable: true, policy: .float32, source: object)
    }
    do {
      let layer = try decode(
        LayerConfig(className: className, name: name, fields: config, context: context))
      return LayerInstance(
        layer, name: name, className: className, trainable: true, policy: .operation,
        source: object)
    } catch {
      throw error.at(name)
    }
  }
}

extension DTypePolicy {
  /// Operations compute in the types of their operands.
  static let operation = DTypePolicy(variable: .float32, compute: .string)
}

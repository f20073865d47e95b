import HornbillCore

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
    if let module = object["module"]?.string { return isModule(module) }
    guard object["registered_name"] == nil, className != InputLayer.className,
      !(context.registry.layer(named: className) is any ModelLayer.Type),
      let calls = object["inbound_nodes"]?.array, !calls.isEmpty
    else { return false }
    return object["config"]?["trainable"] == nil
      && (OperationRegistry.standard.operations[className] != nil
        || OperationRegistry.withCode.contains(className))
  }

  /// Whether a module of Keras 3 defines operations.
  static func isModule(_ module: String) -> Bool {
    module.hasPrefix("keras.src.ops.") || module == "keras.ops"
      || module.hasPrefix("keras.src.activations.") || module.hasPrefix("keras.src.quantizers.")
  }
}

/// The operations of `keras.ops` that a model may hold, by class name.
package struct OperationRegistry: Sendable {
  /// What each class does.
  package private(set) var operations: [String: Operation.Rule]

  init(_ tables: [[String: Operation.Rule]]) {
    operations = [:]
    for table in tables { operations.merge(table) { first, _ in first } }
  }

  /// Every operation that Hornbill knows.
  package static let standard = OperationRegistry([
    UnaryOperations.rules, BinaryOperations.rules, LogicOperations.rules,
    ReductionOperations.rules, NormOperations.rules, ScanOperations.rules,
    QuantileOperations.rules, ShapeOperations.rules, ArrangementOperations.rules,
    DiagonalOperations.rules, RearrangeOperation.rules, IndexOperations.rules,
    CreationOperations.rules, ProductOperations.rules, LinearAlgebraOperations.rules,
    SortingOperations.rules, SegmentOperations.rules, FourierOperations.rules,
    ActivationOperations.rules, NormalizationOperations.rules, LossOperations.rules,
    CTCOperations.rules, AttentionOperations.rules, ConvolutionOperations.rules,
    PatchOperations.rules, ImageOperations.rules, ImageTransformOperations.rules,
    ImageFilterOperations.rules,
  ])

  /// The classes that hold Python functions.
  package static let withCode: Set<String> = [
    "AssociativeScan", "Cond", "ForiLoop", "JVP", "Map", "Scan", "Switch", "VectorizedMap",
    "WhileLoop",
  ]

  /// The classes that are known but never run: their results are complex or random, or Keras cannot make them.
  package static let refused: Set<String> = withCode.union([
    "Arange", "Eig", "ElasticTransform", "Histogram", "ViewAsComplex",
  ])
}

extension LayerRegistry {
  /// Decodes an operation of a functional model.
  func decodeOperation(
    _ object: JSON, name: String?, in context: DecodingContext
  ) throws(LayerError) -> LayerInstance {
    let className = object["class_name"]?.string ?? ""
    let name = name ?? context.automaticName(className)
    guard let rule = OperationRegistry.standard.operations[className] else {
      let reason: OpaqueLayer.Reason =
        OperationRegistry.withCode.contains(className) ? .code : .unknownClass
      return LayerInstance(
        OpaqueLayer(className: className, reason: reason), name: name,
        className: className, trainable: true, policy: .float32, source: object)
    }
    let fields = object["config"]?.object ?? JSONObject()
    return LayerInstance(
      Operation(className: className, fields: fields, rule: rule), name: name,
      className: className, trainable: true, policy: .operation, source: object)
  }
}

extension DTypePolicy {
  /// Operations compute in the types of their operands.
  static let operation = DTypePolicy(variable: .float32, compute: .string)
}

public import HornbillCore

extension SymbolicTensor {
  /// What an operation of `keras.ops` gives.
  ///
  /// - Parameters:
  ///   - className: the operation's class in Keras, for example `Tanh`, `Reshape` or `Matmul`.
  ///   - arguments: the positional arguments.
  ///   - configuration: the arguments of the class's constructor by their names in Python.
  public static func operation(
    _ className: String, _ arguments: [SymbolicArgument],
    configuration: KeyValuePairs<String, JSON> = [:]
  ) -> SymbolicTensor {
    LayerInstance.operation(className, configuration.map { ($0.key, $0.value) }).call(arguments)
  }

  /// The sum, element by element.
  public static func + (left: SymbolicTensor, right: SymbolicTensor) -> SymbolicTensor {
    operation("Add", [.tensor(left), .tensor(right)])
  }

  /// The sum with a number.
  public static func + (left: SymbolicTensor, right: Double) -> SymbolicTensor {
    operation("Add", [.tensor(left), .number(right)])
  }

  /// The sum of a number and a tensor.
  public static func + (left: Double, right: SymbolicTensor) -> SymbolicTensor {
    operation("Add", [.number(left), .tensor(right)])
  }

  /// The difference, element by element.
  public static func - (left: SymbolicTensor, right: SymbolicTensor) -> SymbolicTensor {
    operation("Subtract", [.tensor(left), .tensor(right)])
  }

  /// The tensor less a number.
  public static func - (left: SymbolicTensor, right: Double) -> SymbolicTensor {
    operation("Subtract", [.tensor(left), .number(right)])
  }

  /// A number less the tensor.
  public static func - (left: Double, right: SymbolicTensor) -> SymbolicTensor {
    operation("Subtract", [.number(left), .tensor(right)])
  }

  /// The product, element by element.
  public static func * (left: SymbolicTensor, right: SymbolicTensor) -> SymbolicTensor {
    operation("Multiply", [.tensor(left), .tensor(right)])
  }

  /// The product with a number.
  public static func * (left: SymbolicTensor, right: Double) -> SymbolicTensor {
    operation("Multiply", [.tensor(left), .number(right)])
  }

  /// The product of a number and a tensor.
  public static func * (left: Double, right: SymbolicTensor) -> SymbolicTensor {
    operation("Multiply", [.number(left), .tensor(right)])
  }

  /// The quotient, element by element.
  public static func / (left: SymbolicTensor, right: SymbolicTensor) -> SymbolicTensor {
    operation("TrueDivide", [.tensor(left), .tensor(right)])
  }

  /// The tensor divided by a number.
  public static func / (left: SymbolicTensor, right: Double) -> SymbolicTensor {
    operation("TrueDivide", [.tensor(left), .number(right)])
  }

  /// A number divided by the tensor.
  public static func / (left: Double, right: SymbolicTensor) -> SymbolicTensor {
    operation("TrueDivide", [.number(left), .tensor(right)])
  }

  /// The opposite.
  public static prefix func - (operand: SymbolicTensor) -> SymbolicTensor {
    operation("Negative", [.tensor(operand)])
  }

  /// The product of matrices.
  public func matmul(_ other: SymbolicTensor) -> SymbolicTensor {
    SymbolicTensor.operation("Matmul", [.tensor(self), .tensor(other)])
  }

  /// A power, element by element.
  public func power(_ exponent: Double) -> SymbolicTensor {
    SymbolicTensor.operation("Power", [.tensor(self), .number(exponent)])
  }
}

extension LayerInstance {
  /// An operation of `keras.ops`, which gets Keras's automatic name.
  fileprivate static func operation(
    _ className: String, _ configuration: [(String, JSON)]
  ) -> LayerInstance {
    let layer: any Layer
    if let rule = OperationRegistry.standard.operations[className] {
      layer = Operation(className: className, fields: JSONObject(configuration), rule: rule)
    } else {
      layer = OpaqueLayer(className: className, reason: .unknownClass)
    }
    return LayerInstance(
      automatic: layer, name: SnakeCase.name(of: className), className: className,
      policy: .operation,
      source: .object(
        JSONObject([
          ("class_name", .string(className)), ("config", .object(JSONObject(configuration))),
        ])))
  }
}

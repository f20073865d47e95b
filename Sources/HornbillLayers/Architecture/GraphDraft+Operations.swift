import HornbillCore

extension GraphDraft {
  /// Adds an operation of `keras.ops` with one result and calls it.
  ///
  /// - Parameters:
  ///   - className: the operation's class.
  ///   - operands: the positional arguments.
  ///   - fields: the operation's configuration.
  ///   - dtype: the type of the result; that of the first operand when absent.
  mutating func apply(
    _ className: String, _ operands: Argument<DraftTensor>..., fields: [(String, JSON)] = [],
    keywords: [(name: String, value: Argument<DraftTensor>)] = [], shape: Shape? = nil,
    dtype: DType? = nil
  ) -> DraftTensor {
    let type = dtype ?? operands.lazy.flatMap(\.tensors).first?.spec.dtype ?? .float32
    let known = shape ?? GraphDraft.elementwiseShape(className, operands)
    return operation(
      className, fields, operands, keywords: keywords, outputs: [TensorSpec(known, type)])[0]
  }

  /// The operations of each element that have one operand, and those that have several.
  private static let elementwise: Set<String> = [
    "Absolute", "Add", "Cast", "Divide", "DivideNoNan", "Equal", "Exp", "FloorDivide", "Fmod",
    "Greater", "GreaterEqual", "Less", "LessEqual", "Log", "Log1p", "LogicalAnd", "LogicalNot",
    "LogicalOr", "Maximum", "Minimum", "Mod", "Multiply", "Negative", "NotEqual", "OnesLike",
    "Power", "Reciprocal", "Relu", "Round", "Rsqrt", "Sigmoid", "Sign", "Softplus", "Sqrt",
    "Square", "StopGradient", "Subtract", "Where", "ZerosLike",
  ]

  /// What broadcasting gives for an operation of each element; `nil` where it is not known.
  private static func elementwiseShape(
    _ className: String, _ operands: [Argument<DraftTensor>]
  ) -> Shape? {
    guard elementwise.contains(className) else { return nil }
    var result: [Int?] = []
    for operand in operands {
      guard var other = extents(operand) else { return nil }
      let rank = max(other.count, result.count)
      other.insert(contentsOf: [Int?](repeating: 1, count: rank - other.count), at: 0)
      result.insert(contentsOf: [Int?](repeating: 1, count: rank - result.count), at: 0)
      result = zip(result, other).map { $0 == 1 ? $1 : $1 == 1 ? $0 : $0 ?? $1 }
    }
    return Shape(result)
  }

  /// The extents of an operand; `nil` where they are not known.
  static func extents(_ operand: Argument<DraftTensor>) -> [Int?]? {
    switch operand {
    case .tensor(let tensor): tensor.spec.shape?.dimensions
    case .array(let array): array.shape
    case .integer, .number, .bool: []
    default: nil
    }
  }

  /// Adds a layer that the old model does not have and calls it.
  ///
  /// - Parameters:
  ///   - object: the serialised layer.
  ///   - entry: its position if it has been added already.
  mutating func callLayer(
    _ entry: Int, _ input: DraftTensor, shape: Shape? = nil
  ) -> DraftTensor {
    call(
      entry, CallArguments([.tensor(input)]), outputs: [TensorSpec(shape, input.spec.dtype)])[0]
  }

  /// Adds a public layer of Keras 3.
  ///
  /// - Returns: its position.
  mutating func addLayer(
    _ className: String, named name: String, dtype: JSON, trainable: Bool = true,
    _ fields: [(String, JSON)]
  ) -> Int {
    var config = JSONObject([
      ("name", .string(name)), ("trainable", .bool(trainable)), ("dtype", dtype),
    ])
    for (field, value) in fields { config[field] = value }
    let object = JSON.kerasObject(module: "keras.layers", className: className, config: config)
    return add(object.object ?? JSONObject(), name: name)
  }

  /// Adds a reshape that keeps the batch.
  mutating func reshape(_ x: DraftTensor, to extents: [Int]) -> DraftTensor {
    apply(
      "Reshape", .tensor(x), fields: [("newshape", .integers([-1] + extents))],
      shape: Shape([nil] + extents.map { $0 }))
  }

  /// Adds an axis of extent 1; a constant gets it at once.
  mutating func expandDims(
    _ operand: Argument<DraftTensor>, axis: Int
  ) -> Argument<DraftTensor> {
    guard case .array(let array) = operand else {
      return .tensor(apply("ExpandDims", operand, fields: [("axis", .integer(Int64(axis)))]))
    }
    var shape = array.shape
    let place = axis < 0 ? axis + shape.count + 1 : axis
    guard (0...shape.count).contains(place) else { return operand }
    shape.insert(1, at: place)
    return .array(array.withShape(shape))
  }

  /// Adds a change of the order of axes.
  mutating func transpose(_ x: DraftTensor, _ axes: [Int]) -> DraftTensor {
    apply(
      "Transpose", .tensor(x), fields: [("axes", .integers(axes))],
      shape: x.spec.shape.map { shape in Shape(axes.map { shape.dimensions[$0] }) })
  }
}

import HornbillCore

/// The arguments of a TensorFlow function: the first by position, the others by name; those of a raw operation all by position,
/// with its attributes by name.
extension OperationCall {
  /// An argument at a position or under one of several names; `nil` when it is absent or `None`.
  func value(_ position: Int?, _ names: String...) -> Argument<Flow>? {
    value(position, names)
  }

  func value(_ position: Int?, _ names: [String]) -> Argument<Flow>? {
    arguments.value(position, names)
  }

  func missing(_ name: String) -> LayerError {
    LayerError(.unsupported, "\(className): the file does not hold the argument \"\(name)\"")
  }

  func bad(_ name: String, expected: String) -> LayerError {
    LayerError(.configuration, "\(className): \"\(name)\" is not \(expected)")
  }

  /// An argument that must be there.
  func required(_ position: Int?, _ names: String...) throws(LayerError) -> Argument<Flow> {
    guard let argument = value(position, names) else { throw missing(names.first ?? "") }
    return argument
  }

  /// A truth value.
  func flag(_ names: String..., default fallback: Bool = false) throws(LayerError) -> Bool {
    switch value(nil, names) {
    case nil: return fallback
    case .bool(let flag): return flag
    case .integer(let number): return number != 0
    default: throw bad(names.first ?? "", expected: "true or false")
    }
  }

  /// A number.
  func real(
    _ position: Int? = nil, _ names: String..., default fallback: Double? = nil,
    in g: GraphBuilder
  ) throws(LayerError) -> Double {
    switch value(position, names) {
    case nil:
      guard let fallback else { throw missing(names.first ?? "") }
      return fallback
    case .integer(let number): return Double(number)
    case .number(let number): return number
    case .bool(let flag): return flag ? 1 : 0
    case .array(let tensor) where tensor.count == 1: return tensor.doubles?.first ?? .nan
    case .tensor(let flow):
      if let known = g.folded(flow.value)?.values, known.count == 1 { return known[0] }
      throw LayerError(.unsupported, "\(className): \"\(names.first ?? "")\" is a tensor")
    default: throw bad(names.first ?? "", expected: "a number")
    }
  }

  /// Text; `nil` when it is absent.
  func text(_ names: String...) throws(LayerError) -> String? {
    switch value(nil, names) {
    case nil: return nil
    case .string(let text): return text
    default: throw bad(names.first ?? "", expected: "text")
    }
  }

  /// An element type; `nil` when it is absent.
  func type(_ names: String...) throws(LayerError) -> DType? {
    guard case .string(let text)? = value(nil, names) else { return nil }
    guard let dtype = DType(tensorFlow: text) else {
      throw LayerError(
        .unsupported, "\(className): the type \"\(text.prefix(40))\" is not supported")
    }
    return dtype
  }

  /// A whole number that is known while the graph is built; `nil` when it is absent.
  func whole(
    _ position: Int? = nil, _ names: String..., in g: GraphBuilder
  ) throws(LayerError) -> Int? {
    guard let argument = value(position, names) else { return nil }
    let numbers = try g.wholes(argument, className)
    guard numbers.count == 1 else { throw bad(names.first ?? "", expected: "an integer") }
    return numbers[0]
  }

  /// Whole numbers that are known while the graph is built; `nil` when the argument is absent.
  func wholes(
    _ position: Int? = nil, _ names: String..., in g: GraphBuilder
  ) throws(LayerError) -> [Int]? {
    guard let argument = value(position, names) else { return nil }
    return try g.wholes(argument, className)
  }

  /// Whole numbers that must be there.
  func requiredWholes(
    _ position: Int? = nil, _ name: String, in g: GraphBuilder
  ) throws(LayerError) -> [Int] {
    guard let argument = value(position, name) else { throw missing(name) }
    return try g.wholes(argument, className)
  }

  /// The first operand as a tensor.
  func x(_ g: inout GraphBuilder) throws(LayerError) -> Value {
    try g.operand(argument(0))
  }

  /// Operands in the type of those that are tensors; TensorFlow does not promote.
  func same(
    _ operands: [Argument<Flow>], _ g: inout GraphBuilder
  ) throws(LayerError) -> [Value] {
    var dtype: DType?
    for flow in operands.flatMap(\.tensors) {
      let own = g.dtype(flow.value)
      guard dtype == nil || dtype == own else {
        throw LayerError(
          .shape, "\(className) of operands of the types \(dtype ?? own) and \(own)")
      }
      dtype = own
    }
    if dtype == nil {
      for case .array(let tensor) in operands where dtype == nil { dtype = tensor.dtype }
    }
    if dtype == nil { dtype = try type("T", "dtype") }
    var common = dtype
    if common == nil {
      var types: [OperandType] = []
      for operand in operands { types.append(try g.operandType(operand)) }
      common = try TypePromotion.dtype(types)
    }
    var values: [Value] = []
    for operand in operands { values.append(try g.operand(operand, as: common)) }
    return values
  }

  /// Two operands in one type.
  func both(
    _ names: String..., in g: inout GraphBuilder
  ) throws(LayerError) -> (Value, Value) {
    guard let second = value(1, names) else { throw missing(names.first ?? "y") }
    let values = try same([argument(0), second], &g)
    return (values[0], values[1])
  }

  /// The axes to fold; all of them when none are named.
  func folds(_ x: Value, in g: GraphBuilder) throws(LayerError) -> [Int] {
    guard let given = try wholes(1, "axis", "reduction_indices", "axes", in: g) else {
      return Array(0..<g.rank(x))
    }
    var result: [Int] = []
    for axis in given { result.append(try g.axis(axis, of: x)) }
    return Set(result).sorted()
  }

  /// Whether folded axes stay with extent 1.
  var keeps: Bool {
    get throws(LayerError) { try flag("keepdims", "keep_dims") }
  }

  /// The elements of the first argument, which is a list of operands.
  var elements: [Argument<Flow>] {
    get throws(LayerError) {
      if case .list(let elements) = try argument(0) { return elements }
      return [try argument(0)]
    }
  }

  /// An operation of Keras 3 of the same meaning on tensors.
  func keras(
    _ name: String, _ values: [Value], _ fields: [(String, JSON)] = [], _ g: inout GraphBuilder
  ) throws(LayerError) -> [Value] {
    guard let rule = OperationRegistry.standard.operations[name] else {
      throw LayerError(.unsupported, "\(className) is not supported")
    }
    return try rule(
      OperationCall(
        className: className, fields: JSONObject(fields),
        arguments: CallArguments(values.map { .tensor(Flow($0)) })), &g)
  }
}

extension GraphBuilder {
  /// The whole numbers of an argument, of its tensors those that are known while the graph is built.
  ///
  /// - Throws: ``LayerError`` with the code `unsupported` when they depend on the model's inputs.
  func wholes(
    _ argument: Argument<Flow>, _ owner: String
  ) throws(LayerError) -> [Int] {
    switch argument {
    case .integer(let number): return [Int(number)]
    case .number(let number):
      if let whole = Int(exactly: number) { return [whole] }
    case .bool(let flag): return [flag ? 1 : 0]
    case .array(let tensor):
      if let integers = tensor.integers { return integers.map { Int($0) } }
      let numbers = (tensor.doubles ?? [.nan]).map { Int(exactly: $0) }
      if !numbers.contains(nil) { return numbers.compactMap { $0 } }
    case .list(let elements):
      var result: [Int] = []
      for element in elements {
        if case .none = element {
          result.append(-1)
        } else {
          result += try wholes(element, owner)
        }
      }
      return result
    case .tensor(let flow):
      if let integers = folded(flow.value)?.integers { return integers }
      throw LayerError(
        .unsupported, "\(owner): an extent or axis depends on the elements of the model's inputs")
    default: break
    }
    throw LayerError(.configuration, "\(owner): an argument is not of whole numbers")
  }

  /// The product of extents.
  func product(_ extents: [Int]) throws(LayerError) -> Int {
    guard let count = Shape.elementCount(extents) else {
      throw LayerError(.shape, "a tensor of shape \(Shape(extents)) has too many elements")
    }
    return count
  }
}

extension DType {
  /// A type in TensorFlow's spelling: `float32`, `DT_FLOAT`, `<dtype: 'float32'>`, or the number of the type in a protocol buffer.
  init?(tensorFlow text: String) {
    if let dtype = DType(rawValue: text) {
      self = dtype
      return
    }
    let names: [String: DType] = [
      "DT_FLOAT": .float32, "DT_DOUBLE": .float64, "DT_HALF": .float16,
      "DT_BFLOAT16": .bfloat16, "DT_INT8": .int8, "DT_INT16": .int16, "DT_INT32": .int32,
      "DT_INT64": .int64, "DT_UINT8": .uint8, "DT_UINT16": .uint16, "DT_UINT32": .uint32,
      "DT_UINT64": .uint64, "DT_BOOL": .bool, "DT_STRING": .string, "1": .float32, "2": .float64,
      "3": .int32, "4": .uint8, "5": .int16, "6": .int8, "7": .string, "9": .int64, "10": .bool,
      "14": .bfloat16, "17": .uint16, "19": .float16, "22": .uint32, "23": .uint64,
    ]
    let parts = text.split(separator: "'")
    guard let dtype = names[text] ?? (parts.count == 3 ? DType(rawValue: String(parts[1])) : nil)
    else { return nil }
    self = dtype
  }
}

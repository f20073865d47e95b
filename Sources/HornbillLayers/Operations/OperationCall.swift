package import HornbillCore

/// A call of an operation while it is lowered: the operation's own arguments, and its operands.
package struct OperationCall: Sendable {
  /// The operation's class.
  package let className: String
  /// The arguments of the operation's constructor.
  package let fields: JSONObject
  /// The operands.
  package let arguments: CallArguments<Flow>

  package init(
    className: String, fields: JSONObject = JSONObject(), arguments: CallArguments<Flow>
  ) {
    self.className = className
    self.fields = fields
    self.arguments = arguments
  }

  /// The call with other operands.
  func with(_ arguments: CallArguments<Flow>) -> OperationCall {
    OperationCall(className: className, fields: fields, arguments: arguments)
  }

  // MARK: Operands

  /// An operand; `nil` when it is absent or `None`.
  package func optional(_ position: Int, _ name: String) -> Argument<Flow>? {
    guard let argument = arguments.parameter(position, name) else { return nil }
    if case .none = argument { return nil }
    return argument
  }

  /// An operand.
  ///
  /// - Throws: ``LayerError`` when it is absent.
  package func argument(_ position: Int, _ name: String = "") throws(LayerError) -> Argument<Flow> {
    guard let argument = optional(position, name) else {
      throw LayerError(.wiring, "\(className) lacks its operand \(position + 1)")
    }
    return argument
  }

  /// A positional operand as a tensor.
  package func tensor(
    _ position: Int, _ graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    try graph.operand(argument(position))
  }

  /// An operand as a tensor.
  package func tensor(
    _ position: Int, _ name: String, _ graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    try graph.operand(argument(position, name))
  }

  /// An operand as a tensor; `nil` when it is absent or `None`.
  package func optionalTensor(
    _ position: Int, _ name: String, _ graph: inout GraphBuilder
  ) throws(LayerError) -> Value? {
    guard let argument = optional(position, name) else { return nil }
    return try graph.operand(argument)
  }

  /// The operands of a list that is one argument, or else all positional arguments.
  package func tensorList() throws(LayerError) -> [Argument<Flow>] {
    if arguments.positional.count == 1, case .list(let elements) = arguments.positional[0] {
      return elements
    }
    return arguments.positional
  }

  /// The first two operands in their common type.
  package func pair(
    isStrong: Bool = false, isFloating: Bool = false, _ graph: inout GraphBuilder
  ) throws(LayerError) -> (Value, Value) {
    let values = try graph.promoted(
      [argument(0, "x1"), argument(1, "x2")], isStrong: isStrong, isFloating: isFloating)
    return (values[0], values[1])
  }

  // MARK: Constructor arguments

  /// The value of a field; `nil` when it is absent or `null`.
  package subscript(field: String) -> JSON? {
    guard let value = fields[field], !value.isNull else { return nil }
    return value
  }

  /// The complaint about a field.
  package func invalid(_ field: String, expected: String) -> LayerError {
    LayerError(
      .configuration,
      "\(className).\(field): expected \(expected), found \(fields[field]?.brief ?? "nothing")")
  }

  /// A whole number.
  package func integer(_ field: String, default fallback: Int? = nil) throws(LayerError) -> Int {
    if self[field] == nil, let fallback { return fallback }
    guard let number = self[field]?.int else { throw invalid(field, expected: "an integer") }
    return number
  }

  /// A whole number of at least a bound.
  package func integer(
    _ field: String, atLeast bound: Int, default fallback: Int? = nil
  ) throws(LayerError) -> Int {
    let number = try integer(field, default: fallback)
    guard number >= bound else {
      throw invalid(field, expected: "an integer of at least \(bound)")
    }
    return number
  }

  /// A number.
  package func number(_ field: String, default fallback: Double? = nil) throws(LayerError) -> Double
  {
    if self[field] == nil, let fallback { return fallback }
    guard let number = self[field]?.number else { throw invalid(field, expected: "a number") }
    return number
  }

  /// A truth value.
  package func bool(_ field: String, default fallback: Bool = false) throws(LayerError) -> Bool {
    guard let value = self[field] else { return fallback }
    guard let bool = value.bool else { throw invalid(field, expected: "true or false") }
    return bool
  }

  /// Text.
  package func string(_ field: String, default fallback: String) throws(LayerError) -> String {
    guard let value = self[field] else { return fallback }
    guard let text = value.string else { throw invalid(field, expected: "text") }
    return text
  }

  /// One of several words.
  package func choice<Choice: RawRepresentable & CaseIterable>(
    _ field: String, default fallback: Choice
  ) throws(LayerError) -> Choice where Choice.RawValue == String {
    guard let value = self[field] else { return fallback }
    guard let choice = value.string.flatMap(Choice.init(rawValue:)) else {
      let words = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
      throw invalid(field, expected: words)
    }
    return choice
  }

  /// An element type; `nil` when it is absent or `null`.
  package func dtype(_ field: String = "dtype") throws(LayerError) -> DType? {
    guard let value = self[field] else { return nil }
    guard let dtype = value.string.flatMap(DType.init(rawValue:)) else {
      throw invalid(field, expected: "an element type")
    }
    return dtype
  }

  /// One whole number or a list of them; `nil` when the field is absent or `null`.
  package func integers(_ field: String) throws(LayerError) -> [Int]? {
    guard let value = self[field] else { return nil }
    if let number = value.int { return [number] }
    guard let elements = value.array else {
      throw invalid(field, expected: "an integer or a list of integers")
    }
    var result: [Int] = []
    for element in elements {
      guard let number = element.int else {
        throw invalid(field, expected: "an integer or a list of integers")
      }
      result.append(number)
    }
    return result
  }

  /// As many whole numbers as there are axes, each of at least a bound; one number stands for all.
  package func extents(
    _ field: String, axes: Int, atLeast bound: Int = 1, default fallback: [Int]? = nil
  ) throws(LayerError) -> [Int] {
    let given = try integers(field)
    if given == nil, let fallback { return fallback }
    var numbers = given ?? []
    if self[field]?.int != nil || numbers.count == 1 {
      numbers = [Int](repeating: numbers.first ?? 0, count: axes)
    }
    guard numbers.count == axes, numbers.allSatisfy({ $0 >= bound }) else {
      throw invalid(field, expected: "\(axes) integers of at least \(bound)")
    }
    return numbers
  }

  /// The axes that a reduction folds: those of the field, or all when it is `null`; counted from the front.
  package func axes(
    _ field: String = "axis", of x: Value, in graph: GraphBuilder
  ) throws(LayerError) -> [Int] {
    guard let given = try integers(field) else { return Array(0..<graph.rank(x)) }
    var result: [Int] = []
    for axis in given {
      let resolved = try graph.axis(axis, of: x)
      guard !result.contains(resolved) else {
        throw invalid(field, expected: "axes that differ")
      }
      result.append(resolved)
    }
    return result
  }
}

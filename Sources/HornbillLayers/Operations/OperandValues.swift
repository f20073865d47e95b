package import HornbillCore

/// Operands of operations as values of a graph.
extension GraphBuilder {
  /// What is known of an operand's type before it meets others.
  ///
  /// - Throws: ``LayerError`` for an argument that is no operand.
  package func operandType(_ argument: Argument<Flow>) throws(LayerError) -> OperandType {
    switch argument {
    case .tensor(let flow): return .dtype(dtype(flow.value))
    case .bool: return .dtype(.bool)
    case .integer: return .pythonInteger
    case .number: return .pythonNumber
    case .array(let tensor): return .dtype(tensor.dtype)
    case .string: return .dtype(.string)
    case .list(let elements):
      if elements.isEmpty { return .dtype(.float32) }
      var types: [OperandType] = []
      for element in elements { types.append(try operandType(element)) }
      return .dtype(try TypePromotion.dtype(types))
    case .none, .dictionary, .slice, .ellipsis:
      throw LayerError(.wiring, "an operand is neither a tensor nor a number")
    }
  }

  /// An operand as a tensor, of a type or else of the type that Keras's `convert_to_tensor` gives it.
  ///
  /// - Throws: ``LayerError`` for an argument that is no operand.
  package mutating func operand(
    _ argument: Argument<Flow>, as dtype: DType? = nil
  ) throws(LayerError) -> Value {
    switch argument {
    case .tensor(let flow):
      try requireReal(flow.value)
      return try cast(flow.value, to: dtype ?? self.dtype(flow.value))
    case .bool(let value): return try number(value ? 1 : 0, dtype ?? .bool)
    case .integer(let value): return try integer(value, dtype ?? .int32)
    case .number(let value): return try number(value, dtype ?? .float32)
    case .array(let tensor): return try cast(constant(tensor), to: dtype ?? tensor.dtype)
    case .string(let text): return constant(Tensor(shape: [], text: [text]))
    case .list(let elements):
      return try list(elements, as: dtype)
    case .none, .dictionary, .slice, .ellipsis:
      throw LayerError(.wiring, "an operand is neither a tensor nor a number")
    }
  }

  /// A list as a tensor: its elements along a new first axis.
  private mutating func list(
    _ elements: [Argument<Flow>], as dtype: DType?
  ) throws(LayerError) -> Value {
    if let literal = Tensor(literal: .list(elements), as: dtype) {
      return try cast(constant(literal), to: dtype ?? literal.dtype)
    }
    var types: [OperandType] = []
    for element in elements { types.append(try operandType(element)) }
    let common = try TypePromotion.dtype(types)
    var values: [Value] = []
    for element in elements { values.append(try operand(element, as: dtype ?? common)) }
    return try stack(values, axis: 0)
  }

  /// A number as a scalar, rounded to a half type as Keras's constants are.
  package mutating func number(_ number: Double, _ dtype: DType) throws(LayerError) -> Value {
    dtype == .float16 || dtype == .bfloat16
      ? try cast(scalar(number, .float32), to: dtype) : scalar(number, dtype)
  }

  /// A whole number as a scalar, exact in the integer types.
  package mutating func integer(_ number: Int64, _ dtype: DType) throws(LayerError) -> Value {
    if dtype == .string || dtype.isFloatingPoint || number.magnitude < 1 << 53 {
      return try self.number(Double(number), dtype)
    }
    return try cast(constant(Tensor(shape: [], integers: [number])), to: dtype)
  }

  /// Operands in their common type.
  ///
  /// - Parameters:
  ///   - isStrong: whether numbers of Python count as `int32` and `float32` tensors.
  ///   - isFloating: whether the result is of a floating-point type.
  /// - Throws: ``LayerError`` when the operands have no common type.
  package mutating func promoted(
    _ arguments: [Argument<Flow>], isStrong: Bool = false, isFloating: Bool = false
  ) throws(LayerError) -> [Value] {
    var types: [OperandType] = isFloating ? [.pythonNumber] : []
    for argument in arguments {
      switch try operandType(argument) {
      case .pythonInteger where isStrong: types.append(.dtype(.int32))
      case .pythonNumber where isStrong: types.append(.dtype(.float32))
      case let type: types.append(type)
      }
    }
    let common = try TypePromotion.dtype(types)
    var values: [Value] = []
    for argument in arguments {
      let isNumber =
        switch argument {
        case .integer, .number: true
        default: false
        }
      let value = isStrong && isNumber ? try operand(argument) : try operand(argument, as: common)
      values.append(try cast(value, to: common))
    }
    return values
  }

  /// The tensor in a floating-point type: its own, or `float32` for integers and `bool`.
  package mutating func floating(_ x: Value) throws(LayerError) -> Value {
    try cast(x, to: TypePromotion.floating(dtype(x)))
  }

  /// The whole numbers `start, start + step, …` along one axis.
  package mutating func range(
    _ count: Int, start: Int = 0, step: Int = 1, _ dtype: DType = .int32
  ) throws(LayerError) -> Value {
    _ = try Extent.tableCount([count])
    let numbers = (0..<count).map { Int64(start + $0 * step) }
    return try cast(constant(Tensor(shape: [count], integers: numbers)), to: dtype)
  }

  /// A tensor of the shape and type of another, filled with a number.
  package mutating func filled(_ number: Double, like x: Value) throws(LayerError) -> Value {
    try broadcast(self.number(number, dtype(x)), to: shape(x))
  }

  /// The tensor with all axes as one.
  package mutating func flattened(_ x: Value) throws(LayerError) -> Value {
    try reshape(x, to: [elementCount(x)])
  }

  /// The number of elements of a tensor.
  package func elementCount(_ x: Value) throws(LayerError) -> Int {
    guard let count = Shape.elementCount(shape(x)) else {
      throw LayerError(.shape, "shape \(Shape(shape(x))) has too many elements")
    }
    return count
  }
}

extension Tensor {
  /// Numbers as Python's nested lists; `nil` for what is not a rectangular array of numbers.
  ///
  /// Whole numbers are `int32` (`int64` where they need it), others `float32`, or `float64` when that type is wanted.
  package init?<Element>(literal: Argument<Element>, as dtype: DType? = nil) {
    var leaves: [Argument<Element>] = []
    guard let shape = Tensor.collect(literal, &leaves) else { return nil }
    var integers: [Int64] = []
    var numbers: [Double] = []
    var isBoolean = !leaves.isEmpty
    var isWhole = !leaves.isEmpty
    for leaf in leaves {
      switch leaf {
      case .bool(let value):
        integers.append(value ? 1 : 0)
        numbers.append(value ? 1 : 0)
      case .integer(let value):
        isBoolean = false
        integers.append(value)
        numbers.append(Double(value))
      case .number(let value):
        isWhole = false
        numbers.append(value)
      default: return nil
      }
    }
    if isWhole {
      let isWide = integers.contains { Int32(exactly: $0) == nil }
      self.init(
        shape: shape, integers: integers, dtype: isBoolean ? .bool : isWide ? .int64 : .int32)
    } else if dtype == .float64 {
      self.init(shape: shape, numbers)
    } else {
      self.init(shape: shape, numbers.map { Float($0) })
    }
  }

  private static func collect<Element>(
    _ argument: Argument<Element>, _ leaves: inout [Argument<Element>]
  ) -> [Int]? {
    guard case .list(let elements) = argument else {
      leaves.append(argument)
      return []
    }
    var inner: [Int]?
    for element in elements {
      guard let shape = collect(element, &leaves), inner == nil || inner == shape else {
        return nil
      }
      inner = shape
    }
    return [elements.count] + (inner ?? [])
  }
}

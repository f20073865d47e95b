import HornbillCore

/// Operations on each pair of elements of two tensors, which are promoted and broadcast.
///
/// Source: Keras 3, `keras/src/ops/numpy.py`, with `keras/src/backend/tensorflow/numpy.py`.
enum BinaryOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = {
    var rules = special
    for (name, op) in arithmetic { rules[name] = rule(op, allowsBool: false) }
    for (name, op) in weak { rules[name] = rule(op) }
    for (name, op) in strong { rules[name] = rule(op, isStrong: true) }
    for (name, op) in logical { rules[name] = logicalRule(op) }
    return rules
  }()

  private static func rule(
    _ op: BinaryOp, isStrong: Bool = false, allowsBool: Bool = true
  ) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let (a, b) = try c.pair(isStrong: isStrong, &g)
      guard allowsBool || g.dtype(a) != .bool else {
        throw LayerError(.shape, "\(c.className) of two tensors of bool is not possible")
      }
      return [try g.binary(op, a, b)]
    }
  }

  private static func logicalRule(_ op: BinaryOp) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let a = try g.operand(c.argument(0), as: .bool)
      return [try g.binary(op, a, g.operand(c.argument(1), as: .bool))]
    }
  }

  /// Arithmetic that TensorFlow does not have for `bool`.
  private static let arithmetic: [String: BinaryOp] = [
    "Add": .add, "Subtract": .subtract, "Multiply": .multiply,
  ]

  /// Functions in which a number of Python takes the tensor's type.
  private static let weak: [String: BinaryOp] = [
    "FloorDivide": .floorDivide, "Maximum": .maximum, "Minimum": .minimum,
    "BitwiseLeftShift": .leftShift, "BitwiseRightShift": .rightShift, "LeftShift": .leftShift,
    "RightShift": .rightShift,
  ]

  /// Functions in which a number of Python counts as a tensor.
  private static let strong: [String: BinaryOp] = [
    "Equal": .equal, "NotEqual": .notEqual, "Greater": .greater, "GreaterEqual": .greaterEqual,
    "Less": .less, "LessEqual": .lessEqual, "BitwiseAnd": .bitwiseAnd, "BitwiseOr": .bitwiseOr,
    "BitwiseXor": .bitwiseXor,
  ]

  private static let logical: [String: BinaryOp] = [
    "LogicalAnd": .logicalAnd, "LogicalOr": .logicalOr, "LogicalXor": .logicalXor,
  ]

  private static let special: [String: Operation.Rule] = [
    "Arctan2": { (c, g) throws(LayerError) in
      let (a, b) = try c.pair(isStrong: true, isFloating: true, &g)
      return [try g.binary(.arctan2, a, b)]
    },
    "Divide": divide,
    "TrueDivide": divide,
    "DivideNoNan": { (c, g) throws(LayerError) in
      let (a, b) = try c.pair(isFloating: true, &g)
      return [try divideNoNaN(a, b, &g)]
    },
    "Fmax": { (c, g) throws(LayerError) in [try unlessNaN(.maximum, c, &g)] },
    "Fmin": { (c, g) throws(LayerError) in [try unlessNaN(.minimum, c, &g)] },
    "Fmod": { (c, g) throws(LayerError) in
      let (a, b) = try numbers(c, &g)
      return [try g.binary(.remainder, a, b)]
    },
    "Gcd": { (c, g) throws(LayerError) in
      let (a, b) = try c.pair(isStrong: true, &g)
      return [try greatestCommonDivisor(a, b, &g)]
    },
    "Heaviside": { (c, g) throws(LayerError) in
      let (a, b) = try reals(c, &g)
      let zero = g.scalar(0, g.dtype(a))
      let one = g.scalar(1, g.dtype(a))
      let upper = try g.select(g.binary(.greater, a, zero), one, b)
      return [try g.select(g.binary(.less, a, zero), zero, upper)]
    },
    "Hypot": { (c, g) throws(LayerError) in
      let (a, b) = try reals(c, &g)
      let x = try g.unary(.absolute, a)
      let y = try g.unary(.absolute, b)
      let greater = try g.maximum(x, y)
      let ratio = try divideNoNaN(g.minimum(x, y), greater, &g)
      return [try g.multiply(greater, g.unary(.sqrt, g.add(g.square(ratio), 1)))]
    },
    "Lcm": { (c, g) throws(LayerError) in
      let (a, b) = try c.pair(isStrong: true, &g)
      let divisor = try greatestCommonDivisor(a, b, &g)
      let zero = g.scalar(0, g.dtype(a))
      let isZero = try g.binary(.equal, divisor, zero)
      let safe = try g.select(isZero, g.scalar(1, g.dtype(a)), divisor)
      let x = try g.unary(.absolute, a)
      let y = try g.unary(.absolute, b)
      return [try g.select(isZero, zero, g.multiply(x, g.binary(.floorDivide, y, safe)))]
    },
    "Ldexp": { (c, g) throws(LayerError) in
      let (a, b) = try c.pair(isStrong: true, isFloating: true, &g)
      let scaled = try g.multiply(a, g.binary(.power, g.scalar(2, g.dtype(a)), b))
      let isZero = try g.binary(.equal, a, g.scalar(0, g.dtype(a)))
      let isFixed = try g.binary(.logicalOr, isZero, g.unary(.isInfinite, a))
      return [try g.select(isFixed, a, scaled)]
    },
    "Logaddexp": { (c, g) throws(LayerError) in
      let (a, b) = try c.pair(isStrong: true, isFloating: true, &g)
      let delta = try g.subtract(a, b)
      let tail = try g.unary(.log1p, g.unary(.exp, g.unary(.negate, g.unary(.absolute, delta))))
      return [
        try g.select(g.unary(.isNaN, delta), g.add(a, b), g.add(g.maximum(a, b), tail))
      ]
    },
    "Logaddexp2": { (c, g) throws(LayerError) in
      let (a, b) = try c.pair(isStrong: true, isFloating: true, &g)
      let delta = try g.subtract(a, b)
      let power = try g.unary(.exp2, g.unary(.negate, g.unary(.absolute, delta)))
      let tail = try g.multiply(g.unary(.log1p, power), 1.4426950408889634)
      return [
        try g.select(g.unary(.isNaN, delta), g.add(a, b), g.add(g.maximum(a, b), tail))
      ]
    },
    "Mod": { (c, g) throws(LayerError) in
      let (a, b) = try numbers(c, &g)
      return [try g.binary(.modulo, a, b)]
    },
    "Nextafter": { (c, g) throws(LayerError) in
      let (a, b) = try c.pair(isStrong: true, isFloating: true, &g)
      let next = try g.binary(.nextAfter, g.cast(a, to: .float64), g.cast(b, to: .float64))
      return [try g.cast(next, to: g.dtype(a))]
    },
    "Power": { (c, g) throws(LayerError) in
      let (a, b) = try c.pair(&g)
      let dtype = g.dtype(a)
      let isNarrow = dtype.isUnsignedInteger || dtype == .bool
      let compute: DType = isNarrow ? .int32 : dtype
      let power = try g.binary(.power, g.cast(a, to: compute), g.cast(b, to: compute))
      return [try g.cast(power, to: dtype)]
    },
  ]

  private static let divide: Operation.Rule = { (c, g) throws(LayerError) in
    let (a, b) = try c.pair(isFloating: true, &g)
    return [try g.divide(a, b)]
  }

  /// The operands in a type with remainders: `bool` becomes `int32`.
  private static func numbers(
    _ c: OperationCall, _ g: inout GraphBuilder
  ) throws(LayerError) -> (Value, Value) {
    let (a, b) = try c.pair(isStrong: true, &g)
    guard g.dtype(a) == .bool else { return (a, b) }
    return (try g.cast(a, to: .int32), try g.cast(b, to: .int32))
  }

  /// The operands in a floating-point type: integers become `float32`, `int64` becomes `float64`.
  private static func reals(
    _ c: OperationCall, _ g: inout GraphBuilder
  ) throws(LayerError) -> (Value, Value) {
    let (a, b) = try c.pair(isStrong: true, &g)
    let dtype: DType = g.dtype(a) == .int64 ? .float64 : TypePromotion.floating(g.dtype(a))
    return (try g.cast(a, to: dtype), try g.cast(b, to: dtype))
  }

  /// `a / b`, and 0 where `b` is 0.
  static func divideNoNaN(
    _ a: Value, _ b: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let zero = g.scalar(0, g.dtype(a))
    return try g.select(g.binary(.equal, b, zero), zero, g.divide(a, b))
  }

  private static func unlessNaN(
    _ op: BinaryOp, _ c: OperationCall, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let (a, b) = try c.pair(&g)
    let result = try g.binary(op, a, b)
    guard g.dtype(a).isFloatingPoint else { return result }
    return try g.select(
      g.unary(.isNaN, a), b, g.select(g.unary(.isNaN, b), a, result))
  }

  /// Euclid's algorithm, with as many steps as the worst pair of the type needs.
  private static func greatestCommonDivisor(
    _ a: Value, _ b: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let dtype = g.dtype(a)
    guard dtype.isInteger else {
      throw LayerError(.shape, "a common divisor of \(dtype) is not possible")
    }
    let extents = try Op.broadcastShape(g.shape(a), g.shape(b))
    var x = try g.unary(.absolute, g.broadcast(a, to: extents))
    var y = try g.unary(.absolute, g.broadcast(b, to: extents))
    let zero = g.scalar(0, dtype)
    let one = g.scalar(1, dtype)
    for _ in 0..<(dtype.bitWidth * 3 / 2) {
      let isDone = try g.binary(.equal, y, zero)
      let remainder = try g.binary(.modulo, x, g.select(isDone, one, y))
      let next = try g.select(isDone, x, y)
      y = try g.select(isDone, zero, remainder)
      x = next
    }
    return x
  }
}

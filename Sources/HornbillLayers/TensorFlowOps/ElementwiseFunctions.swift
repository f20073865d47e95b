import HornbillCore

/// TensorFlow's functions of each element.
///
/// Source: TensorFlow, `tensorflow/python/ops/math_ops.py`, `nn_ops.py` and `array_ops.py`.
enum ElementwiseFunctions {
  /// The functions by name, without the module.
  static let rules: [String: Operation.Rule] = {
    var rules = special
    for (name, op) in functions {
      rules[name] = unary { (x, g) throws(LayerError) in try g.unary(op, x) }
    }
    for (name, op) in roundings {
      rules[name] = unary { (x, g) throws(LayerError) in
        g.dtype(x).isFloatingPoint ? try g.unary(op, x) : x
      }
    }
    for (name, op) in operators {
      rules[name] = binary(op)
    }
    for (name, activation) in activations {
      rules[name] = unary { (x, g) throws(LayerError) in try g.activation(activation, x) }
    }
    return rules
  }()

  private static let functions: [String: UnaryOp] = [
    "acos": .arccos, "acosh": .arccosh, "asin": .arcsin, "asinh": .arcsinh, "atan": .arctan,
    "atanh": .arctanh, "cos": .cos, "cosh": .cosh, "erf": .erf, "erfc": .erfc,
    "erfinv": .erfinv, "exp": .exp, "expm1": .expm1, "is_finite": .isFinite,
    "is_inf": .isInfinite, "is_nan": .isNaN, "log": .log, "log1p": .log1p,
    "logical_not": .logicalNot, "negative": .negate, "neg": .negate, "abs": .absolute,
    "reciprocal": .reciprocal, "rsqrt": .rsqrt, "sign": .sign, "sin": .sin, "sinh": .sinh,
    "sqrt": .sqrt, "square": .square, "tan": .tan, "tanh": .tanh, "sigmoid": .sigmoid,
    "bitwise.invert": .bitwiseNot,
  ]

  private static let roundings: [String: UnaryOp] = [
    "ceil": .ceil, "floor": .floor, "rint": .roundHalfToEven, "round": .roundHalfToEven,
  ]

  private static let operators: [String: BinaryOp] = [
    "add": .add, "add_v2": .add, "__operators__.add": .add, "subtract": .subtract,
    "multiply": .multiply, "realdiv": .divide, "divide": .divide, "floordiv": .floorDivide,
    "floor_div": .floorDivide, "floormod": .modulo, "mod": .modulo, "pow": .power,
    "maximum": .maximum, "minimum": .minimum, "truncatemod": .remainder, "atan2": .arctan2,
    "nextafter": .nextAfter, "equal": .equal, "not_equal": .notEqual, "less": .less,
    "less_equal": .lessEqual, "greater": .greater, "greater_equal": .greaterEqual,
    "logical_and": .logicalAnd, "logical_or": .logicalOr, "logical_xor": .logicalXor,
    "__operators__.eq": .equal, "__operators__.ne": .notEqual,
    "bitwise.bitwise_and": .bitwiseAnd, "bitwise.bitwise_or": .bitwiseOr,
    "bitwise.bitwise_xor": .bitwiseXor, "bitwise.left_shift": .leftShift,
    "bitwise.right_shift": .rightShift, "scalar_mul": .multiply,
  ]

  private static let activations: [String: Activation] = [
    "relu": .relu(), "relu6": .relu(maximum: 6), "elu": .elu(), "selu": .selu,
    "softplus": .softplus, "softsign": .softsign, "log_sigmoid": .logSigmoid, "swish": .silu,
  ]

  private static let special: [String: Operation.Rule] = [
    "identity": unary { (x, _) throws(LayerError) in x },
    "stop_gradient": unary { (x, _) throws(LayerError) in x },
    "prevent_gradient": unary { (x, _) throws(LayerError) in x },
    "debugging.check_numerics": unary { (x, _) throws(LayerError) in x },
    "convert_to_tensor": cast,
    "cast": cast,
    "to_float": unary { (x, g) throws(LayerError) in try g.cast(x, to: .float32) },
    "to_int32": unary { (x, g) throws(LayerError) in try g.cast(x, to: .int32) },
    "saturate_cast": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      return [try g.saturatingCast(x, to: c.type("dtype") ?? g.dtype(x))]
    },
    "zeros_like": like(0), "ones_like": like(1),
    "lgamma": unary { (x, g) throws(LayerError) in try g.logGamma(x) },
    "digamma": unary { (x, g) throws(LayerError) in try g.digamma(x) },
    "reciprocal_no_nan": unary { (x, g) throws(LayerError) in
      try BinaryOperations.divideNoNaN(g.scalar(1, g.dtype(x)), x, &g)
    },
    "truediv": { (c, g) throws(LayerError) in
      let (a, b) = try c.both("y", "x", in: &g)
      let wide: DType =
        switch g.dtype(a) {
        case .int8, .int16, .uint8, .uint16: .float32
        case let dtype where dtype.isFloatingPoint: dtype
        default: .float64
        }
      return [try g.divide(g.cast(a, to: wide), g.cast(b, to: wide))]
    },
    "truncatediv": { (c, g) throws(LayerError) in
      let (a, b) = try c.both("y", in: &g)
      let whole = try g.subtract(a, g.binary(.remainder, a, b))
      return [try g.binary(.floorDivide, whole, b)]
    },
    "div": { (c, g) throws(LayerError) in
      let (a, b) = try c.both("y", in: &g)
      return [try g.binary(g.dtype(a).isFloatingPoint ? .divide : .floorDivide, a, b)]
    },
    "divide_no_nan": { (c, g) throws(LayerError) in
      let (a, b) = try c.both("y", in: &g)
      return [try BinaryOperations.divideNoNaN(a, b, &g)]
    },
    "multiply_no_nan": unlessZero(.second) { (a, b, g) throws(LayerError) in
      try g.multiply(a, b)
    },
    "xlogy": unlessZero(.first) { (a, b, g) throws(LayerError) in
      try g.multiply(a, g.unary(.log, b))
    },
    "xlog1py": unlessZero(.first) { (a, b, g) throws(LayerError) in
      try g.multiply(a, g.unary(.log1p, b))
    },
    "xdivy": unlessZero(.first) { (a, b, g) throws(LayerError) in try g.divide(a, b) },
    "squared_difference": { (c, g) throws(LayerError) in
      let (a, b) = try c.both("y", in: &g)
      return [try g.square(g.subtract(a, b))]
    },
    "add_n": { (c, g) throws(LayerError) in
      let values = try c.same(c.elements, &g)
      guard var sum = values.first else { throw c.missing("inputs") }
      for value in values.dropFirst() { sum = try g.add(sum, value) }
      return [sum]
    },
    "clip_by_value": { (c, g) throws(LayerError) in
      let values = try c.same(
        [c.argument(0), c.required(1, "clip_value_min"), c.required(2, "clip_value_max")], &g)
      return [try g.maximum(g.minimum(values[0], values[2]), values[1])]
    },
    "silu": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let beta = try c.real(1, "beta", default: 1, in: g)
      if beta == 1 { return [try g.activation(.silu, x)] }
      return [try g.multiply(x, g.unary(.sigmoid, g.multiply(x, beta)))]
    },
    "gelu": { (c, g) throws(LayerError) in
      [try g.activation(.gelu(approximate: c.flag("approximate")), c.x(&g))]
    },
    "leaky_relu": { (c, g) throws(LayerError) in
      [try g.activation(.relu(negativeSlope: c.real(1, "alpha", default: 0.2, in: g)), c.x(&g))]
    },
    "crelu": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let both = try g.concatenate(
        [x, g.unary(.negate, x)], axis: c.whole(1, "axis", in: g) ?? -1)
      return [try g.activation(.relu(), both)]
    },
    "softmax": along(.softmax), "log_softmax": along(.logSoftmax),
    "bias_add": { (c, g) throws(LayerError) in
      let (x, bias) = try c.both("bias", in: &g)
      guard try WindowFunctions.format(c) == .channelsFirst, g.rank(x) > 1 else {
        return [try g.add(x, bias)]
      }
      var shape = [Int](repeating: 1, count: g.rank(x))
      shape[1] = try g.elementCount(bias)
      return [try g.add(x, g.reshape(bias, to: shape))]
    },
    "dropout": { (c, g) throws(LayerError) in
      let kept = try c.value(nil, "keep_prob") == nil ? 1 : c.real(nil, "keep_prob", in: g)
      guard try c.real(1, "rate", default: 1 - kept, in: g) == 0 else {
        throw LayerError(
          .unsupported, "tf.nn.dropout is random in inference too, which is not supported")
      }
      return [try c.x(&g)]
    },
    "where": { (c, g) throws(LayerError) in
      let condition = try g.operand(c.argument(0), as: .bool)
      guard let first = c.value(1, "x", "t"), let second = c.value(2, "y", "e") else {
        guard let known = g.folded(condition) else {
          throw LayerError(
            .unsupported, "the shape of tf.where of a condition alone depends on data")
        }
        return [g.constant(DataDependentFunctions.positions(known))]
      }
      let values = try c.same([first, second], &g)
      return [try g.select(condition, values[0], values[1])]
    },
  ]

  /// A rule for a function of the first operand.
  static func unary(
    _ function: @escaping @Sendable (Value, inout GraphBuilder) throws(LayerError) -> Value
  ) -> Operation.Rule {
    { (c, g) throws(LayerError) in [try function(c.x(&g), &g)] }
  }

  private static func binary(_ op: BinaryOp) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let (a, b) = try c.both("y", "x", "b", "other", in: &g)
      return [try g.binary(op, a, b)]
    }
  }

  private enum Place { case first, second }

  /// A function that is 0 where an operand is 0, whatever the other is.
  private static func unlessZero(
    _ place: Place,
    _ function: @escaping @Sendable (Value, Value, inout GraphBuilder) throws(LayerError) -> Value
  ) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let (a, b) = try c.both("y", in: &g)
      let zero = g.scalar(0, g.dtype(a))
      let isZero = try g.binary(.equal, place == .first ? a : b, zero)
      return [try g.select(isZero, zero, function(a, b, &g))]
    }
  }

  private static let cast: Operation.Rule = { (c, g) throws(LayerError) in
    let x = try c.x(&g)
    let dtype = try c.type("DstT", "dtype", "dtype_hint") ?? g.dtype(x)
    return [try g.rounded(x, to: dtype)]
  }

  private static func like(_ number: Double) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      return [try g.full(number, shape: g.shape(x), c.type("dtype") ?? g.dtype(x))]
    }
  }

  private static func along(_ activation: Activation) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let axis = try c.whole(1, "axis", "dim", in: g) ?? -1
      return [
        try g.alongAxes(c.x(&g), [axis]) { (g, flat) throws(LayerError) in
          try g.activation(activation, flat)
        }
      ]
    }
  }
}

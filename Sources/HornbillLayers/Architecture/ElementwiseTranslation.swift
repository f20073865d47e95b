import HornbillCore

/// TensorFlow's functions of each element.
enum ElementwiseTranslation {
  static let rules: [String: TensorFlowTranslation.Rule] = {
    var rules = special
    for (name, className) in unary { rules[name] = ofOne(className) }
    for (name, className) in binary { rules[name] = ofTwo(className) }
    for name in passing { rules[name] = ofOne("StopGradient") }
    return rules
  }()

  private static func ofOne(_ className: String) -> TensorFlowTranslation.Rule {
    { (c, g) throws(LayerError) in [try g.apply(className, .tensor(c.x))] }
  }

  private static func ofTwo(_ className: String) -> TensorFlowTranslation.Rule {
    { (c, g) throws(LayerError) in
      let (a, b) = try c.both()
      return [className == "Add" ? try g.sum(a, b) : g.apply(className, a, b)]
    }
  }

  /// The functions that give back their operand.
  private static let passing = [
    "identity", "stop_gradient", "prevent_gradient", "debugging.check_numerics", "ensure_shape",
  ]

  private static let unary: [String: String] = [
    "abs": "Absolute", "acos": "Arccos", "acosh": "Arccosh", "asin": "Arcsin",
    "asinh": "Arcsinh", "atan": "Arctan", "atanh": "Arctanh", "ceil": "Ceil", "cos": "Cos",
    "cosh": "Cosh", "erf": "Erf", "erfc": "Erfc", "erfinv": "Erfinv", "exp": "Exp",
    "expm1": "Expm1", "floor": "Floor", "is_finite": "Isfinite", "is_inf": "Isinf",
    "is_nan": "Isnan", "log": "Log", "log1p": "Log1p", "logical_not": "LogicalNot",
    "negative": "Negative", "neg": "Negative", "reciprocal": "Reciprocal", "rsqrt": "Rsqrt",
    "sign": "Sign", "sin": "Sin", "sinh": "Sinh", "sqrt": "Sqrt", "square": "Square",
    "tan": "Tan", "tanh": "Tanh", "sigmoid": "Sigmoid", "relu": "Relu", "relu6": "Relu6",
    "selu": "Selu", "softplus": "Softplus", "softsign": "Softsign", "log_sigmoid": "LogSigmoid",
    "swish": "Silu", "bitwise.invert": "BitwiseInvert",
  ]

  private static let binary: [String: String] = [
    "add": "Add", "add_v2": "Add", "__operators__.add": "Add", "subtract": "Subtract",
    "multiply": "Multiply", "scalar_mul": "Multiply", "realdiv": "Divide", "divide": "Divide",
    "floordiv": "FloorDivide", "floor_div": "FloorDivide", "floormod": "Mod", "mod": "Mod",
    "pow": "Power", "maximum": "Maximum", "minimum": "Minimum", "atan2": "Arctan2",
    "equal": "Equal", "not_equal": "NotEqual", "less": "Less", "less_equal": "LessEqual",
    "greater": "Greater", "greater_equal": "GreaterEqual", "logical_and": "LogicalAnd",
    "logical_or": "LogicalOr", "logical_xor": "LogicalXor", "__operators__.eq": "Equal",
    "__operators__.ne": "NotEqual", "bitwise.bitwise_and": "BitwiseAnd",
    "bitwise.bitwise_or": "BitwiseOr", "bitwise.bitwise_xor": "BitwiseXor",
    "bitwise.left_shift": "LeftShift", "bitwise.right_shift": "RightShift",
    "divide_no_nan": "DivideNoNan", "nextafter": "Nextafter", "truncatemod": "Fmod",
  ]

  private static let special: [String: TensorFlowTranslation.Rule] = [
    "cast": cast, "convert_to_tensor": cast, "saturate_cast": cast,
    "to_float": { (c, g) throws(LayerError) in [g.cast(try c.x, to: .float32)] },
    "to_int32": { (c, g) throws(LayerError) in [g.cast(try c.x, to: .int32)] },
    "rint": round, "round": round,
    "IdentityN": { (c, g) throws(LayerError) in
      var results: [DraftTensor] = []
      for (index, operand) in c.arguments.positional.enumerated() {
        let spec = index < c.outputs.count ? c.outputs[index] : .unknown
        let constant: Tensor
        switch operand {
        case .tensor(let x):
          results.append(g.apply("StopGradient", .tensor(x)))
          continue
        case .array(let array): constant = array
        case .integer(let value):
          constant = Tensor(shape: [], integers: [value], dtype: spec.dtype)
        case .number(let value):
          constant = Tensor(shape: [], [Float(value)]).converted(to: spec.dtype)
        default: throw c.refusal("an operand is a constant")
        }
        results.append(
          DraftTensor(
            key: DraftKey(entry: -1, node: 0, tensor: 0), spec: spec, constant: constant))
      }
      return results
    },
    "zeros_like": { (c, g) throws(LayerError) in try like("ZerosLike", c, &g) },
    "ones_like": { (c, g) throws(LayerError) in try like("OnesLike", c, &g) },
    "truediv": { (c, g) throws(LayerError) in
      let (a, b) = try c.both()
      let dtype = c.outputs.first?.dtype ?? .float32
      return [g.apply("Divide", g.cast(a, to: dtype), g.cast(b, to: dtype), dtype: dtype)]
    },
    "div": { (c, g) throws(LayerError) in
      let (a, b) = try c.both()
      let isFloat = (a.tensors + b.tensors).contains { $0.spec.dtype.isFloatingPoint }
      return [g.apply(isFloat ? "Divide" : "FloorDivide", a, b)]
    },
    "truncatediv": { (c, g) throws(LayerError) in
      let (a, b) = try c.both()
      let rest = g.apply("Fmod", a, b)
      let whole = g.apply("Subtract", a, .tensor(rest))
      return [g.apply("FloorDivide", .tensor(whole), b)]
    },
    "reciprocal_no_nan": { (c, g) throws(LayerError) in
      [g.apply("DivideNoNan", .number(1), .tensor(try c.x))]
    },
    "squared_difference": { (c, g) throws(LayerError) in
      let (a, b) = try c.both()
      return [g.apply("Square", .tensor(g.apply("Subtract", a, b)))]
    },
    "multiply_no_nan": { (c, g) throws(LayerError) in
      let (a, b) = try c.both()
      return [g.unlessZero(b, g.apply("Multiply", a, b))]
    },
    "xlogy": { (c, g) throws(LayerError) in
      let (a, b) = try c.both()
      let log = g.apply("Log", b)
      return [g.unlessZero(a, g.apply("Multiply", a, .tensor(log)))]
    },
    "xlog1py": { (c, g) throws(LayerError) in
      let (a, b) = try c.both()
      let log = g.apply("Log1p", b)
      return [g.unlessZero(a, g.apply("Multiply", a, .tensor(log)))]
    },
    "xdivy": { (c, g) throws(LayerError) in
      let (a, b) = try c.both()
      return [g.unlessZero(a, g.apply("Divide", a, b))]
    },
    "add_n": { (c, g) throws(LayerError) in
      let elements = try c.elements
      guard var sum = elements.first else { throw c.refusal("there are no operands") }
      for element in elements.dropFirst() { sum = .tensor(try g.sum(sum, element)) }
      guard case .tensor(let result) = sum else { throw c.refusal("the operand is a constant") }
      return [result]
    },
    "clip_by_value": { (c, g) throws(LayerError) in
      let x = try c.x
      let most = try c.operand(c.required(2, "clip_value_max"), like: x.spec.dtype)
      let least = try c.operand(c.required(1, "clip_value_min"), like: x.spec.dtype)
      let upper = g.apply("Minimum", .tensor(x), most)
      return [g.apply("Maximum", .tensor(upper), least)]
    },
    "elu": { (c, g) throws(LayerError) in
      [try g.apply("Elu", .tensor(c.x), fields: [("alpha", .double(1))])]
    },
    "silu": { (c, g) throws(LayerError) in
      let x = try c.x
      let beta = try c.real(1, "beta", default: 1)
      guard beta != 1 else { return [g.apply("Silu", .tensor(x))] }
      let scaled = g.apply("Multiply", .tensor(x), .number(beta))
      let gate = g.apply("Sigmoid", .tensor(scaled))
      return [g.apply("Multiply", .tensor(x), .tensor(gate))]
    },
    "gelu": { (c, g) throws(LayerError) in
      [
        try g.apply(
          "Gelu", .tensor(c.x), fields: [("approximate", .bool(c.flag("approximate")))])
      ]
    },
    "leaky_relu": { (c, g) throws(LayerError) in
      let slope = try c.real(1, "alpha", default: 0.2)
      return [
        try g.apply("LeakyRelu", .tensor(c.x), fields: [("negative_slope", .double(slope))])
      ]
    },
    "crelu": { (c, g) throws(LayerError) in
      let x = try c.x
      let axis = try c.whole(1, "axis") ?? -1
      let negative = g.apply("Negative", .tensor(x))
      let both = g.apply(
        "Concatenate", .list([.tensor(x), .tensor(negative)]),
        fields: [("axis", .integer(Int64(axis)))])
      return [g.apply("Relu", .tensor(both))]
    },
    "softmax": { (c, g) throws(LayerError) in try along("Softmax", c, &g) },
    "log_softmax": { (c, g) throws(LayerError) in try along("LogSoftmax", c, &g) },
    "bias_add": { (c, g) throws(LayerError) in
      let x = try c.x
      let bias = try c.operand(c.required(1, "bias"), like: x.spec.dtype)
      guard !c.isChannelsFirst else { throw c.refusal("channels come first") }
      return [try g.sum(.tensor(x), bias)]
    },
    "dropout": { (c, g) throws(LayerError) in
      guard try c.real(1, "rate", default: 0) == 0 else {
        throw c.refusal("it is random in inference too")
      }
      return [try g.apply("StopGradient", .tensor(c.x))]
    },
    "where": { (c, g) throws(LayerError) in
      guard let first = c.value(1, "x", "t"), let second = c.value(2, "y", "e") else {
        throw c.refusal("its shape depends on data")
      }
      let dtype = c.outputs.first?.dtype ?? .float32
      return [
        try g.apply(
          "Where", .tensor(c.x), c.operand(first, like: dtype), c.operand(second, like: dtype),
          dtype: dtype)
      ]
    },
    "Select": { (c, g) throws(LayerError) in
      let x = try c.x
      let (first, second) = (try c.required(1), try c.required(2))
      let rank = (first.tensors + second.tensors).first?.spec.shape?.rank
      guard let own = x.spec.shape?.rank, rank == nil || own == rank || own != 1 else {
        throw c.refusal("it chooses whole rows")
      }
      let dtype = c.outputs.first?.dtype ?? .float32
      return [
        try g.apply(
          "Where", .tensor(x), c.operand(first, like: dtype), c.operand(second, like: dtype),
          dtype: dtype)
      ]
    },
  ]

  private static let cast: TensorFlowTranslation.Rule = { (c, g) throws(LayerError) in
    let x = try c.x
    return [g.cast(x, to: try c.type("DstT", "dtype", "dtype_hint") ?? x.spec.dtype)]
  }

  private static let round: TensorFlowTranslation.Rule = { (c, g) throws(LayerError) in
    [try g.apply("Round", .tensor(c.x), fields: [("decimals", .integer(0))])]
  }

  private static func like(
    _ className: String, _ c: TensorFlowCall, _ g: inout GraphDraft
  ) throws(LayerError) -> [DraftTensor] {
    let x = try c.x
    let dtype = try c.type("dtype") ?? x.spec.dtype
    return [g.cast(g.apply(className, .tensor(x)), to: dtype)]
  }

  private static func along(
    _ className: String, _ c: TensorFlowCall, _ g: inout GraphDraft
  ) throws(LayerError) -> [DraftTensor] {
    let axis = try c.whole(1, "axis", "dim") ?? -1
    return [try g.apply(className, .tensor(c.x), fields: [("axis", .integer(Int64(axis)))])]
  }
}

extension TensorFlowCall {
  /// Two operands; one that is a constant takes the other's type.
  func both() throws(LayerError) -> (Argument<DraftTensor>, Argument<DraftTensor>) {
    let first = try required(0, "x", "scalar")
    let second = try required(1, "y", "x", "b", "other")
    let dtype = (first.tensors + second.tensors).first?.spec.dtype ?? .float32
    return (try operand(first, like: dtype), try operand(second, like: dtype))
  }

  /// The operands of a function of a list.
  var elements: [Argument<DraftTensor>] {
    get throws(LayerError) {
      let lists = arguments.positional
      if lists.count == 1, case .list(let elements) = lists[0] { return elements }
      return lists
    }
  }
}

extension GraphDraft {
  /// A tensor in another type.
  mutating func cast(_ x: DraftTensor, to dtype: DType) -> DraftTensor {
    guard x.spec.dtype != dtype else { return x }
    return apply(
      "Cast", .tensor(x), fields: [("dtype", .string(dtype.rawValue))], shape: x.spec.shape,
      dtype: dtype)
  }

  /// An operand in another type; constants stay.
  mutating func cast(_ x: Argument<DraftTensor>, to dtype: DType) -> Argument<DraftTensor> {
    guard case .tensor(let tensor) = x else { return x }
    return .tensor(cast(tensor, to: dtype))
  }

  /// A result where an operand is not 0, and 0 where it is.
  mutating func unlessZero(
    _ operand: Argument<DraftTensor>, _ result: DraftTensor
  ) -> DraftTensor {
    let isZero = apply("Equal", operand, .integer(0), dtype: .bool)
    let zero = apply("ZerosLike", .tensor(result))
    return apply(
      "Where", .tensor(isZero), .tensor(zero), .tensor(result), dtype: result.spec.dtype)
  }

  /// Ones at the places of classes.
  mutating func oneHot(
    _ x: Argument<DraftTensor>, _ classes: Int, axis: Int = -1, dtype: DType = .float32
  ) -> DraftTensor {
    apply(
      "OneHot", x,
      fields: [
        ("num_classes", .integer(Int64(classes))), ("axis", .integer(Int64(axis))),
        ("dtype", .string(dtype.rawValue)), ("sparse", .bool(false)),
      ], dtype: dtype)
  }
}

import HornbillCore

/// Writes operations of `keras.ops` as the operation layers of Keras 2.15.
enum TensorFlowSpelling {
  /// What stands for an operation.
  private struct Spelling {
    /// The public function of TensorFlow.
    let function: String
    /// The names of the parameters after the first.
    var parameters: [String] = []
    /// The fields of the operation that are parameters, with their names in TensorFlow.
    var fields: [String: String] = [:]
    /// The values of other fields that the function takes for granted.
    var fixed: [String: JSON] = [:]
  }

  /// Writes a call.
  ///
  /// - Throws: ``LayerError`` with the code `unsupported` for an operation that has no counterpart here.
  static func call(
    _ instance: LayerInstance, named name: String, _ arguments: CallArguments<DraftTensor>,
    outputs: [TensorSpec], in graph: inout GraphDraft
  ) throws(LayerError) -> [DraftTensor] {
    let config = instance.source?["config"]?.object ?? JSONObject()
    if instance.className == "GetItem" {
      return try item(instance, named: name, arguments, outputs: outputs, in: &graph)
    }
    guard let spelling = spellings[instance.className] else {
      throw LayerError(
        .unsupported, "the operation \(instance.className) has no counterpart in Keras 2.15 here")
    }
    var keywords: [(name: String, value: Argument<DraftTensor>)] = []
    for (index, argument) in arguments.positional.enumerated().dropFirst() {
      guard index - 1 < spelling.parameters.count else {
        throw LayerError(.unsupported, "\(instance.className): too many operands")
      }
      keywords.append((spelling.parameters[index - 1], argument))
    }
    for (field, value) in config.pairs where field != "name" {
      if let parameter = spelling.fields[field] {
        keywords.append((parameter, try Argument(json: value) { (_) throws(LayerError) in nil }))
      } else if !value.isNull, spelling.fixed[field] != value {
        throw LayerError(
          .unsupported,
          "\(instance.className).\(field): TensorFlow has no counterpart of \(value.brief)")
      }
    }
    for (keyword, value) in arguments.keywords {
      if case .none = value { continue }
      guard let parameter = spelling.fields[keyword] else {
        throw LayerError(.unsupported, "\(instance.className): the argument \"\(keyword)\"")
      }
      keywords.append((parameter, value))
    }
    guard let first = arguments.positional.first else {
      throw LayerError(.unsupported, "\(instance.className): no operand")
    }
    try requireSameTypes(instance.className, arguments)
    let layer = JSONObject([
      ("class_name", .string("TFOpLambda")),
      (
        "config",
        .object(
          JSONObject([
            ("name", .string(name)), ("trainable", .bool(true)),
            ("dtype", .string("float32")), ("function", .string(spelling.function)),
          ]))
      ),
    ])
    let entry = graph.add(layer, name: name)
    return graph.call(entry, CallArguments([first], keywords: keywords), outputs: outputs)
  }

  /// Throws where TensorFlow computes in another type than Keras 3, or along another axis.
  private static func requireSameTypes(
    _ className: String, _ arguments: CallArguments<DraftTensor>
  ) throws(LayerError) {
    let types = arguments.tensors.map(\.spec.dtype)
    let operands = className == "Where" ? types.dropFirst() : types[...]
    guard Set(operands).count < 2 else {
      throw LayerError(
        .unsupported, "\(className): TensorFlow takes no operands of several types")
    }
    let areWhole = !types.isEmpty && !types.contains(where: \.isFloatingPoint)
    switch className {
    case "Mean", "Divide", "TrueDivide":
      guard !areWhole else {
        throw LayerError(
          .unsupported, "\(className): TensorFlow gives another type for whole numbers")
      }
    case "Sum", "Prod":
      guard !areWhole || types.allSatisfy({ $0.bitWidth >= 32 }) else {
        throw LayerError(
          .unsupported, "\(className): TensorFlow does not widen \(types[0]), Keras 3 does")
      }
    case "Add":
      guard arguments.positional.count == 2,
        let first = GraphDraft.extents(arguments.positional[0]),
        let second = GraphDraft.extents(arguments.positional[1]),
        ChannelBias.isMisread(first, second, isBatchOpen: false)
      else { return }
      throw LayerError(
        .unsupported,
        "Add: Keras 3 adds the second operand along another axis of the same extent")
    default: break
    }
  }

  private static func item(
    _ instance: LayerInstance, named name: String, _ arguments: CallArguments<DraftTensor>,
    outputs: [TensorSpec], in graph: inout GraphDraft
  ) throws(LayerError) -> [DraftTensor] {
    guard arguments.positional.count == 2, case .tensor = arguments.positional[0],
      !arguments.positional[1].hasTensors
    else { throw LayerError(.unsupported, "GetItem: an index is a tensor") }
    let layer = JSONObject([
      ("class_name", .string("SlicingOpLambda")),
      (
        "config",
        .object(
          JSONObject([
            ("name", .string(name)), ("trainable", .bool(true)),
            ("dtype", .string("float32")), ("function", .string("__operators__.getitem")),
          ]))
      ),
    ])
    let entry = graph.add(layer, name: name)
    let call = CallArguments(
      [arguments.positional[0]], keywords: [("slice_spec", arguments.positional[1])])
    return graph.call(entry, call, outputs: outputs)
  }

  private static let reduction = ["axis": "axis", "keepdims": "keepdims"]

  private static let spellings: [String: Spelling] = {
    var result = special
    for (className, function) in unary { result[className] = Spelling(function: function) }
    for (className, function) in binary {
      result[className] = Spelling(function: function, parameters: ["y"])
    }
    for (className, function) in reductions {
      result[className] = Spelling(function: function, fields: reduction)
    }
    return result
  }()

  private static let unary: [String: String] = [
    "Absolute": "math.abs", "Abs": "math.abs", "Arccos": "math.acos", "Arccosh": "math.acosh",
    "Arcsin": "math.asin", "Arcsinh": "math.asinh", "Arctan": "math.atan",
    "Arctanh": "math.atanh", "Ceil": "math.ceil", "Cos": "math.cos", "Cosh": "math.cosh",
    "Erf": "math.erf", "Erfinv": "math.erfinv", "Exp": "math.exp", "Expm1": "math.expm1",
    "Floor": "math.floor", "Isfinite": "math.is_finite", "Isinf": "math.is_inf",
    "Isnan": "math.is_nan", "Log": "math.log", "Log1p": "math.log1p",
    "LogicalNot": "math.logical_not", "Negative": "math.negative",
    "OnesLike": "ones_like", "Reciprocal": "math.reciprocal", "Relu": "nn.relu",
    "Relu6": "nn.relu6", "Rsqrt": "math.rsqrt", "Selu": "nn.selu", "Sigmoid": "math.sigmoid",
    "Sign": "math.sign", "Silu": "nn.silu", "Sin": "math.sin", "Sinh": "math.sinh",
    "Softplus": "math.softplus", "Softsign": "nn.softsign", "Sqrt": "math.sqrt",
    "Square": "math.square", "StopGradient": "stop_gradient", "Tan": "math.tan",
    "Tanh": "math.tanh", "ZerosLike": "zeros_like",
  ]

  private static let binary: [String: String] = [
    "Add": "math.add", "Arctan2": "math.atan2", "Divide": "math.truediv",
    "DivideNoNan": "math.divide_no_nan", "Equal": "math.equal",
    "FloorDivide": "math.floordiv", "Greater": "math.greater",
    "GreaterEqual": "math.greater_equal", "Less": "math.less", "LessEqual": "math.less_equal",
    "LogicalAnd": "math.logical_and", "LogicalOr": "math.logical_or",
    "LogicalXor": "math.logical_xor", "Maximum": "math.maximum", "Minimum": "math.minimum",
    "Mod": "math.floormod", "Multiply": "math.multiply", "NotEqual": "math.not_equal",
    "Power": "math.pow", "Subtract": "math.subtract", "TrueDivide": "math.truediv",
  ]

  private static let reductions: [String: String] = [
    "All": "math.reduce_all", "Any": "math.reduce_any", "Logsumexp": "math.reduce_logsumexp",
    "Max": "math.reduce_max", "Mean": "math.reduce_mean", "Min": "math.reduce_min",
    "Prod": "math.reduce_prod", "Std": "math.reduce_std", "Sum": "math.reduce_sum",
    "Var": "math.reduce_variance",
  ]

  private static let special: [String: Spelling] = [
    "Cast": Spelling(function: "cast", fields: ["dtype": "dtype"]),
    "Clip": Spelling(
      function: "clip_by_value",
      fields: ["x_min": "clip_value_min", "x_max": "clip_value_max"]),
    "Concatenate": Spelling(function: "concat", fields: ["axis": "axis"]),
    "Elu": Spelling(function: "nn.elu", fixed: ["alpha": .double(1)]),
    "ExpandDims": Spelling(function: "expand_dims", fields: ["axis": "axis"]),
    "Gelu": Spelling(function: "nn.gelu", fields: ["approximate": "approximate"]),
    "LeakyRelu": Spelling(function: "nn.leaky_relu", fields: ["negative_slope": "alpha"]),
    "LogSoftmax": Spelling(function: "nn.log_softmax", fields: ["axis": "axis"]),
    "Matmul": Spelling(function: "linalg.matmul", parameters: ["b"]),
    "Reshape": Spelling(function: "reshape", fields: ["newshape": "shape"]),
    "Round": Spelling(function: "math.round", fixed: ["decimals": .integer(0)]),
    "Softmax": Spelling(function: "nn.softmax", fields: ["axis": "axis"]),
    "Squeeze": Spelling(function: "compat.v1.squeeze", fields: ["axis": "axis"]),
    "Stack": Spelling(function: "stack", fields: ["axis": "axis"]),
    "Tile": Spelling(function: "tile", fields: ["repeats": "multiples"]),
    "Transpose": Spelling(function: "compat.v1.transpose", fields: ["axes": "perm"]),
    "Where": Spelling(function: "where", parameters: ["x", "y"]),
  ]
}

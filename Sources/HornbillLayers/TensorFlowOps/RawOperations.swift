import HornbillCore

/// The raw operations of TensorFlow by their names in a NodeDef; operands stand by position, attributes by name.
///
/// Source: TensorFlow, `tensorflow/core/ops/*.cc`.
package enum RawOperations {
  /// What an operation does; `nil` for one that is not supported.
  package static func rule(_ op: String) -> Operation.Rule? { rules[op] }

  /// The name of the public function that does the same, as ``DataDependentFunctions`` knows it.
  static func function(_ op: String) -> String { names[op] ?? op }

  private static let rules: [String: Operation.Rule] = {
    var rules = special
    for (op, function) in names {
      rules[op] = TensorFlowFunctions.rule(function)
    }
    return rules
  }()

  /// Operations whose operands and attributes are those of a public function.
  private static let names: [String: String] = [
    "Abs": "abs", "Acos": "acos", "Acosh": "acosh", "Add": "add", "AddV2": "add",
    "AdjustContrastv2": "image.adjust_contrast", "All": "reduce_all", "Any": "reduce_any",
    "ArgMax": "argmax", "ArgMin": "argmin", "Asin": "asin", "Asinh": "asinh", "Atan": "atan",
    "Atan2": "atan2", "Atanh": "atanh", "AvgPool": "avg_pool", "AvgPool3D": "avg_pool3d",
    "BatchMatMul": "matmul", "BatchMatMulV2": "matmul", "BatchMatMulV3": "matmul",
    "BatchToSpaceND": "batch_to_space_nd", "BiasAdd": "bias_add",
    "BitwiseAnd":
      "bitwise.bitwise_and", "BitwiseOr": "bitwise.bitwise_or",
    "BitwiseXor": "bitwise.bitwise_xor", "BroadcastTo": "broadcast_to", "Cast": "cast",
    "Ceil": "ceil", "CheckNumerics": "debugging.check_numerics",
    "CheckNumericsV2": "debugging.check_numerics", "Cholesky": "linalg.cholesky",
    "ClipByValue": "clip_by_value", "Conv2D": "conv2d", "Conv3D": "conv3d", "Cos": "cos",
    "Cosh": "cosh", "Cross": "linalg.cross", "Cumprod": "cumprod", "Cumsum": "cumsum",
    "DepthToSpace": "depth_to_space", "DepthwiseConv2dNative": "depthwise_conv2d",
    "Digamma": "digamma", "Div": "div", "DivNoNan": "divide_no_nan", "Elu": "elu",
    "EnsureShape": "ensure_shape", "Equal": "equal", "Erf": "erf", "Erfc": "erfc",
    "Erfinv": "erfinv", "EuclideanNorm": "reduce_euclidean_norm", "Exp": "exp",
    "ExpandDims": "expand_dims", "Expm1": "expm1", "Fill": "fill", "Floor": "floor",
    "FloorDiv": "floordiv", "FloorMod": "floormod", "Gather": "gather", "GatherNd": "gather_nd",
    "GatherV2": "gather", "Greater": "greater", "GreaterEqual": "greater_equal",
    "HSVToRGB": "image.hsv_to_rgb", "Identity": "identity", "InTopKV2": "in_top_k",
    "Inv": "reciprocal", "Invert": "bitwise.invert", "IsFinite": "is_finite",
    "IsInf": "is_inf", "IsNan": "is_nan", "LRN": "lrn", "LeakyRelu": "leaky_relu",
    "LeftShift": "bitwise.left_shift", "Less": "less", "LessEqual": "less_equal",
    "Lgamma": "lgamma", "Log": "log", "Log1p": "log1p", "LogSoftmax": "log_softmax",
    "LogicalAnd": "logical_and", "LogicalNot": "logical_not", "LogicalOr": "logical_or",
    "LowerBound": "lower_bound", "MatMul": "matmul", "MatrixBandPart": "linalg.band_part",
    "MatrixDeterminant": "linalg.det", "MatrixDiag": "linalg.diag",
    "MatrixDiagPart": "linalg.diag_part", "MatrixDiagPartV2": "linalg.diag_part",
    "MatrixDiagPartV3": "linalg.diag_part", "MatrixDiagV2": "linalg.diag",
    "MatrixDiagV3": "linalg.diag", "MatrixInverse": "linalg.inv",
    "MatrixSetDiag": "linalg.set_diag", "MatrixSetDiagV2": "linalg.set_diag",
    "MatrixSetDiagV3": "linalg.set_diag", "MatrixSolve": "linalg.solve",
    "MatrixTriangularSolve": "linalg.triangular_solve", "Max": "reduce_max",
    "MaxPool": "max_pool", "MaxPool3D": "max_pool3d", "Maximum": "maximum",
    "Mean": "reduce_mean", "Min": "reduce_min", "Minimum": "minimum", "MirrorPad": "pad",
    "Mod": "truncatemod", "Mul": "multiply", "MulNoNan": "multiply_no_nan", "Neg": "negative",
    "NextAfter": "nextafter", "NotEqual": "not_equal", "OneHot": "one_hot",
    "OnesLike": "ones_like", "Pad": "pad", "PadV2": "pad", "Pow": "pow",
    "PreventGradient": "prevent_gradient", "Prod": "reduce_prod", "RGBToHSV": "image.rgb_to_hsv",
    "Range": "range", "Rank": "rank", "RealDiv": "realdiv", "Reciprocal": "reciprocal",
    "Relu": "relu", "Relu6": "relu6", "Reshape": "reshape", "ResizeArea": "image.resize_area",
    "ResizeBicubic": "image.resize_bicubic", "ResizeBilinear": "image.resize_bilinear",
    "ResizeNearestNeighbor": "image.resize_nearest_neighbor", "ReverseV2": "reverse",
    "RightShift": "bitwise.right_shift", "Rint": "rint", "Roll": "roll", "Round": "round",
    "Rsqrt": "rsqrt", "ScaleAndTranslate": "image.scale_and_translate",
    "ScatterNd": "scatter_nd", "SelectV2": "where", "Selu": "selu", "Shape": "shape",
    "Sigmoid": "sigmoid", "Sign": "sign", "Sin": "sin", "Sinh": "sinh", "Size": "size",
    "Slice": "slice", "Snapshot": "identity", "Softmax": "softmax", "Softplus": "softplus",
    "Softsign": "softsign", "SpaceToBatchND": "space_to_batch_nd",
    "SpaceToDepth": "space_to_depth", "Sqrt": "sqrt", "Square": "square",
    "SquaredDifference": "squared_difference", "Squeeze": "squeeze",
    "StopGradient": "stop_gradient", "StridedSlice": "strided_slice", "Sub": "subtract",
    "Sum": "reduce_sum", "Tan": "tan", "Tanh": "tanh",
    "TensorScatterAdd": "tensor_scatter_nd_add", "TensorScatterMax": "tensor_scatter_nd_max",
    "TensorScatterMin": "tensor_scatter_nd_min",
    "TensorScatterUpdate": "tensor_scatter_nd_update", "Tile": "tile", "TopKV2": "top_k",
    "Transpose": "transpose", "TruncateDiv": "truncatediv", "TruncateMod": "truncatemod",
    "Unpack": "unstack", "UpperBound": "upper_bound", "Where": "where", "Xdivy": "xdivy",
    "Xlog1py": "xlog1py", "Xlogy": "xlogy", "ZerosLike": "zeros_like",
  ]

  private static let special: [String: Operation.Rule] = [
    "AddN": { (c, g) throws(LayerError) in try call("add_n", list(c), &g) },
    "Pack": { (c, g) throws(LayerError) in try call("stack", list(c), &g) },
    "ConcatV2": { (c, g) throws(LayerError) in
      guard let axis = c.arguments.positional.last else { throw c.missing("axis") }
      let values = Array(c.arguments.positional.dropLast())
      return try call(
        "concat", c.with(CallArguments([.list(values)], keywords: [("axis", axis)])), &g)
    },
    "Concat": { (c, g) throws(LayerError) in
      let axis = try c.argument(0)
      let values = Array(c.arguments.positional.dropFirst())
      return try call(
        "concat", c.with(CallArguments([.list(values)], keywords: [("axis", axis)])), &g)
    },
    "Split": { (c, g) throws(LayerError) in
      guard let axis = try c.whole(0, "axis", in: g), let parts = c.value(nil, "num_split") else {
        throw c.missing("num_split")
      }
      return try ShapeFunctions.split(
        g.operand(c.argument(1)), parts, axis: axis, c, &g)
    },
    "SplitV": { (c, g) throws(LayerError) in
      let axis = try c.whole(2, "axis", in: g) ?? 0
      var sizes = try c.argument(1)
      if case .integer = sizes { sizes = .list([sizes]) }
      return try ShapeFunctions.split(c.x(&g), sizes, axis: axis, c, &g)
    },
    "IdentityN": { (c, g) throws(LayerError) in
      var values: [Value] = []
      for argument in c.arguments.positional { values.append(try g.operand(argument)) }
      return values
    },
    "ShapeN": { (c, g) throws(LayerError) in
      var values: [Value] = []
      for argument in c.arguments.positional {
        let inner = CallArguments([argument], keywords: c.arguments.keywords)
        values += try call("shape", c.with(inner), &g)
      }
      return values
    },
    "Select": { (c, g) throws(LayerError) in
      let condition = try g.operand(c.argument(0), as: .bool)
      let values = try c.same([c.argument(1), c.argument(2)], &g)
      let rank = g.rank(values[0])
      guard g.rank(condition) == 1, rank > 1 else {
        return [try g.select(condition, values[0], values[1])]
      }
      let rows = g.shape(condition) + [Int](repeating: 1, count: rank - 1)
      return [try g.select(g.reshape(condition, to: rows), values[0], values[1])]
    },
    "Einsum": { (c, g) throws(LayerError) in
      guard let equation = try c.text("equation") else { throw c.missing("equation") }
      return [try g.einsum(Einsum(equation), c.same(c.arguments.positional, &g))]
    },
    "Conv2DBackpropInput": { (c, g) throws(LayerError) in
      let arguments = CallArguments(
        [try c.argument(2), try c.argument(1), try c.argument(0)],
        keywords: c.arguments.keywords)
      return try call("conv2d_transpose", c.with(arguments), &g)
    },
    "ExtractImagePatches": { (c, g) throws(LayerError) in
      let keywords = c.arguments.keywords.map {
        ($0.name == "ksizes" ? "sizes" : $0.name, $0.value)
      }
      return try call(
        "extract_patches", c.with(CallArguments(c.arguments.positional, keywords: keywords)), &g)
    },
    "SoftmaxCrossEntropyWithLogits": { (c, g) throws(LayerError) in
      try loss("softmax_cross_entropy_with_logits", c, &g)
    },
    "SparseSoftmaxCrossEntropyWithLogits": { (c, g) throws(LayerError) in
      try loss("sparse_softmax_cross_entropy_with_logits", c, &g)
    },
    "Const": { (c, g) throws(LayerError) in
      throw LayerError(.unsupported, "a constant as a layer is not supported")
    },
  ]

  private static func call(
    _ function: String, _ c: OperationCall, _ g: inout GraphBuilder
  ) throws(LayerError) -> [Value] {
    guard let rule = TensorFlowFunctions.rule(function) else {
      throw LayerError(.unsupported, "\(c.className) is not supported")
    }
    return try rule(c, &g)
  }

  /// The call with all operands as one list.
  private static func list(_ c: OperationCall) -> OperationCall {
    c.with(CallArguments([.list(c.arguments.positional)], keywords: c.arguments.keywords))
  }

  /// A loss of logits and labels, which are the other way about, and its gradient in the logits.
  private static func loss(
    _ function: String, _ c: OperationCall, _ g: inout GraphBuilder
  ) throws(LayerError) -> [Value] {
    let swapped = CallArguments([try c.argument(1), try c.argument(0)])
    var results = try call(function, c.with(swapped), &g)
    let logits = try c.x(&g)
    var labels = try g.operand(c.argument(1))
    if g.rank(labels) < g.rank(logits) {
      let classes = try g.range(g.shape(logits).last ?? 0, g.dtype(labels))
      labels = try g.binary(.equal, g.expand(labels, axis: -1), classes)
    }
    let shares = try g.activation(.softmax, logits)
    results.append(try g.subtract(shares, g.cast(labels, to: g.dtype(logits))))
    return results
  }
}

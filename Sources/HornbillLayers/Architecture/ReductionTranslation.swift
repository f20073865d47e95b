import HornbillCore

/// TensorFlow's functions that fold axes, and running folds.
enum ReductionTranslation {
  static let rules: [String: TensorFlowTranslation.Rule] = {
    var rules = special
    for (name, className) in folds { rules[name] = fold(className) }
    return rules
  }()

  private static func fold(_ className: String) -> TensorFlowTranslation.Rule {
    { (c, g) throws(LayerError) in
      let x = try c.x
      guard className != "Mean" || x.spec.dtype.isFloatingPoint else {
        throw c.refusal("the mean of whole numbers has a fraction in keras.ops")
      }
      let result = try g.fold(className, x, c)
      // Keras 3 widens sums and products of short numbers.
      guard ["Sum", "Prod"].contains(className), x.spec.dtype.bitWidth < 32 else { return [result] }
      return [g.cast(result, to: x.spec.dtype)]
    }
  }

  private static let folds: [String: String] = [
    "reduce_sum": "Sum", "reduce_max": "Max", "reduce_min": "Min", "reduce_prod": "Prod",
    "reduce_any": "Any", "reduce_all": "All", "reduce_mean": "Mean", "reduce_variance": "Var",
    "reduce_std": "Std", "reduce_logsumexp": "Logsumexp",
  ]

  private static let special: [String: TensorFlowTranslation.Rule] = [
    "reduce_euclidean_norm": { (c, g) throws(LayerError) in
      let sum = try g.fold("Sum", g.apply("Square", .tensor(c.x)), c)
      return [g.apply("Sqrt", .tensor(sum))]
    },
    "count_nonzero": { (c, g) throws(LayerError) in
      let counts = try g.apply("NotEqual", .tensor(c.x), .integer(0), dtype: .bool)
      let numbers = g.cast(counts, to: try c.type("dtype") ?? .int64)
      return [try g.fold("Sum", numbers, c)]
    },
    "moments": { (c, g) throws(LayerError) in
      let x = try c.x
      return [try g.fold("Mean", x, c), try g.fold("Var", x, c)]
    },
    "argmax": { (c, g) throws(LayerError) in try position("Argmax", c, &g) },
    "argmin": { (c, g) throws(LayerError) in try position("Argmin", c, &g) },
    "cumsum": { (c, g) throws(LayerError) in try running("Cumsum", c, &g) },
    "cumprod": { (c, g) throws(LayerError) in try running("Cumprod", c, &g) },
    "l2_normalize": { (c, g) throws(LayerError) in
      let x = try c.x
      let axes = try c.wholes(1, "axis", "dim")
      let least = try c.real(nil, "epsilon", default: 1e-12)
      let square = g.apply("Square", .tensor(x))
      let sum = g.apply(
        "Sum", .tensor(square), fields: [("axis", axes.json), ("keepdims", .bool(true))])
      let bounded = g.apply("Maximum", .tensor(sum), .number(least))
      let scale = g.apply("Rsqrt", .tensor(bounded))
      return [g.apply("Multiply", .tensor(x), .tensor(scale))]
    },
    "norm": { (c, g) throws(LayerError) in [try norm(c, keeps: c.keeps, &g)] },
    "linalg.normalize": { (c, g) throws(LayerError) in
      let norm = try norm(c, keeps: true, &g)
      return [try g.apply("Divide", .tensor(c.x), .tensor(norm)), norm]
    },
  ]

  private static func position(
    _ className: String, _ c: TensorFlowCall, _ g: inout GraphDraft
  ) throws(LayerError) -> [DraftTensor] {
    let axis = try c.whole(1, "axis", "dimension") ?? 0
    let found = try g.apply(
      className, .tensor(c.x),
      fields: [("axis", .integer(Int64(axis))), ("keepdims", .bool(false))], dtype: .int32)
    return [g.cast(found, to: try c.type("output_type") ?? .int64)]
  }

  private static func running(
    _ className: String, _ c: TensorFlowCall, _ g: inout GraphDraft
  ) throws(LayerError) -> [DraftTensor] {
    let axis = try c.whole(1, "axis") ?? 0
    let isReverse = c.flag("reverse")
    let field = ("axis", JSON.integer(Int64(axis)))
    var x = try c.x
    if isReverse { x = g.apply("Flip", .tensor(x), fields: [field], shape: x.spec.shape) }
    if c.flag("exclusive") {
      x = try shifted(x, axis, by: className == "Cumsum" ? 0 : 1, c, &g)
    }
    x = g.apply(className, .tensor(x), fields: [field, ("dtype", .null)])
    if isReverse { x = g.apply("Flip", .tensor(x), fields: [field]) }
    return [x]
  }

  /// A tensor without its last part along an axis, and a number in front.
  private static func shifted(
    _ x: DraftTensor, _ axis: Int, by number: Double, _ c: TensorFlowCall, _ g: inout GraphDraft
  ) throws(LayerError) -> DraftTensor {
    let rank = try c.rank(x)
    let place = axis < 0 ? axis + rank : axis
    guard (0..<rank).contains(place) else { throw c.refusal("there is no such axis") }
    let all = Argument<DraftTensor>.slice(start: .none, stop: .none, step: .none)
    let key =
      [Argument<DraftTensor>](repeating: all, count: place)
      + [.slice(start: .none, stop: .integer(-1), step: .none)]
    let head = g.apply("GetItem", .tensor(x), .list(key))
    let widths = (0..<rank).map { JSON.integers([$0 == place ? 1 : 0, 0]) }
    let filling: Argument<DraftTensor> =
      x.spec.dtype.isFloatingPoint ? .number(number) : .integer(Int64(number))
    return g.apply(
      "Pad", .tensor(head),
      fields: [("pad_width", .array(widths)), ("mode", .string("constant"))],
      keywords: [("constant_values", filling)])
  }

  private static func norm(
    _ c: TensorFlowCall, keeps: Bool, _ g: inout GraphDraft
  ) throws(LayerError) -> DraftTensor {
    let x = try c.x
    let axes = try c.wholes(2, "axis")
    let fields = [("axis", axes.json), ("keepdims", JSON.bool(keeps))]
    var order = 2.0
    var isOfMatrix = (axes?.count ?? 1) > 1
    switch c.value(1, "ord") {
    case nil, .string("euclidean"), .string("fro"): isOfMatrix = false
    default: order = try c.real(1, "ord", default: 2)
    }
    guard !isOfMatrix else { throw c.refusal("a norm of matrices that is not of all elements") }
    switch order {
    case 1: return g.apply("Sum", .tensor(g.apply("Absolute", .tensor(x))), fields: fields)
    case 2:
      let sum = g.apply("Sum", .tensor(g.apply("Square", .tensor(x))), fields: fields)
      return g.apply("Sqrt", .tensor(sum))
    case .infinity:
      return g.apply(
        "Max", .tensor(g.apply("Absolute", .tensor(x))), fields: fields + [("initial", .null)])
    default:
      let power = g.apply(
        "Power", .tensor(g.apply("Absolute", .tensor(x))), .number(order))
      let sum = g.apply("Sum", .tensor(power), fields: fields)
      return g.apply("Power", .tensor(sum), .number(1 / order))
    }
  }
}

extension TensorFlowCall {
  /// Whether folded axes stay with extent 1.
  var keeps: Bool { flag("keepdims", "keep_dims") }
}

extension [Int]? {
  /// Axes as a configuration has them: `null`, a number or a list.
  var json: JSON {
    guard let self else { return .null }
    return self.count == 1 ? .integer(Int64(self[0])) : .integers(self)
  }
}

extension GraphDraft {
  /// Folds the axes that a call names.
  mutating func fold(
    _ className: String, _ x: DraftTensor, _ c: TensorFlowCall
  ) throws(LayerError) -> DraftTensor {
    let axes = try c.wholes(1, "axis", "reduction_indices", "axes")
    var fields = [("axis", axes.json), ("keepdims", JSON.bool(c.keeps))]
    if className == "Max" || className == "Min" { fields.append(("initial", .null)) }
    if className == "Prod" { fields.append(("dtype", .null)) }
    var dtype = x.spec.dtype
    if ["Sum", "Prod"].contains(className), !dtype.isFloatingPoint, dtype.bitWidth < 32 {
      dtype = dtype == .uint8 || dtype == .uint16 ? .uint32 : .int32
    }
    return apply(className, .tensor(x), fields: fields, dtype: dtype)
  }
}

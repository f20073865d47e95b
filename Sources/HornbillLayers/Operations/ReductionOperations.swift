import HornbillCore

/// Operations that fold axes.
///
/// Source: Keras 3, `keras/src/ops/numpy.py`, with `keras/src/backend/tensorflow/numpy.py`.
enum ReductionOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "All": truth(.all),
    "Any": truth(.any),
    "Max": extreme(.maximum), "Amax": extreme(.maximum),
    "Min": extreme(.minimum), "Amin": extreme(.minimum),
    "Argmax": position(.maximum), "Argmin": position(.minimum),
    "Sum": fold { (x, axes, keep, g) throws(LayerError) in
      try g.sum(widened(x, &g), axes: axes, keepDimensions: keep)
    },
    "Prod": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      let y = try c["dtype"] == nil ? widened(x, &g) : x
      let axes = try c.axes(of: y, in: g)
      return [try g.reduce(.product, y, axes: axes, keepDimensions: c.bool("keepdims"))]
    },
    "Mean": fold { (x, axes, keep, g) throws(LayerError) in
      try wide(x, &g) { (y, g) throws(LayerError) in
        try g.mean(y, axes: axes, keepDimensions: keep)
      }
    },
    "Var": fold { (x, axes, keep, g) throws(LayerError) in
      try wide(x, &g) { (y, g) throws(LayerError) in
        try variance(y, axes, keep: keep, &g)
      }
    },
    "Std": fold { (x, axes, keep, g) throws(LayerError) in
      try g.unary(.sqrt, variance(g.floating(x), axes, keep: keep, &g))
    },
    "Moments": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      let axes = try c.axes("axes", of: x, in: g)
      let keep = try c.bool("keepdims")
      let mean = try wide(x, &g) { (y, g) throws(LayerError) in
        try g.mean(y, axes: axes, keepDimensions: keep)
      }
      let spread = try wide(x, &g) { (y, g) throws(LayerError) in
        try variance(y, axes, keep: keep, &g)
      }
      return [mean, spread]
    },
    "Ptp": fold { (x, axes, keep, g) throws(LayerError) in
      try g.subtract(
        g.reduce(.maximum, x, axes: axes, keepDimensions: keep),
        g.reduce(.minimum, x, axes: axes, keepDimensions: keep))
    },
    "Logsumexp": fold { (x, axes, keep, g) throws(LayerError) in
      try g.reduce(.logSumExp, g.floating(x), axes: axes, keepDimensions: keep)
    },
    "CountNonzero": fold { (x, axes, _, g) throws(LayerError) in
      let isNonzero = try g.cast(g.cast(x, to: .bool), to: .int32)
      return try g.sum(isNonzero, axes: axes)
    },
    "Average": average,
    "Size": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      return [try g.integer(Int64(g.elementCount(x)), .int32)]
    },
    "Ndim": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      return [g.scalar(Double(g.rank(x)), .int32)]
    },
    "Trapezoid": trapezoid,
  ]

  /// A rule for a function of a tensor, the axes to fold, and whether they stay with extent 1.
  static func fold(
    _ function:
      @escaping @Sendable (Value, [Int], Bool, inout GraphBuilder) throws(LayerError) -> Value
  ) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      return [try function(x, c.axes(of: x, in: g), c.bool("keepdims"), &g)]
    }
  }

  private static func truth(_ reduction: Reduction) -> Operation.Rule {
    fold { (x, axes, keep, g) throws(LayerError) in
      try g.reduce(reduction, g.cast(x, to: .bool), axes: axes, keepDimensions: keep)
    }
  }

  /// The greatest or least element; of `bool`, whether any or all are true.
  static func extreme(
    _ reduction: Reduction, _ x: Value, _ axes: [Int], keep: Bool, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let isBool = g.dtype(x) == .bool
    let kind: Reduction = isBool ? (reduction == .maximum ? .any : .all) : reduction
    return try g.reduce(kind, x, axes: axes, keepDimensions: keep)
  }

  private static func extreme(_ reduction: Reduction) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      let found = try extreme(
        reduction, x, c.axes(of: x, in: g), keep: c.bool("keepdims"), &g)
      guard c["initial"] != nil else { return [found] }
      let initial = try g.number(c.number("initial"), g.dtype(x))
      return [
        try reduction == .maximum ? g.maximum(found, initial) : g.minimum(found, initial)
      ]
    }
  }

  private static func position(_ reduction: ArgReduction) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      return [try position(reduction, x, c["axis"]?.int, keep: c.bool("keepdims"), &g)]
    }
  }

  /// The position of the greatest or least element along one axis, or among all; −0 counts as less than 0.
  static func position(
    _ reduction: ArgReduction, _ x: Value, _ axis: Int?, keep: Bool, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    var y = x
    if g.dtype(x) == .bool {
      y = try g.cast(x, to: .int32)
    } else if g.dtype(x).isFloatingPoint, g.rank(x) > 0 {
      y = try g.cast(x, to: g.dtype(x) == .float64 ? .float64 : .float32)
      let isZero = try g.binary(.equal, y, g.scalar(0, g.dtype(y)))
      let isBelow = try g.binary(.logicalAnd, isZero, g.unary(.signBit, y))
      y = try g.select(isBelow, g.scalar(-0x1p-126, g.dtype(y)), y)
    }
    let shape = g.shape(x)
    if axis == nil || shape.isEmpty { y = try g.flattened(y) }
    let resolved = try axis.map { (axis) throws(LayerError) in try g.axis(axis, of: x) }
    let found = try g.argReduce(reduction, y, axis: shape.isEmpty ? 0 : resolved ?? 0)
    guard keep else { return found }
    return try g.reshape(
      found, to: shape.indices.map { resolved == nil || $0 == resolved ? 1 : shape[$0] })
  }

  /// A tensor in the type in which Keras sums: narrow integers and `bool` in 32 bits.
  static func widened(
    _ x: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    switch g.dtype(x) {
    case .bool, .int8, .int16: try g.cast(x, to: .int32)
    case .uint8, .uint16: try g.cast(x, to: .uint32)
    default: x
    }
  }

  /// A function computed in `float32` at least, its result in the operand's floating-point type.
  private static func wide(
    _ x: Value, _ g: inout GraphBuilder,
    _ function: (Value, inout GraphBuilder) throws(LayerError) -> Value
  ) throws(LayerError) -> Value {
    let dtype = g.dtype(x)
    let y = try g.cast(x, to: dtype == .float64 ? .float64 : .float32)
    return try g.cast(function(y, &g), to: TypePromotion.floating(dtype))
  }

  /// The mean square of the distance from the mean.
  static func variance(
    _ x: Value, _ axes: [Int], keep: Bool, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let centered = try g.subtract(x, g.mean(x, axes: axes, keepDimensions: true))
    return try g.mean(g.square(centered), axes: axes, keepDimensions: keep)
  }

  private static let average: Operation.Rule = { (c, g) throws(LayerError) in
    guard let second = c.optional(1, "weights") else {
      let x = try g.floating(c.tensor(0, &g))
      return [try g.mean(x, axes: c.axes(of: x, in: g))]
    }
    let values = try g.promoted([c.argument(0), second], isStrong: true, isFloating: true)
    var (x, weights) = (values[0], values[1])
    let axes = try c.axes(of: x, in: g)
    if g.rank(weights) != g.rank(x) {
      guard g.rank(weights) == 1, axes.count == 1 else {
        throw LayerError(
          .shape,
          "weights of shape \(Shape(g.shape(weights))) for shape \(Shape(g.shape(x)))")
      }
      var extents = [Int](repeating: 1, count: g.rank(x))
      extents[axes[0]] = g.shape(weights)[0]
      weights = try g.reshape(weights, to: extents)
    }
    let total = try g.sum(weights, axes: axes)
    x = try g.sum(g.multiply(x, weights), axes: axes)
    return [try g.divide(x, total)]
  }

  private static let trapezoid: Operation.Rule = { (c, g) throws(LayerError) in
    var y = try g.floating(c.tensor(0, &g))
    let axis = try g.axis(c.integer("axis", default: -1), of: y)
    y = try g.moveAxis(y, from: axis, to: -1)
    let count = g.shape(y)[g.rank(y) - 1]
    guard count > 0 else { throw LayerError(.shape, "an empty axis has no trapezoids") }
    let upper = try g.slice(y, axis: -1, start: 1, count: count - 1)
    let lower = try g.slice(y, axis: -1, start: 0, count: count - 1)
    let heights = try g.multiply(g.add(upper, lower), 0.5)
    guard let points = c["x"] ?? c.fields["x"], !points.isNull else {
      let width = try c.number("dx", default: 1)
      return [try g.sum(g.multiply(heights, g.number(width, g.dtype(y))), axes: [-1])]
    }
    let literal: Argument<Flow> = try Argument(json: points) {
      (_: JSON) throws(LayerError) -> Flow? in nil
    }
    var x = try g.operand(literal, as: g.dtype(y))
    if g.rank(x) > 1 { x = try g.moveAxis(x, from: axis, to: -1) }
    guard g.shape(x).last == count else {
      throw LayerError(.shape, "\(count) heights and points of shape \(Shape(g.shape(x)))")
    }
    let widths = try g.subtract(
      g.slice(x, axis: -1, start: 1, count: count - 1),
      g.slice(x, axis: -1, start: 0, count: count - 1))
    return [try g.sum(g.multiply(heights, widths), axes: [-1])]
  }
}

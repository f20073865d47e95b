import HornbillCore

/// Running folds, and folds that leave NaN out.
///
/// Source: Keras 3, `keras/src/ops/numpy.py`, with `keras/src/backend/tensorflow/numpy.py`.
enum ScanOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "Cumsum": running(.sum),
    "Cumprod": running(.product),
    "Nancumsum": running(.sum, replacingNaNBy: 0),
    "Nancumprod": running(.product, replacingNaNBy: 1),
    "Nanmax": present(.maximum, empty: -.infinity),
    "Nanmin": present(.minimum, empty: .infinity),
    "Nanargmax": position(.maximum, empty: -.infinity),
    "Nanargmin": position(.minimum, empty: .infinity),
    "Nansum": ReductionOperations.fold { (x, axes, keep, g) throws(LayerError) in
      let known = try without(x, 0, &g)
      return try g.sum(ReductionOperations.widened(known, &g), axes: axes, keepDimensions: keep)
    },
    "Nanprod": ReductionOperations.fold { (x, axes, keep, g) throws(LayerError) in
      let known = try without(x, 1, &g)
      return try g.reduce(
        .product, ReductionOperations.widened(known, &g), axes: axes, keepDimensions: keep)
    },
    "Nanmean": ReductionOperations.fold { (x, axes, keep, g) throws(LayerError) in
      try mean(g.floating(x), axes, keep: keep, &g)
    },
    "Nanvar": ReductionOperations.fold { (x, axes, keep, g) throws(LayerError) in
      try variance(g.floating(x), axes, keep: keep, &g)
    },
    "Nanstd": ReductionOperations.fold { (x, axes, keep, g) throws(LayerError) in
      try g.unary(.sqrt, variance(g.floating(x), axes, keep: keep, &g))
    },
  ]

  private static func running(
    _ kind: Accumulation, replacingNaNBy number: Double? = nil
  ) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      var x = try c.tensor(0, &g)
      if let number { x = try UnaryOperations.nanToNumber(x, number, nil, nil, &g) }
      if let dtype = try c.dtype() { x = try g.cast(x, to: dtype) }
      if g.dtype(x) == .bool { x = try g.cast(x, to: .int32) }
      guard c["axis"] != nil else {
        return [try g.accumulate(kind, g.flattened(x), axis: 0)]
      }
      return [try g.accumulate(kind, x, axis: c.integer("axis"))]
    }
  }

  /// The tensor with a number in the place of NaN.
  private static func without(
    _ x: Value, _ number: Double, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    guard g.dtype(x).isFloatingPoint else { return x }
    return try g.select(g.unary(.isNaN, x), g.scalar(number, g.dtype(x)), x)
  }

  /// The extreme of what is not NaN; NaN where all is.
  private static func present(_ reduction: Reduction, empty: Double) -> Operation.Rule {
    ReductionOperations.fold { (x, axes, keep, g) throws(LayerError) in
      guard g.dtype(x).isFloatingPoint else {
        return try ReductionOperations.extreme(reduction, x, axes, keep: keep, &g)
      }
      let isLost = try g.reduce(.all, g.unary(.isNaN, x), axes: axes, keepDimensions: keep)
      let found = try g.reduce(
        reduction, without(x, empty, &g), axes: axes, keepDimensions: keep)
      return try g.select(isLost, g.scalar(.nan, g.dtype(x)), found)
    }
  }

  private static func position(_ reduction: ArgReduction, empty: Double) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      let keep = try c.bool("keepdims")
      let known = try without(x, empty, &g)
      let found = try ReductionOperations.position(
        reduction, known, c["axis"]?.int, keep: keep, &g)
      guard g.dtype(x).isFloatingPoint else { return [found] }
      let isLost = try g.reduce(
        .all, g.unary(.isNaN, x), axes: c.axes(of: x, in: g), keepDimensions: keep)
      return [try g.select(isLost, g.scalar(-1, .int32), found)]
    }
  }

  private static func mean(
    _ x: Value, _ axes: [Int], keep: Bool, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let isKnown = try g.unary(.logicalNot, g.unary(.isNaN, x))
    let count = try g.sum(g.cast(isKnown, to: g.dtype(x)), axes: axes, keepDimensions: keep)
    return try g.divide(g.sum(without(x, 0, &g), axes: axes, keepDimensions: keep), count)
  }

  private static func variance(
    _ x: Value, _ axes: [Int], keep: Bool, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let mean = try mean(x, axes, keep: true, &g)
    let isNaN = try g.unary(.isNaN, x)
    let centered = try g.select(isNaN, g.scalar(0, g.dtype(x)), g.subtract(x, mean))
    let isKnown = try g.cast(g.unary(.logicalNot, isNaN), to: g.dtype(x))
    let count = try g.sum(isKnown, axes: axes, keepDimensions: keep)
    return try g.divide(g.sum(g.square(centered), axes: axes, keepDimensions: keep), count)
  }
}

import HornbillCore

/// TensorFlow's functions that fold axes, and running folds.
///
/// Source: TensorFlow, `tensorflow/python/ops/math_ops.py`, `linalg_ops.py` and `nn_impl.py`.
enum ReductionFunctions {
  /// The functions by name, without the module.
  static let rules: [String: Operation.Rule] = [
    "reduce_sum": fold(.sum), "reduce_max": fold(.maximum), "reduce_min": fold(.minimum),
    "reduce_prod": fold(.product), "reduce_any": fold(.any), "reduce_all": fold(.all),
    "reduce_logsumexp": fold(.logSumExp),
    "reduce_mean": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let axes = try c.folds(x, in: g)
      guard !g.dtype(x).isFloatingPoint else {
        return [try g.mean(x, axes: axes, keepDimensions: c.keeps)]
      }
      let count = try g.product(axes.map { g.shape(x)[$0] })
      let sum = try g.cast(g.sum(x, axes: axes, keepDimensions: c.keeps), to: .float64)
      let mean = try g.divide(sum, g.scalar(Double(count), .float64))
      return [try g.cast(mean, to: g.dtype(x))]
    },
    "reduce_variance": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      return [try ReductionOperations.variance(x, c.folds(x, in: g), keep: c.keeps, &g)]
    },
    "reduce_std": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let variance = try ReductionOperations.variance(x, c.folds(x, in: g), keep: c.keeps, &g)
      return [try g.unary(.sqrt, variance)]
    },
    "reduce_euclidean_norm": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let sum = try g.sum(g.square(x), axes: c.folds(x, in: g), keepDimensions: c.keeps)
      return [try g.unary(.sqrt, sum)]
    },
    "count_nonzero": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let counted = try g.cast(g.cast(x, to: .bool), to: c.type("dtype") ?? .int64)
      return [try g.sum(counted, axes: c.folds(x, in: g), keepDimensions: c.keeps)]
    },
    "moments": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let axes = try c.folds(x, in: g)
      return [
        try g.mean(x, axes: axes, keepDimensions: c.keeps),
        try ReductionOperations.variance(x, axes, keep: c.keeps, &g),
      ]
    },
    "argmax": position(.maximum), "argmin": position(.minimum),
    "cumsum": running(.sum, 0), "cumprod": running(.product, 1),
    "l2_normalize": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let axes = try c.wholes(1, "axis", "dim", in: g) ?? Array(0..<g.rank(x))
      let least = try c.real(nil, "epsilon", default: 1e-12, in: g)
      let sum = try g.sum(g.square(x), axes: axes, keepDimensions: true)
      let bounded = try g.maximum(sum, g.number(least, g.dtype(x)))
      return [try g.multiply(x, g.rsqrt(bounded))]
    },
    "norm": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      return [try norm(c, x, keep: c.keeps, &g)]
    },
    "linalg.normalize": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let norm = try norm(c, x, keep: true, &g)
      return [try g.divide(x, norm), norm]
    },
  ]

  private static func fold(_ reduction: Reduction) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      return [try g.reduce(reduction, x, axes: c.folds(x, in: g), keepDimensions: c.keeps)]
    }
  }

  private static func position(_ reduction: ArgReduction) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let axis = try c.whole(1, "axis", "dimension", in: g) ?? 0
      let y = try g.dtype(x) == .bool ? g.cast(x, to: .int32) : x
      let found = try g.argReduce(reduction, y, axis: axis)
      return [try g.cast(found, to: c.type("output_type") ?? .int64)]
    }
  }

  private static func running(_ kind: Accumulation, _ neutral: Double) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let axis = try g.axis(c.whole(1, "axis", in: g) ?? 0, of: x)
      let isReverse = try c.flag("reverse")
      let y = try g.accumulate(kind, x, axis: axis, reverse: isReverse)
      guard try c.flag("exclusive"), g.shape(x)[axis] > 0 else { return [y] }
      let count = g.shape(x)[axis]
      var edge = g.shape(x)
      edge[axis] = 1
      let start = try g.full(neutral, shape: edge, g.dtype(x))
      let rest = try g.slice(y, axis: axis, start: isReverse ? 1 : 0, count: count - 1)
      return [try g.concatenate(isReverse ? [rest, start] : [start, rest], axis: axis)]
    }
  }

  private static func norm(
    _ c: OperationCall, _ x: Value, keep: Bool, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let order: NormOperations.Order =
      switch c.value(1, "ord") {
      case nil, .string("euclidean"), .string("fro"): .euclidean
      default: .number(try c.real(1, "ord", in: g))
      }
    guard let axes = try c.wholes(2, "axis", in: g) else {
      let flat = try g.flattened(x)
      let norm = try NormOperations.norm(flat, order, [0], keep: false, &g)
      return keep ? try g.reshape(norm, to: g.shape(x).map { _ in 1 }) : norm
    }
    var resolved: [Int] = []
    for axis in axes { resolved.append(try g.axis(axis, of: x)) }
    return try NormOperations.norm(x, order, resolved, keep: keep, &g)
  }
}

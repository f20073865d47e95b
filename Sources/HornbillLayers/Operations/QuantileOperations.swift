import HornbillCore

/// Quantiles along axes.
///
/// Keras's node for `quantile` leaves its `method` aside and is always linear, which this repeats.
///
/// Source: Keras 3, `keras/src/backend/tensorflow/numpy.py`, `_quantile` and `nanquantile`.
enum QuantileOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "Median": { (c, g) throws(LayerError) in
      [try quantiles(c, [0.5], isList: false, &g)]
    },
    "Nanmedian": { (c, g) throws(LayerError) in
      [try quantiles(c, [0.5], isList: false, skippingNaN: true, &g)]
    },
    "Quantile": rule(scale: 1, skippingNaN: false),
    "Percentile": rule(scale: 100, skippingNaN: false),
    "Nanquantile": rule(scale: 1, skippingNaN: true),
    "Nanpercentile": rule(scale: 100, skippingNaN: true),
  ]

  /// What a quantile between two elements is.
  private enum Method: String, CaseIterable {
    case linear, lower, higher, midpoint, nearest
  }

  private static func rule(scale: Float, skippingNaN: Bool) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let argument = try c.argument(1, "q")
      var shares: Tensor?
      if case .array(let tensor) = argument { shares = tensor }
      guard let shares = shares ?? Tensor(literal: argument), shares.rank <= 1,
        let numbers = shares.floats
      else {
        throw LayerError(.unsupported, "\(c.className) at a share that is a tensor")
      }
      let q = numbers.map { Double($0 / scale) }
      guard q.allSatisfy({ (0...1).contains($0) }) else {
        throw LayerError(.configuration, "\(c.className) at a share outside 0...1")
      }
      return [try quantiles(c, q, isList: shares.rank == 1, skippingNaN: skippingNaN, &g)]
    }
  }

  private static func quantiles(
    _ c: OperationCall, _ shares: [Double], isList: Bool, skippingNaN: Bool = false,
    _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let method =
      try c.className == "Quantile" ? .linear : c.choice("method", default: Method.linear)
    let x = try g.floating(c.tensor(0, &g))
    let axes = try c.axes(of: x, in: g)
    let rest = (0..<g.rank(x)).filter { !axes.contains($0) }
    let moved = try g.transpose(x, rest + axes)
    let lead = rest.map { g.shape(x)[$0] }
    let count = Shape.elementCount(axes.map { g.shape(x)[$0] }) ?? 0
    guard count > 0 else { throw LayerError(.shape, "an empty axis has no quantile") }
    let rows = try g.reshape(moved, to: lead + [count])
    let sorted = try g.sort(rows).values
    var results: [Value] = []
    for share in shares {
      let found =
        try skippingNaN
        ? knownQuantile(sorted, share, method, &g) : quantile(sorted, share, method, &g)
      results.append(try g.squeeze(found, axis: -1))
    }
    if !skippingNaN {
      let isLost = try g.reduce(.any, g.unary(.isNaN, rows), axes: [-1])
      for index in results.indices {
        results[index] = try g.select(isLost, g.scalar(.nan, g.dtype(x)), results[index])
      }
    }
    var result = isList ? try g.stack(results, axis: 0) : results[0]
    if try c.bool("keepdims") {
      let kept = g.shape(x).indices.map { axes.contains($0) ? 1 : g.shape(x)[$0] }
      result = try g.reshape(result, to: (isList ? [shares.count] : []) + kept)
    }
    return result
  }

  /// The quantile of sorted rows, as a last axis of extent 1.
  private static func quantile(
    _ sorted: Value, _ share: Double, _ method: Method, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let count = g.shape(sorted)[g.rank(sorted) - 1]
    let position = Double(count - 1) * share
    func element(_ index: Double, _ g: inout GraphBuilder) throws(LayerError) -> Value {
      try g.slice(sorted, axis: -1, start: min(max(Int(index), 0), count - 1), count: 1)
    }
    let lower = position.rounded(.down)
    let upper = position.rounded(.up)
    switch method {
    case .lower: return try element(lower, &g)
    case .higher: return try element(upper, &g)
    case .nearest: return try element(position.rounded(.toNearestOrEven), &g)
    case .midpoint: return try g.multiply(g.add(element(lower, &g), element(upper, &g)), 0.5)
    case .linear:
      let below = max(upper - 1, 0)
      let above = min(below + 1, Double(count - 1))
      let fraction = above - position
      return try g.add(
        g.multiply(element(above, &g), 1 - fraction), g.multiply(element(below, &g), fraction))
    }
  }

  /// The quantile of what is not NaN in sorted rows, where NaN comes last.
  private static func knownQuantile(
    _ sorted: Value, _ share: Double, _ method: Method, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let isKnown = try g.unary(.logicalNot, g.unary(.isNaN, sorted))
    let count = try g.cast(
      g.sum(g.cast(isKnown, to: .int32), axes: [-1], keepDimensions: true), to: .float64)
    let zero = g.scalar(0, .float64)
    let one = g.scalar(1, .float64)
    let last = try g.maximum(g.subtract(count, one), zero)
    let position = try g.multiply(last, g.scalar(share, .float64))
    func element(_ index: Value, _ g: inout GraphBuilder) throws(LayerError) -> Value {
      try g.gatherElements(
        sorted, g.cast(g.minimum(g.maximum(index, zero), last), to: .int32), axis: -1)
    }
    let lower = try g.unary(.floor, position)
    let upper = try g.unary(.ceil, position)
    switch method {
    case .lower: return try element(lower, &g)
    case .higher: return try element(upper, &g)
    case .nearest: return try element(g.unary(.roundHalfToEven, position), &g)
    case .midpoint: return try g.multiply(g.add(element(lower, &g), element(upper, &g)), 0.5)
    case .linear:
      let below = try g.maximum(g.subtract(upper, one), zero)
      let above = try g.minimum(g.add(below, one), last)
      let fraction = try g.cast(g.subtract(above, position), to: g.dtype(sorted))
      let rest = try g.subtract(g.scalar(1, g.dtype(sorted)), fraction)
      return try g.add(
        g.multiply(element(above, &g), rest), g.multiply(element(below, &g), fraction))
    }
  }
}

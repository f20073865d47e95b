import HornbillCore

/// Folds of the rows of a tensor by the numbers of the segments they belong to.
///
/// Source: Keras 3, `keras/src/ops/math.py`, with `keras/src/backend/tensorflow/math.py`.
enum SegmentOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "SegmentSum": segment, "SegmentProd": segment, "SegmentMax": segment, "SegmentMin": segment,
  ]

  private static let segment: Operation.Rule = { (c, g) throws(LayerError) in
    guard c["num_segments"] != nil else {
      throw LayerError(
        .unsupported,
        "the shape of the result of \(c.className) without num_segments depends on data")
    }
    return [try folded(c, count: c.integer("num_segments", atLeast: 0), &g)]
  }

  /// The folds of a number of segments.
  ///
  /// - Parameter empty: what an empty segment holds; when absent, the number that changes no fold.
  static func folded(
    _ c: OperationCall, count: Int, empty: Double? = nil, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let x = try c.tensor(0, "data", &g)
    let segments = try g.flattened(c.tensor(1, "segment_ids", &g))
    guard let rows = g.shape(x).first, g.shape(segments) == [rows] else {
      throw LayerError(
        .shape, "segments of shape \(Shape(g.shape(segments))) for shape \(Shape(g.shape(x)))")
    }
    let mode = mode(c.className)
    let base = try g.broadcast(
      neutral(mode, g.dtype(x), &g), to: [count] + Array(g.shape(x).dropFirst()))
    let indices = try g.expand(segments, axis: -1)
    let folds = try g.scatterRows(mode, base, indices, x)
    guard let empty else { return folds }
    let none = try g.full(0, shape: [count], .int32)
    let ones = try g.full(1, shape: [rows], .int32)
    let isFilled = try g.cast(g.scatterRows(.update, none, indices, ones), to: .bool)
    let form = [count] + [Int](repeating: 1, count: g.rank(x) - 1)
    return try g.select(g.reshape(isFilled, to: form), folds, g.number(empty, g.dtype(x)))
  }

  private static func mode(_ className: String) -> ScatterMode {
    switch className {
    case "SegmentProd": .multiply
    case "SegmentMax": .maximum
    case "SegmentMin": .minimum
    default: .add
    }
  }

  /// The number that a fold leaves as it is: for extremes the farthest finite one.
  private static func neutral(
    _ mode: ScatterMode, _ dtype: DType, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let isGreatest = mode == .minimum
    switch mode {
    case .add, .update: return try g.number(0, dtype)
    case .multiply: return try g.number(1, dtype)
    case .maximum, .minimum: break
    }
    if let range = dtype.integerRange {
      return try g.integer(isGreatest ? range.greatest : range.least, dtype)
    }
    let extreme = dtype.greatestFinite ?? 0
    return try g.number(isGreatest ? extreme : -extreme, dtype)
  }
}

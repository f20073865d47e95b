import HornbillCore

/// Folds of the rows of a tensor by the numbers of the segments they belong to.
///
/// Source: Keras 3, `keras/src/ops/math.py`, with `keras/src/backend/tensorflow/math.py`.
enum SegmentOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "SegmentSum": segment(.add) { _ in 0 },
    "SegmentProd": segment(.multiply) { _ in 1 },
    "SegmentMax": segment(.maximum) { -($0.greatestFinite ?? 0) },
    "SegmentMin": segment(.minimum) { $0.greatestFinite ?? 0 },
  ]

  /// A fold whose empty segments hold a number of the type.
  private static func segment(
    _ mode: ScatterMode, empty: @escaping @Sendable (DType) -> Double
  ) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let x = try c.tensor(0, "data", &g)
      let segments = try g.flattened(c.tensor(1, "segment_ids", &g))
      guard let rows = g.shape(x).first, g.shape(segments) == [rows] else {
        throw LayerError(
          .shape,
          "segments of shape \(Shape(g.shape(segments))) for shape \(Shape(g.shape(x)))")
      }
      guard c["num_segments"] != nil else {
        throw LayerError(
          .unsupported,
          "the shape of the result of \(c.className) without num_segments depends on data")
      }
      let count = try c.integer("num_segments", atLeast: 0)
      let dtype = g.dtype(x)
      let start: Value
      if let range = dtype.integerRange, mode == .maximum || mode == .minimum {
        start = try g.integer(mode == .maximum ? range.least : range.greatest, dtype)
      } else {
        start = try g.number(empty(dtype), dtype)
      }
      let base = try g.broadcast(start, to: [count] + Array(g.shape(x).dropFirst()))
      return [try g.scatterRows(mode, base, g.expand(segments, axis: -1), x)]
    }
  }
}

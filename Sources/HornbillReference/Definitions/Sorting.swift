import HornbillCore

/// Order along the last axis.
///
/// Source: Keras 3, `sort` and `argsort` of `keras/src/ops/numpy.py`.
extension Definition {
  /// The sorted elements and where they were.
  ///
  /// Equal elements keep their order both ways; NaN counts as the greatest.
  static func sort(_ x: Operand, descending: Bool) -> [Operand] {
    let lines = Layout.lines(x.shape, axis: x.shape.count - 1)
    let precedes: (Int, Int) -> Bool
    switch x.elements {
    case .real(let values):
      precedes = { values[$0] < values[$1] || values[$1].isNaN && !values[$0].isNaN }
    case .whole(let values):
      precedes = { isLess(values[$0], values[$1], x.dtype) }
    case .text(let values):
      precedes = { values[$0].utf8.lexicographicallyPrecedes(values[$1].utf8) }
    }
    let sorted = lines.map { line in
      line.sorted { a, b in
        if precedes(a, b) { return !descending }
        if precedes(b, a) { return descending }
        return a < b
      }
    }
    let positions = zip(lines, sorted).flatMap { line, order in
      order.map { Int64($0 - line[0]) }
    }
    return [
      x.taking(sorted.flatMap { $0 }, shape: x.shape),
      Operand(shape: x.shape, dtype: .int32, elements: .whole(positions)),
    ]
  }
}

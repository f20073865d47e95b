package import HornbillCore

/// Operations on the diagonals of matrices.
///
/// Source: Keras 3, `keras/src/ops/numpy.py`, with `keras/src/backend/tensorflow/numpy.py`.
enum DiagonalOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "Diag": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      let offset = try c.integer("k", default: 0)
      switch g.rank(x) {
      case 1: return [try g.diagonalMatrix(x, offset: offset)]
      case 2: return [try g.diagonal(x, offset: offset)]
      default:
        throw LayerError(.shape, "Diag of shape \(Shape(g.shape(x))), 1 or 2 axes are needed")
      }
    },
    "Diagflat": { (c, g) throws(LayerError) in
      let x = try g.flattened(c.tensor(0, &g))
      return [try g.diagonalMatrix(x, offset: c.integer("k", default: 0))]
    },
    "Diagonal": { (c, g) throws(LayerError) in
      [try g.diagonal(plane(c, c.tensor(0, &g), &g), offset: c.integer("offset", default: 0))]
    },
    "Trace": { (c, g) throws(LayerError) in
      let x = try ReductionOperations.widened(c.tensor(0, &g), &g)
      let diagonal = try g.diagonal(plane(c, x, &g), offset: c.integer("offset", default: 0))
      return [try g.sum(diagonal, axes: [-1])]
    },
    "Tril": { (c, g) throws(LayerError) in
      [try g.triangle(c.tensor(0, &g), offset: c.integer("k", default: 0), isLower: true)]
    },
    "Triu": { (c, g) throws(LayerError) in
      [try g.triangle(c.tensor(0, &g), offset: c.integer("k", default: 0), isLower: false)]
    },
  ]

  /// The tensor with `axis1` and `axis2` as its last axes.
  private static func plane(
    _ c: OperationCall, _ x: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    try g.moveAxes(
      x, from: [c.integer("axis1", default: 0), c.integer("axis2", default: 1)], to: [-2, -1])
  }
}

extension GraphBuilder {
  /// The diagonal of the last two axes that lies `offset` columns to the right of the main one, as the last axis.
  package mutating func diagonal(_ x: Value, offset: Int = 0) throws(LayerError) -> Value {
    guard rank(x) >= 2 else {
      throw LayerError(.shape, "shape \(Shape(shape(x))) has no diagonal")
    }
    let lead = Array(shape(x).dropLast(2))
    let rows = shape(x)[rank(x) - 2]
    let columns = shape(x)[rank(x) - 1]
    let isOutside = offset >= columns || -offset >= rows
    let top = isOutside || offset >= 0 ? 0 : -offset
    let left = isOutside || offset <= 0 ? 0 : offset
    let count = isOutside ? 0 : min(rows - top, columns - left)
    let flat = try reshape(x, to: lead + [Extent.product(rows, columns)])
    let starts = [Int](repeating: 0, count: lead.count) + [count == 0 ? 0 : top * columns + left]
    let strides = [Int](repeating: 1, count: lead.count) + [count <= 1 ? 1 : columns + 1]
    return try slice(flat, starts: starts, counts: lead + [count], strides: strides)
  }

  /// Square matrices with the last axis on a diagonal, and zeros.
  package mutating func diagonalMatrix(_ x: Value, offset: Int = 0) throws(LayerError) -> Value {
    guard let extent = shape(x).last, abs(offset) < Int.max / 2 else {
      throw LayerError(.shape, "a scalar is no diagonal")
    }
    let lead = Array(shape(x).dropLast())
    let size = try Extent.sum(extent, abs(offset))
    var before = [Int](repeating: 0, count: rank(x))
    let after = before
    before[rank(x) - 1] = abs(offset)
    let isAbove = offset >= 0
    let padded =
      try isAbove ? pad(x, before: after, after: before) : pad(x, before: after, after: before)
    let column = try reshape(padded, to: lead + (isAbove ? [size, 1] : [1, size]))
    let isOn = try band(rows: size, columns: size, from: offset, through: offset)
    return try select(isOn, column, scalar(0, dtype(x)))
  }

  /// The tensor with zeros above (or below) a diagonal of the last two axes.
  package mutating func triangle(
    _ x: Value, offset: Int, isLower: Bool
  ) throws(LayerError) -> Value {
    guard rank(x) >= 2 else {
      throw LayerError(.shape, "shape \(Shape(shape(x))) has no triangle")
    }
    let isKept = try band(
      rows: shape(x)[rank(x) - 2], columns: shape(x)[rank(x) - 1],
      from: isLower ? Int.min : offset, through: isLower ? offset : Int.max)
    return try select(isKept, x, scalar(0, dtype(x)))
  }

  /// A matrix of `bool`, true on the diagonals of some offsets.
  package mutating func band(
    rows: Int, columns: Int, from first: Int, through last: Int
  ) throws(LayerError) -> Value {
    let count = try Extent.tableCount([rows, columns])
    var flags = [Int64](repeating: 0, count: count)
    for row in 0..<rows {
      for column in 0..<columns where (first...max(first, last)).contains(column - row) {
        flags[row * columns + column] = 1
      }
    }
    return constant(Tensor(shape: [rows, columns], integers: flags, dtype: .bool))
  }
}

import HornbillCore

/// Norms of vectors and matrices.
///
/// Source: Keras 3, `keras/src/backend/tensorflow/linalg.py`, `norm`.
enum NormOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "Norm": { (c, g) throws(LayerError) in
      let x = try g.floating(c.tensor(0, &g))
      let axes = try c.axes(of: x, in: g)
      return [try norm(x, Order(c), axes, keep: c.bool("keepdims"), &g)]
    }
  ]

  /// Which norm.
  enum Order: Sendable, Hashable {
    /// The root of the sum of squares.
    case euclidean
    /// The sum of the singular values.
    case nuclear
    case number(Double)

    init(_ c: OperationCall) throws(LayerError) {
      switch c["ord"] {
      case nil, .string("fro"): self = .euclidean
      case .string("nuc"): self = .nuclear
      default: self = .number(try c.number("ord"))
      }
    }
  }

  static func norm(
    _ x: Value, _ order: Order, _ axes: [Int], keep: Bool, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let isVector = axes.count == 1
    if order == .euclidean || order == .number(2) && isVector {
      return try g.unary(.sqrt, g.sum(g.square(x), axes: axes, keepDimensions: keep))
    }
    guard axes.count <= 2, !axes.isEmpty else {
      throw LayerError(.configuration, "this norm is one of 1 or 2 axes, found \(axes.count)")
    }
    if isVector { return try vectorNorm(x, order, axes, keep: keep, &g) }
    return try matrixNorm(x, order, axes, keep: keep, &g)
  }

  private static func vectorNorm(
    _ x: Value, _ order: Order, _ axes: [Int], keep: Bool, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    guard case .number(let power) = order else {
      throw LayerError(.configuration, "a vector has no nuclear norm")
    }
    let size = try g.unary(.absolute, x)
    switch power {
    case .infinity: return try g.reduce(.maximum, size, axes: axes, keepDimensions: keep)
    case -.infinity: return try g.reduce(.minimum, size, axes: axes, keepDimensions: keep)
    case 0:
      let isNonzero = try g.cast(g.notEqual(x, 0), to: g.dtype(x))
      return try g.sum(isNonzero, axes: axes, keepDimensions: keep)
    case 1: return try g.sum(size, axes: axes, keepDimensions: keep)
    default:
      let exponent = try g.number(power, g.dtype(x))
      let total = try g.sum(
        g.binary(.power, size, exponent), axes: axes, keepDimensions: keep)
      return try g.binary(.power, total, g.number(1 / power, g.dtype(x)))
    }
  }

  private static func matrixNorm(
    _ x: Value, _ order: Order, _ axes: [Int], keep: Bool, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let (row, column) = (axes[0], axes[1])
    var y: Value
    switch order {
    case .number(let power) where abs(power) == 1 || power.isInfinite:
      let inner = abs(power) == 1 ? row : column
      let outer = abs(power) == 1 ? column : row
      let sums = try g.sum(g.unary(.absolute, x), axes: [inner], keepDimensions: true)
      y = try g.reduce(
        power > 0 ? .maximum : .minimum, sums, axes: [outer], keepDimensions: true)
    default:
      let rest = (0..<g.rank(x)).filter { !axes.contains($0) }
      let matrices = try g.transpose(x, rest + axes)
      let values = try g.linearAlgebra(.svd, matrices)[1]
      switch order {
      case .nuclear: y = try g.sum(values, axes: [-1])
      case .number(2): y = try g.reduce(.maximum, values, axes: [-1])
      case .number(-2): y = try g.reduce(.minimum, values, axes: [-1])
      default:
        throw LayerError(.configuration, "a matrix has no norm of the order \(order)")
      }
      let extents = (0..<g.rank(x)).map { axes.contains($0) ? 1 : g.shape(x)[$0] }
      y = try g.reshape(y, to: extents)
    }
    if keep { return y }
    let extents = (0..<g.rank(x)).filter { !axes.contains($0) }.map { g.shape(x)[$0] }
    return try g.reshape(y, to: extents)
  }
}

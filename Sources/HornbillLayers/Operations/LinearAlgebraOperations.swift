package import HornbillCore

/// Decompositions of matrices and what follows from them; matrices stand in the last two axes.
///
/// Source: Keras 3, `keras/src/ops/linalg.py`, with `keras/src/backend/tensorflow/linalg.py`.
enum LinearAlgebraOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "Cholesky": { (c, g) throws(LayerError) in
      let factor = try g.linearAlgebra(.cholesky, matrix(c, &g))[0]
      return [try c.bool("upper") ? transposed(factor, &g) : factor]
    },
    "CholeskyInverse": { (c, g) throws(LayerError) in
      let factor = try matrix(c, &g)
      let isUpper = try c.bool("upper")
      let identity = try identity(like: factor, &g)
      let inverse = try g.linearAlgebra(
        .triangularSolve(isLower: !isUpper, hasUnitDiagonal: false), factor, identity)[0]
      return [
        try g.matmul(inverse, inverse, transposeA: !isUpper, transposeB: isUpper)
      ]
    },
    "Det": { (c, g) throws(LayerError) in
      let (sign, factors) = try eliminated(matrix(c, &g), &g)
      return [try g.multiply(sign, g.reduce(.product, factors, axes: [-1]))]
    },
    "Slogdet": { (c, g) throws(LayerError) in
      let (sign, factors) = try eliminated(matrix(c, &g), &g)
      let signs = try g.reduce(.product, g.unary(.sign, factors), axes: [-1])
      let size = try g.sum(g.unary(.log, g.unary(.absolute, factors)), axes: [-1])
      return [try g.multiply(sign, signs), size]
    },
    "Logdet": { (c, g) throws(LayerError) in
      let factor = try g.linearAlgebra(.cholesky, matrix(c, &g))[0]
      let logarithm = try g.sum(g.unary(.log, g.diagonal(factor)), axes: [-1])
      return [try g.multiply(logarithm, 2)]
    },
    "Eigh": { (c, g) throws(LayerError) in try g.linearAlgebra(.eigh, matrix(c, &g)) },
    "Inv": { (c, g) throws(LayerError) in
      let a = try matrix(c, &g)
      return [try g.solve(a, identity(like: a, &g))]
    },
    "LuFactor": { (c, g) throws(LayerError) in
      let parts = try g.linearAlgebra(.lu, matrix(c, &g))
      return [parts[0], try inverted(parts[1], &g)]
    },
    "Lstsq": leastSquares,
    "MatrixRank": { (c, g) throws(LayerError) in
      let x = try matrix(c, &g)
      let values = try g.linearAlgebra(.svd, x)[1]
      let extents = g.shape(x).suffix(2)
      let bound: Value
      if c["tol"] != nil {
        bound = try g.number(c.number("tol"), g.dtype(x))
      } else {
        let share = (g.dtype(x).epsilon ?? 0) * Double(extents.max() ?? 0)
        let greatest = try g.reduce(.maximum, values, axes: [-1], keepDimensions: true)
        bound = try g.multiply(greatest, share)
      }
      let isCounted = try g.cast(g.binary(.greater, values, bound), to: .int32)
      return [try g.sum(isCounted, axes: [-1])]
    },
    "Pinv": { (c, g) throws(LayerError) in
      let x = try matrix(c, &g)
      let parts = try g.linearAlgebra(.svd, x)
      let most = Double(g.shape(x).suffix(2).max() ?? 0)
      let share = try c.number("rcond", default: 10 * most * (g.dtype(x).epsilon ?? 0))
      let inverses = try inverted(parts[1], above: share, isInclusive: false, &g)
      let scaled = try g.multiply(parts[2], g.expand(inverses, axis: -2))
      return [try g.matmul(scaled, parts[0], transposeB: true)]
    },
    "Qr": { (c, g) throws(LayerError) in
      let mode = try c.string("mode", default: "reduced")
      guard mode == "reduced" || mode == "complete" else {
        throw c.invalid("mode", expected: "\"reduced\" or \"complete\"")
      }
      return try g.linearAlgebra(.qr(isFull: mode == "complete"), matrix(c, &g))
    },
    "Solve": { (c, g) throws(LayerError) in
      [try system(c, &g) { (a, b, g) throws(LayerError) in try g.solve(a, b) }]
    },
    "SolveTriangular": { (c, g) throws(LayerError) in
      let isLower = try c.bool("lower")
      return [
        try system(c, &g) { (a, b, g) throws(LayerError) in
          try g.linearAlgebra(
            .triangularSolve(isLower: isLower, hasUnitDiagonal: false), a, b)[0]
        }
      ]
    },
    "SVD": { (c, g) throws(LayerError) in
      let x = try matrix(c, &g)
      let parts = try g.linearAlgebra(.svd, x)
      guard try c.bool("compute_uv", default: true) else { return [parts[1]] }
      var (u, v) = (parts[0], parts[2])
      if try c.bool("full_matrices", default: true) {
        u = try completed(u, &g)
        v = try completed(v, &g)
      }
      return [u, parts[1], try transposed(v, &g)]
    },
  ]

  private static func matrix(
    _ c: OperationCall, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let x = try g.floating(c.tensor(0, &g))
    guard g.rank(x) >= 2 else {
      throw LayerError(.shape, "\(c.className) of shape \(Shape(g.shape(x))), a matrix is needed")
    }
    return x
  }

  private static func transposed(
    _ x: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    try g.moveAxis(x, from: -1, to: -2)
  }

  /// The identity in every matrix of a batch.
  private static func identity(
    like x: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let size = g.shape(x)[g.rank(x) - 1]
    let identity = try g.cast(
      g.band(rows: size, columns: size, from: 0, through: 0), to: g.dtype(x))
    return try g.broadcast(identity, to: Array(g.shape(x).dropLast(2)) + [size, size])
  }

  /// The sign of the row exchanges of an elimination, and its pivots.
  private static func eliminated(
    _ x: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> (sign: Value, factors: Value) {
    let parts = try g.linearAlgebra(.lu, x)
    let size = g.shape(x)[g.rank(x) - 1]
    let order = parts[1]
    let isInverted = try g.binary(
      .greater, g.expand(order, axis: -1), g.expand(order, axis: -2))
    let isPair = try g.band(rows: size, columns: size, from: 1, through: Int.max)
    let counted = try g.cast(g.binary(.logicalAnd, isInverted, isPair), to: .int32)
    let parity = try g.binary(
      .modulo, g.sum(counted, axes: [-2, -1]), g.scalar(2, .int32))
    let sign = try g.add(g.multiply(g.cast(parity, to: g.dtype(x)), -2), 1)
    return (sign, try g.diagonal(parts[0]))
  }

  /// The permutation that undoes another.
  private static func inverted(
    _ order: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    try g.sort(order).indices
  }

  /// `1 / s` for singular values beyond a share of the greatest, which comes first; 0 for the others.
  private static func inverted(
    _ values: Value, above share: Double, isInclusive: Bool, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let greatest = try g.slice(values, axis: -1, start: 0, count: 1)
    let bound = try g.multiply(greatest, share)
    let isKept = try g.binary(isInclusive ? .greaterEqual : .greater, values, bound)
    let safe = try g.select(isKept, values, g.scalar(1, g.dtype(values)))
    return try g.select(isKept, g.unary(.reciprocal, safe), g.scalar(0, g.dtype(values)))
  }

  private static let leastSquares: Operation.Rule = { (c, g) throws(LayerError) in
    var (a, b) = try c.pair(isStrong: true, isFloating: true, &g)
    let isVector = g.rank(b) == 1
    if isVector { b = try g.expand(b, axis: -1) }
    guard g.rank(a) == 2, g.rank(b) == 2 else {
      throw LayerError(.shape, "Lstsq of shapes \(Shape(g.shape(a))) and \(Shape(g.shape(b)))")
    }
    let epsilon = g.dtype(a).epsilon ?? 0
    var share = epsilon * Double(max(g.shape(a)[0], g.shape(a)[1]))
    if c["rcond"] != nil {
      let given = try c.number("rcond")
      share = given < 0 ? epsilon : given
    }
    let parts = try g.linearAlgebra(.svd, a)
    let inverses = try inverted(parts[1], above: share, isInclusive: true, &g)
    let projected = try g.matmul(parts[0], b, transposeA: true)
    let x = try g.matmul(parts[2], g.multiply(g.expand(inverses, axis: -1), projected))
    return [isVector ? try g.squeeze(x, axis: -1) : x]
  }

  /// A system solved, its right side a vector or a matrix for each matrix.
  private static func system(
    _ c: OperationCall, _ g: inout GraphBuilder,
    _ solve: (Value, Value, inout GraphBuilder) throws(LayerError) -> Value
  ) throws(LayerError) -> Value {
    var (a, b) = try c.pair(isStrong: true, isFloating: true, &g)
    let isVector = g.rank(b) == g.rank(a) - 1
    if isVector { b = try g.expand(b, axis: -1) }
    guard g.rank(a) >= 2, g.rank(b) >= 2 else {
      throw LayerError(
        .shape, "\(c.className) of shapes \(Shape(g.shape(a))) and \(Shape(g.shape(b)))")
    }
    let lead = try Op.broadcastShape(
      Array(g.shape(a).dropLast(2)), Array(g.shape(b).dropLast(2)))
    a = try g.broadcast(a, to: lead + Array(g.shape(a).suffix(2)))
    b = try g.broadcast(b, to: lead + Array(g.shape(b).suffix(2)))
    let x = try solve(a, b, &g)
    return isVector ? try g.squeeze(x, axis: -1) : x
  }

  /// Orthonormal columns completed to a basis.
  private static func completed(
    _ u: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let (rows, columns) = (g.shape(u)[g.rank(u) - 2], g.shape(u)[g.rank(u) - 1])
    if rows == columns { return u }
    let basis = try g.linearAlgebra(.qr(isFull: true), u)[0]
    let rest = try g.slice(basis, axis: -1, start: columns, count: rows - columns)
    return try g.concatenate([u, rest], axis: -1)
  }
}

extension GraphBuilder {
  /// The solution of `a·x = b` for matrices with equal leading axes.
  package mutating func solve(_ a: Value, _ b: Value) throws(LayerError) -> Value {
    let parts = try linearAlgebra(.lu, a)
    let order = try broadcast(expand(parts[1], axis: -1), to: shape(b))
    let rows = try gatherElements(b, order, axis: -2)
    let half = try linearAlgebra(
      .triangularSolve(isLower: true, hasUnitDiagonal: true), parts[0], rows)[0]
    return try linearAlgebra(
      .triangularSolve(isLower: false, hasUnitDiagonal: false), parts[0], half)[0]
  }
}

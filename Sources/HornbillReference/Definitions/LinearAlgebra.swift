import HornbillCore

/// Decompositions of matrices, each in its textbook form.
extension Definition {
  static func linearAlgebra(
    _ kind: LinearAlgebra, _ operands: [Operand]
  ) throws(ExecutionError) -> [Operand] {
    let a = operands[0]
    let rank = a.shape.count
    let lead = Array(a.shape.dropLast(2))
    let (m, n) = (a.shape[rank - 2], a.shape[rank - 1])
    let matrices = try split(a.real(), rows: m, columns: n, count: Layout.count(lead))
    func operand(_ matrices: [Matrix], _ tail: [Int]) -> Operand {
      Operand(
        shape: lead + tail, dtype: a.dtype, elements: .real(matrices.flatMap(\.elements)))
    }
    switch kind {
    case .cholesky:
      var results: [Matrix] = []
      for matrix in matrices { results.append(try cholesky(matrix)) }
      return [operand(results, [n, n])]
    case .lu:
      let results = matrices.map(lu)
      let orders = results.flatMap { $0.order.map(Int64.init) }
      return [
        operand(results.map(\.lu), [n, n]),
        Operand(shape: lead + [n], dtype: .int32, elements: .whole(orders)),
      ]
    case .triangularSolve(let isLower, let hasUnitDiagonal):
      let columns = operands[1].shape[rank - 1]
      let sides = try split(
        operands[1].real(), rows: n, columns: columns, count: Layout.count(lead))
      let results = zip(matrices, sides).map { matrix, side in
        solve(matrix, side, isLower: isLower, hasUnitDiagonal: hasUnitDiagonal)
      }
      return [operand(results, [n, columns])]
    case .qr(let isFull):
      let kept = isFull ? m : min(m, n)
      let results = matrices.map { qr($0, kept: kept) }
      return [operand(results.map(\.q), [m, kept]), operand(results.map(\.r), [kept, n])]
    case .eigh:
      let results = matrices.map(eigh)
      return [
        operand(results.map(\.values), [n]), operand(results.map(\.vectors), [n, n]),
      ]
    case .svd:
      let k = min(m, n)
      let results = matrices.map(svd)
      return [
        operand(results.map(\.u), [m, k]), operand(results.map(\.s), [k]),
        operand(results.map(\.v), [n, k]),
      ]
    }
  }

  /// A matrix in row-major order.
  private struct Matrix {
    let rows: Int
    let columns: Int
    var elements: [Double]

    init(rows: Int, columns: Int, elements: [Double]? = nil) {
      self.rows = rows
      self.columns = columns
      self.elements = elements ?? [Double](repeating: 0, count: rows * columns)
    }

    static func identity(_ size: Int) -> Matrix {
      var result = Matrix(rows: size, columns: size)
      for i in 0..<size { result[i, i] = 1 }
      return result
    }

    subscript(row: Int, column: Int) -> Double {
      get { elements[row * columns + column] }
      set { elements[row * columns + column] = newValue }
    }

    var transposed: Matrix {
      var result = Matrix(rows: columns, columns: rows)
      for i in 0..<rows { for j in 0..<columns { result[j, i] = self[i, j] } }
      return result
    }

    mutating func swapRows(_ i: Int, _ j: Int) {
      for column in 0..<columns {
        elements.swapAt(i * columns + column, j * columns + column)
      }
    }
  }

  private static func split(
    _ elements: [Double], rows: Int, columns: Int, count: Int
  ) -> [Matrix] {
    let size = rows * columns
    return (0..<count).map { index in
      Matrix(
        rows: rows, columns: columns, elements: Array(elements[index * size..<(index + 1) * size]))
    }
  }

  private static func cholesky(_ a: Matrix) throws(ExecutionError) -> Matrix {
    var l = Matrix(rows: a.rows, columns: a.columns)
    for i in 0..<a.rows {
      for j in 0...i {
        var rest = a[i, j]
        for k in 0..<j { rest -= l[i, k] * l[j, k] }
        if i == j {
          guard rest > 0 else {
            throw ExecutionError("a matrix is not positive definite, so it has no Cholesky factor")
          }
          l[i, i] = rest.squareRoot()
        } else {
          l[i, j] = rest / l[j, j]
        }
      }
    }
    return l
  }

  private static func lu(_ a: Matrix) -> (lu: Matrix, order: [Int]) {
    var lu = a
    var order = Array(0..<a.rows)
    for column in 0..<a.rows {
      var pivot = column
      for row in column..<a.rows where abs(lu[row, column]) > abs(lu[pivot, column]) {
        pivot = row
      }
      lu.swapRows(column, pivot)
      order.swapAt(column, pivot)
      if lu[column, column] == 0 { continue }
      for row in (column + 1)..<max(a.rows, column + 1) {
        lu[row, column] /= lu[column, column]
        for k in (column + 1)..<max(a.rows, column + 1) {
          lu[row, k] -= lu[row, column] * lu[column, k]
        }
      }
    }
    return (lu, order)
  }

  private static func solve(
    _ a: Matrix, _ b: Matrix, isLower: Bool, hasUnitDiagonal: Bool
  ) -> Matrix {
    var x = b
    let order = isLower ? Array(0..<a.rows) : Array((0..<a.rows).reversed())
    for column in 0..<b.columns {
      for (done, row) in order.enumerated() {
        var rest = b[row, column]
        for earlier in order[..<done] { rest -= a[row, earlier] * x[earlier, column] }
        x[row, column] = hasUnitDiagonal ? rest : rest / a[row, row]
      }
    }
    return x
  }

  /// Reflections take the columns to an upper triangle one after another.
  private static func qr(_ a: Matrix, kept: Int) -> (q: Matrix, r: Matrix) {
    var r = a
    var q = Matrix.identity(a.rows)
    for column in 0..<min(a.columns, max(a.rows - 1, 0)) {
      var normal = (0..<a.rows).map { $0 < column ? 0 : r[$0, column] }
      let length = normal.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if normal[(column + 1)...].allSatisfy({ $0 == 0 }) { continue }
      normal[column] += normal[column] < 0 ? -length : length
      let square = normal.reduce(0) { $0 + $1 * $1 }
      for j in 0..<a.columns {
        let share = 2 * (0..<a.rows).reduce(0) { $0 + normal[$1] * r[$1, j] } / square
        for i in 0..<a.rows { r[i, j] -= share * normal[i] }
      }
      for i in 0..<a.rows {
        let share = 2 * (0..<a.rows).reduce(0) { $0 + q[i, $1] * normal[$1] } / square
        for j in 0..<a.rows { q[i, j] -= share * normal[j] }
      }
    }
    var thin = Matrix(rows: a.rows, columns: kept)
    var triangle = Matrix(rows: kept, columns: a.columns)
    for i in 0..<a.rows { for j in 0..<kept { thin[i, j] = q[i, j] } }
    for i in 0..<kept { for j in i..<max(a.columns, i) { triangle[i, j] = r[i, j] } }
    return (thin, triangle)
  }

  /// Jacobi's rotations, each of which takes one element off the diagonal to zero.
  private static func eigh(_ a: Matrix) -> (values: Matrix, vectors: Matrix) {
    let n = a.rows
    var s = a
    for i in 0..<n { for j in 0..<i { s[j, i] = s[i, j] } }
    var v = Matrix.identity(n)
    for _ in 0..<100 {
      var rest = 0.0
      for i in 0..<n { for j in 0..<i { rest += s[i, j] * s[i, j] } }
      if rest == 0 || !rest.isFinite { break }
      for p in 0..<n {
        for q in (p + 1)..<max(n, p + 1) where s[p, q] != 0 {
          let (cosine, sine) = rotation(s[p, p], s[q, q], s[p, q])
          for k in 0..<n {
            let (x, y) = (s[k, p], s[k, q])
            s[k, p] = cosine * x - sine * y
            s[k, q] = sine * x + cosine * y
          }
          for k in 0..<n {
            let (x, y) = (s[p, k], s[q, k])
            s[p, k] = cosine * x - sine * y
            s[q, k] = sine * x + cosine * y
          }
          s[p, q] = 0
          s[q, p] = 0
          for k in 0..<n {
            let (x, y) = (v[k, p], v[k, q])
            v[k, p] = cosine * x - sine * y
            v[k, q] = sine * x + cosine * y
          }
        }
      }
    }
    let order = (0..<n).sorted { s[$0, $0] < s[$1, $1] }
    var vectors = Matrix(rows: n, columns: n)
    for (j, from) in order.enumerated() { for i in 0..<n { vectors[i, j] = v[i, from] } }
    return (Matrix(rows: n, columns: 1, elements: order.map { s[$0, $0] }), vectors)
  }

  /// The rotation that makes the symmetric matrix `(a, c; c, b)` diagonal.
  private static func rotation(_ a: Double, _ b: Double, _ c: Double) -> (Double, Double) {
    let slope = (b - a) / (2 * c)
    let tangent =
      (slope < 0 ? -1 : 1) / (abs(slope) + (slope * slope + 1).squareRoot())
    let cosine = 1 / (tangent * tangent + 1).squareRoot()
    return (cosine, tangent * cosine)
  }

  /// Hestenes's rotations of the columns until each pair is orthogonal; their lengths are the singular values.
  private static func svd(_ a: Matrix) -> (u: Matrix, s: Matrix, v: Matrix) {
    if a.rows < a.columns {
      let (u, s, v) = svd(a.transposed)
      return (v, s, u)
    }
    let (m, n) = (a.rows, a.columns)
    var w = a
    var v = Matrix.identity(n)
    for _ in 0..<100 {
      var isDone = true
      for p in 0..<n {
        for q in (p + 1)..<max(n, p + 1) {
          var (alpha, beta, gamma) = (0.0, 0.0, 0.0)
          for i in 0..<m {
            alpha += w[i, p] * w[i, p]
            beta += w[i, q] * w[i, q]
            gamma += w[i, p] * w[i, q]
          }
          if !(abs(gamma) > 1e-17 * (alpha * beta).squareRoot()) || gamma == 0 { continue }
          isDone = false
          let (cosine, sine) = rotation(alpha, beta, gamma)
          for i in 0..<m {
            let (x, y) = (w[i, p], w[i, q])
            w[i, p] = cosine * x - sine * y
            w[i, q] = sine * x + cosine * y
          }
          for i in 0..<n {
            let (x, y) = (v[i, p], v[i, q])
            v[i, p] = cosine * x - sine * y
            v[i, q] = sine * x + cosine * y
          }
        }
      }
      if isDone { break }
    }
    let lengths = (0..<n).map { j in
      (0..<m).reduce(0) { $0 + w[$1, j] * w[$1, j] }.squareRoot()
    }
    let order = (0..<n).sorted { lengths[$0] > lengths[$1] }
    var left = Matrix(rows: m, columns: n)
    var right = Matrix(rows: n, columns: n)
    for (j, from) in order.enumerated() {
      for i in 0..<n { right[i, j] = v[i, from] }
      if lengths[from] > 0 {
        for i in 0..<m { left[i, j] = w[i, from] / lengths[from] }
      } else {
        complete(&left, column: j)
      }
    }
    return (left, Matrix(rows: n, columns: 1, elements: order.map { lengths[$0] }), right)
  }

  /// Fills a column with a unit vector that is orthogonal to those before it.
  private static func complete(_ u: inout Matrix, column: Int) {
    for axis in 0..<u.rows {
      var vector = [Double](repeating: 0, count: u.rows)
      vector[axis] = 1
      for _ in 0..<2 {
        for j in 0..<column {
          let share = (0..<u.rows).reduce(0) { $0 + u[$1, j] * vector[$1] }
          for i in 0..<u.rows { vector[i] -= share * u[i, j] }
        }
      }
      let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length > 0.5 / Double(u.rows).squareRoot() else { continue }
      for i in 0..<u.rows { u[i, column] = vector[i] / length }
      return
    }
  }
}

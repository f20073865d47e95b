import HornbillCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Decompositions of one matrix, row-major and in `Double`, worked out where it is.
enum Decompositions {
  typealias Elements = UnsafeMutablePointer<Double>

  /// Leaves the lower Cholesky factor of a symmetric matrix, given by its lower triangle.
  ///
  /// - Throws: ``ExecutionError`` when the matrix is not positive definite.
  static func cholesky(_ a: Elements, _ n: Int) throws(ExecutionError) {
    for j in 0..<n {
      guard a[j * n + j] > 0 else {
        throw ExecutionError("a matrix is not positive definite, so it has no Cholesky factor")
      }
      let pivot = a[j * n + j].squareRoot()
      a[j * n + j] = pivot
      for k in 0..<j { a[k * n + j] = 0 }
      for i in stride(from: j + 1, to: n, by: 1) { a[i * n + j] /= pivot }
      for i in stride(from: j + 1, to: n, by: 1) {
        let factor = a[i * n + j]
        if factor == 0 { continue }
        for k in (j + 1)...i { a[i * n + k] -= factor * a[k * n + j] }
      }
    }
  }

  /// Leaves both factors of an elimination with row exchanges, and tells which row went where.
  static func lu(_ a: Elements, _ n: Int, _ order: UnsafeMutablePointer<Int64>) {
    for i in 0..<n { order[i] = Int64(i) }
    for j in 0..<n {
      var best = j
      for i in j..<n where abs(a[i * n + j]) > abs(a[best * n + j]) { best = i }
      if best != j {
        for k in 0..<n { swap(&a[j * n + k], &a[best * n + k]) }
        swap(&order[j], &order[best])
      }
      let pivot = a[j * n + j]
      if pivot == 0 { continue }
      for i in stride(from: j + 1, to: n, by: 1) {
        let factor = a[i * n + j] / pivot
        a[i * n + j] = factor
        if factor == 0 { continue }
        for k in stride(from: j + 1, to: n, by: 1) { a[i * n + k] -= factor * a[j * n + k] }
      }
    }
  }

  /// Replaces the right sides `b (n, columns)` by the solutions of a triangular system.
  static func solve(
    _ a: Elements, _ n: Int, _ b: Elements, columns: Int, isLower: Bool, hasUnitDiagonal: Bool
  ) {
    for step in 0..<n {
      let i = isLower ? step : n - 1 - step
      let row = b + i * columns
      if !hasUnitDiagonal {
        let pivot = a[i * n + i]
        for c in 0..<columns { row[c] /= pivot }
      }
      for next in stride(from: step + 1, to: n, by: 1) {
        let k = isLower ? next : n - 1 - next
        let factor = a[k * n + i]
        let other = b + k * columns
        for c in 0..<columns { other[c] -= factor * row[c] }
      }
    }
  }

  /// Leaves the upper triangle of `a (m, n)` and writes the first `kept` columns of the orthogonal factor.
  static func qr(_ a: Elements, _ m: Int, _ n: Int, _ q: Elements, kept: Int) {
    let count = min(m - 1, n)
    var normals = [[Double]]()
    var scales = [Double]()
    for j in 0..<max(count, 0) {
      var normal = [Double](repeating: 0, count: m - j)
      var tail = 0.0
      for i in j..<m {
        normal[i - j] = a[i * n + j]
        if i > j { tail += normal[i - j] * normal[i - j] }
      }
      var scale = 0.0
      if tail > 0 {
        let length = (normal[0] * normal[0] + tail).squareRoot()
        normal[0] += normal[0] < 0 ? -length : length
        scale = 2 / (normal[0] * normal[0] + tail)
        reflect(a + j * n + j, rows: m - j, columns: n - j, stride: n, normal, scale)
      }
      normals.append(normal)
      scales.append(scale)
    }
    q.update(repeating: 0, count: m * kept)
    for i in 0..<min(m, kept) { q[i * kept + i] = 1 }
    for j in normals.indices.reversed() {
      reflect(q + j * kept, rows: m - j, columns: kept, stride: kept, normals[j], scales[j])
    }
    for i in 0..<m { for j in 0..<min(i, n) { a[i * n + j] = 0 } }
  }

  /// Mirrors the columns of a block in the plane with that normal.
  private static func reflect(
    _ block: Elements, rows: Int, columns: Int, stride: Int, _ normal: [Double], _ scale: Double
  ) {
    if scale == 0 { return }
    var shares = [Double](repeating: 0, count: columns)
    for i in 0..<rows {
      for j in 0..<columns { shares[j] += normal[i] * block[i * stride + j] }
    }
    for i in 0..<rows {
      let factor = scale * normal[i]
      for j in 0..<columns { block[i * stride + j] -= factor * shares[j] }
    }
  }

  /// The eigenvalues of a symmetric matrix, ascending, and its eigenvectors as columns; the matrix is used up.
  static func eigh(_ a: Elements, _ n: Int, _ values: Elements, _ vectors: Elements) {
    for i in 0..<n { for j in 0..<i { a[j * n + i] = a[i * n + j] } }
    var rows = [Double](repeating: 0, count: n * n)
    for i in 0..<n { rows[i * n + i] = 1 }
    var size = 0.0
    for i in 0..<(n * n) { size += a[i] * a[i] }
    for _ in 0..<60 {
      var rest = 0.0
      for i in 0..<n { for j in 0..<i { rest += a[i * n + j] * a[i * n + j] } }
      if !(rest > size * 1e-34) { break }
      for p in 0..<n {
        for q in stride(from: p + 1, to: n, by: 1) {
          let c = a[p * n + q]
          if abs(c) <= 1e-20 * (abs(a[p * n + p]) + abs(a[q * n + q])) { continue }
          let angle = atan2(2 * c, a[p * n + p] - a[q * n + q]) / 2
          let (cosine, sine) = (cos(angle), sin(angle))
          for k in 0..<n {
            rotate(&a[p * n + k], &a[q * n + k], cosine, sine)
          }
          for k in 0..<n {
            rotate(&a[k * n + p], &a[k * n + q], cosine, sine)
            var (upper, lower) = (rows[p * n + k], rows[q * n + k])
            rotate(&upper, &lower, cosine, sine)
            (rows[p * n + k], rows[q * n + k]) = (upper, lower)
          }
        }
      }
    }
    let order = (0..<n).sorted { a[$0 * n + $0] < a[$1 * n + $1] }
    for (j, from) in order.enumerated() {
      values[j] = a[from * n + from]
      for i in 0..<n { vectors[i * n + j] = rows[from * n + i] }
    }
  }

  @inline(__always)
  private static func rotate(
    _ x: inout Double, _ y: inout Double, _ cosine: Double, _ sine: Double
  ) {
    let (old, other) = (x, y)
    x = cosine * old + sine * other
    y = cosine * other - sine * old
  }

  /// Makes the rows of `a (rows, columns)`, at most as many as columns, orthogonal to each other by rotations, which `turns (rows, rows)`
  /// collects: afterwards `turns · old = a`.
  static func orthogonalizeRows(
    _ a: Elements, rows: Int, columns: Int, _ turns: Elements
  ) {
    turns.update(repeating: 0, count: rows * rows)
    for i in 0..<rows { turns[i * rows + i] = 1 }
    for _ in 0..<60 {
      var isDone = true
      for p in 0..<rows {
        for q in stride(from: p + 1, to: rows, by: 1) {
          let (x, y) = (a + p * columns, a + q * columns)
          var (xx, yy, xy) = (0.0, 0.0, 0.0)
          for k in 0..<columns {
            xx += x[k] * x[k]
            yy += y[k] * y[k]
            xy += x[k] * y[k]
          }
          if !(abs(xy) > 1e-16 * (xx * yy).squareRoot()) { continue }
          isDone = false
          let angle = atan2(2 * xy, xx - yy) / 2
          let (cosine, sine) = (cos(angle), sin(angle))
          for k in 0..<columns { rotate(&x[k], &y[k], cosine, sine) }
          let (s, t) = (turns + p * rows, turns + q * rows)
          for k in 0..<rows { rotate(&s[k], &t[k], cosine, sine) }
        }
      }
      if isDone { return }
    }
  }
}

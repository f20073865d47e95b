/// The orthonormal columns `Q` of a matrix `A = Q · R` whose `R` has a diagonal that is not negative.
///
/// Householder's reflections in `Double`; a matrix of full rank has one such `Q`, so that it is Keras's up to rounding.
struct OrthonormalColumns {
  /// The elements by rows.
  let elements: [Double]

  /// - Precondition: `matrix` has `rows · columns` elements, and `rows` is at least `columns`.
  init(_ matrix: [Double], rows: Int, columns: Int) {
    var a = (0..<columns).map { column in (0..<rows).map { matrix[$0 * columns + column] } }
    var reflections: [[Double]] = []
    var signs: [Double] = []
    for column in 0..<columns {
      var vector = a[column]
      for row in 0..<column { vector[row] = 0 }
      let norm = OrthonormalColumns.dot(vector, vector).squareRoot()
      let pivot = vector[column]
      let diagonal = pivot > 0 ? -norm : norm
      signs.append(norm == 0 ? 0 : (diagonal < 0 ? -1 : 1))
      vector[column] -= diagonal
      let length = OrthonormalColumns.dot(vector, vector).squareRoot()
      if length > 0 { for row in column..<rows { vector[row] /= length } }
      reflections.append(vector)
      for other in (column + 1)..<columns {
        OrthonormalColumns.reflect(&a[other], vector, from: column)
      }
    }
    var result = [Double](repeating: 0, count: rows * columns)
    for column in 0..<columns {
      var unit = [Double](repeating: 0, count: rows)
      unit[column] = signs[column]
      // Later reflections are zero where the unit is not.
      for (start, vector) in reflections[...column].enumerated().reversed() {
        OrthonormalColumns.reflect(&unit, vector, from: start)
      }
      for row in 0..<rows { result[row * columns + column] = unit[row] }
    }
    elements = result
  }

  /// Reflects at a vector whose elements before a row are zero.
  private static func reflect(_ target: inout [Double], _ vector: [Double], from start: Int) {
    let factor = 2 * dot(target, vector, from: start)
    for index in start..<target.count { target[index] -= factor * vector[index] }
  }

  private static func dot(_ a: [Double], _ b: [Double], from start: Int = 0) -> Double {
    var sum = 0.0
    for index in start..<a.count { sum += a[index] * b[index] }
    return sum
  }
}

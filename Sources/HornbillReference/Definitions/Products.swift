import HornbillCore

/// Matrix products.
extension Definition {
  /// `c[…, i, j] = Σₖ a[…, i, k] · b[…, k, j]`.
  static func matmul(
    _ a: Operand, _ b: Operand, _ transposeA: Bool, _ transposeB: Bool
  ) throws(ExecutionError) -> Operand {
    let a = transposeA ? transposingMatrices(a) : a
    let b = transposeB ? transposingMatrices(b) : b
    let (leadA, leadB) = (Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
    let (m, k, n) = (a.shape[leadA.count], b.shape[leadB.count], b.shape[leadB.count + 1])
    let lead = Layout.broadcastShape(leadA, leadB)
    let pairs = zip(Layout.broadcast(leadA, to: lead), Layout.broadcast(leadB, to: lead))
    let count = Layout.count(lead) * m * n
    let elements: Operand.Elements
    switch (a.elements, b.elements) {
    case (.real(let x), .real(let y)):
      var sums = [Double](repeating: 0, count: count)
      for (matrix, pair) in pairs.enumerated() {
        for i in 0..<m {
          for t in 0..<k {
            let factor = x[(pair.0 * m + i) * k + t]
            for j in 0..<n {
              sums[(matrix * m + i) * n + j] += factor * y[(pair.1 * k + t) * n + j]
            }
          }
        }
      }
      elements = .real(sums)
    case (.whole(let x), .whole(let y)):
      var sums = [Int64](repeating: 0, count: count)
      for (matrix, pair) in pairs.enumerated() {
        for i in 0..<m {
          for t in 0..<k {
            let factor = x[(pair.0 * m + i) * k + t]
            for j in 0..<n {
              sums[(matrix * m + i) * n + j] &+= factor &* y[(pair.1 * k + t) * n + j]
            }
          }
        }
      }
      elements = .whole(sums.map(a.dtype.wrapping))
    default:
      throw ExecutionError("a matrix product of \(a.dtype) and \(b.dtype) is not possible")
    }
    return Operand(shape: lead + [m, n], dtype: a.dtype, elements: elements)
  }

  private static func transposingMatrices(_ x: Operand) -> Operand {
    var permutation = Array(x.shape.indices)
    permutation.swapAt(permutation.count - 1, permutation.count - 2)
    return transpose(x, permutation)
  }
}

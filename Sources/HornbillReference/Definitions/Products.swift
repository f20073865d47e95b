import HornbillCore

/// Matrix products.
extension Definition {
  /// `c[…, i, j] = Σₖ a[…, i, k] · b[…, k, j]`.
  static func matmul(
    _ a: Operand, _ b: Operand, _ transposeA: Bool, _ transposeB: Bool
  ) throws(ExecutionError) -> Operand {
    let (leadA, leadB) = (Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
    let (rowsA, columnsA) = (a.shape[leadA.count], a.shape[leadA.count + 1])
    let (rowsB, columnsB) = (b.shape[leadB.count], b.shape[leadB.count + 1])
    let (m, k) = transposeA ? (columnsA, rowsA) : (rowsA, columnsA)
    let n = transposeB ? rowsB : columnsB
    let lead = Layout.broadcastShape(leadA, leadB)
    let matrices = zip(Layout.broadcast(leadA, to: lead), Layout.broadcast(leadB, to: lead))

    /// The offsets of the factors of term `t` of element `(i, j)`.
    func factors(_ pair: (Int, Int), _ i: Int, _ j: Int, _ t: Int) -> (Int, Int) {
      (
        pair.0 * m * k + (transposeA ? t * m + i : i * k + t),
        pair.1 * k * n + (transposeB ? j * k + t : t * n + j)
      )
    }

    let elements: Operand.Elements
    switch (a.elements, b.elements) {
    case (.real(let x), .real(let y)):
      var results: [Double] = []
      results.reserveCapacity(Layout.count(lead) * m * n)
      for pair in matrices {
        for i in 0..<m {
          for j in 0..<n {
            var sum = 0.0
            for t in 0..<k {
              let (p, q) = factors(pair, i, j, t)
              sum += x[p] * y[q]
            }
            results.append(sum)
          }
        }
      }
      elements = .real(results)
    case (.whole(let x), .whole(let y)):
      var results: [Int64] = []
      results.reserveCapacity(Layout.count(lead) * m * n)
      for pair in matrices {
        for i in 0..<m {
          for j in 0..<n {
            var sum: Int64 = 0
            for t in 0..<k {
              let (p, q) = factors(pair, i, j, t)
              sum &+= x[p] &* y[q]
            }
            results.append(a.dtype.wrapping(sum))
          }
        }
      }
      elements = .whole(results)
    default:
      throw ExecutionError("a matrix product of \(a.dtype) and \(b.dtype) is not possible")
    }
    return Operand(shape: lead + [m, n], dtype: a.dtype, elements: elements)
  }
}

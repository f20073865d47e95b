import HornbillCore

/// A matrix in memory: where its elements are, whatever way it is turned.
struct MatrixView: Sendable {
  var rowStride: Int
  var columnStride: Int
}

/// Matrix products in plain Swift, for any floating-point type.
enum DenseProduct {
  /// The terms that are summed on their own before they join the result, which bounds the rounding error.
  private static let depthBlock = 256

  /// `c (m, n) = a (m, k) · b (k, n)`.
  static func multiply<T: BinaryFloatingPoint>(
    _ a: UnsafePointer<T>, _ viewA: MatrixView, _ b: UnsafePointer<T>, _ viewB: MatrixView,
    _ c: UnsafeMutablePointer<T>, m: Int, n: Int, k: Int
  ) {
    withUnsafeTemporaryAllocation(of: T.self, capacity: max(n, 1)) { buffer in
      guard let sums = buffer.baseAddress else { return }
      for i in 0..<m {
        let row = c + i * n
        for j in 0..<n { row[j] = 0 }
        var start = 0
        while start < k {
          let end = min(start + depthBlock, k)
          for j in 0..<n { sums[j] = 0 }
          for p in start..<end {
            let factor = a[i * viewA.rowStride + p * viewA.columnStride]
            let from = b + p * viewB.rowStride
            for j in 0..<n { sums[j] += factor * from[j * viewB.columnStride] }
          }
          for j in 0..<n { row[j] += sums[j] }
          start = end
        }
      }
    }
  }

  /// The product of integers, exact but for wrapping.
  static func multiply(
    _ a: UnsafePointer<Int64>, _ viewA: MatrixView, _ b: UnsafePointer<Int64>, _ viewB: MatrixView,
    _ c: UnsafeMutablePointer<Int64>, m: Int, n: Int, k: Int, _ dtype: DType
  ) {
    for i in 0..<m {
      for j in 0..<n {
        var sum: Int64 = 0
        for p in 0..<k {
          sum =
            sum
            &+ a[i * viewA.rowStride + p * viewA.columnStride]
            &* b[p * viewB.rowStride + j * viewB.columnStride]
        }
        c[i * n + j] = IntegerFunctions.wrapped(sum, to: dtype)
      }
    }
  }
}

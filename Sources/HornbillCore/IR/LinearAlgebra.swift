/// A decomposition of matrices, or the solution of a triangular system; `m` and `n` are the extents of the last two axes,
/// `k` the lesser of them.
package enum LinearAlgebra: Sendable, Hashable {
  /// `a (…, n, n) → l (…, n, n)`, lower triangular: `a = l·lᵀ`. Only the lower triangle of `a` is read. A matrix that is not
  /// positive definite is an error when the graph runs.
  case cholesky
  /// `a (…, n, n) → lu (…, n, n), order (…, n) int32`: row `i` of `l·u` is row `order[i]` of `a`; `l` has ones on its diagonal,
  /// which are not stored. In each column the element of greatest size is the pivot.
  case lu
  /// `a (…, n, n), b (…, n, c) → x (…, n, c)`: `a·x = b`, with the lower or the upper triangle of `a`.
  case triangularSolve(isLower: Bool, hasUnitDiagonal: Bool)
  /// `a (…, m, n) → q (…, m, k), r (…, k, n)`, or with `k = m` when `isFull`: `a = q·r`, by Householder's reflections.
  case qr(isFull: Bool)
  /// `a (…, n, n) → values (…, n), vectors (…, n, n)`: the eigenvalues of a symmetric matrix, ascending, with their vectors as columns. Only
  /// the lower triangle is read.
  case eigh
  /// `a (…, m, n) → u (…, m, k), s (…, k), v (…, n, k)`: `a = u·diag(s)·vᵀ`, singular values descending.
  case svd
}

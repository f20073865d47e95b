import HornbillCore

/// A matrix product over broadcast leading axes, with its extents.
struct ProductShape: Sendable {
  let m: Int
  let n: Int
  let k: Int
  let viewA: MatrixView
  let viewB: MatrixView
  /// The loops over the leading axes, with the operands' strides in elements.
  let leading: BroadcastLoop
  let leadingCount: Int

  init(_ a: [Int], _ b: [Int], transposeA: Bool, transposeB: Bool) {
    let (rowsA, columnsA) = (a[a.count - 2], a[a.count - 1])
    let (rowsB, columnsB) = (b[b.count - 2], b[b.count - 1])
    var m = transposeA ? columnsA : rowsA
    k = transposeA ? rowsA : columnsA
    n = transposeB ? rowsB : columnsB
    viewA =
      transposeA
      ? MatrixView(rowStride: 1, columnStride: columnsA)
      : MatrixView(rowStride: columnsA, columnStride: 1)
    viewB =
      transposeB
      ? MatrixView(rowStride: 1, columnStride: columnsB)
      : MatrixView(rowStride: columnsB, columnStride: 1)
    var leadA = Array(a.dropLast(2))
    var leadB = Array(b.dropLast(2))
    if !transposeA, leadB.allSatisfy({ $0 == 1 }) {
      m *= leadA.reduce(1, *)
      leadA = []
      leadB = []
    }
    self.m = m
    let rank = max(leadA.count, leadB.count)
    leadA = [Int](repeating: 1, count: rank - leadA.count) + leadA
    leadB = [Int](repeating: 1, count: rank - leadB.count) + leadB
    let lead = (0..<rank).map { leadA[$0] == 1 ? leadB[$0] : leadA[$0] }
    leadingCount = lead.reduce(1, *)
    let stridesA = BroadcastLoop.strides(of: leadA, repeatedTo: lead).map { $0 * rowsA * columnsA }
    let stridesB = BroadcastLoop.strides(of: leadB, repeatedTo: lead).map { $0 * rowsB * columnsB }
    leading = BroadcastLoop(shape: lead, strides: [stridesA, stridesB])
  }

  /// Calls `body` with the offsets of each product's operands and its number.
  func forEach(
    _ body: (_ a: Int, _ b: Int, _ number: Int) throws(ExecutionError) -> Void
  ) throws(ExecutionError) {
    if leadingCount == 1 { return try body(0, 0, 0) }
    let count = leading.runCount
    let (strideA, strideB) = (leading.runStride(0), leading.runStride(1))
    var number = 0
    try leading.forEachRun { (offsets) throws(ExecutionError) in
      for i in 0..<count {
        try body(offsets[0] + i * strideA, offsets[1] + i * strideB, number)
        number += 1
      }
    }
  }
}

internal import CHornbillKernels
import HornbillCore

/// The right operand of a product in the kernels' form, packed when the plan is made or, if it is computed, at each run.
struct PackedMatrix: Sendable {
  let k: Int
  let n: Int
  /// The matrix when it is packed at each run.
  private let source: (operand: Operand, view: MatrixView)?
  private let kernels: KernelSet
  private let place: Operand

  fileprivate init(
    _ source: (operand: Operand, view: MatrixView)?, k: Int, n: Int, kernels: KernelSet,
    place: Operand
  ) {
    self.source = source
    self.k = k
    self.n = n
    self.kernels = kernels
    self.place = place
  }

  /// The panels of the packed matrix.
  var panels: Int { (n + kernels.functions.panel - 1) / kernels.functions.panel }

  /// The packed elements, for a matrix that starts `offset` elements after the operand's first.
  func elements(_ run: RunContext, offset: Int = 0) -> UnsafePointer<Float> {
    let packed: UnsafeMutablePointer<Float> = place.pointer(run)
    if let (operand, view) = source {
      var matrix = hb_matrix(
        elements: operand.raw(run) + 4 * offset, row_stride: view.rowStride,
        column_stride: view.columnStride, k: k, n: n, scale: nil)
      kernels.functions.pack(&matrix, 0, k, 0, panels, packed)
    }
    return UnsafePointer(packed)
  }
}

/// The packing of a matrix in a block, piece by piece: each is read once, by one of the threads, and let go.
private struct FixedPacking {
  let block: Block
  /// The bytes before the first element.
  let start: Int
  let view: MatrixView
  let k: Int
  let n: Int
  let functions: hb_kernels

  /// The bytes of the source that a piece reads, about.
  private static let pieceSize = 1 << 20

  /// Whether the rows, or else the columns, lie one after the other without gaps.
  private var isByRows: Bool { view.columnStride == 1 && view.rowStride == n }
  private var isByColumns: Bool { view.rowStride == 1 && view.columnStride == k }

  func pack(
    into packed: UnsafeMutablePointer<Float>, scale: [Double]?, _ workers: WorkerPool?
  ) {
    let panels = (n + functions.panel - 1) / functions.panel
    let most = isByRows ? k : isByColumns ? panels : 1
    let pieces = max(1, min(most, n * k / (FixedPacking.pieceSize / 4)))
    func share(_ total: Int, _ piece: Int) -> Range<Int> {
      total * piece / pieces..<total * (piece + 1) / pieces
    }
    scale.withOptionalPointer { scale in
      let matrix = hb_matrix(
        elements: block.base + start, row_stride: view.rowStride,
        column_stride: view.columnStride, k: k, n: n, scale: scale)
      WorkerPool.run(parts: pieces, on: workers) { piece in
        let rows = isByColumns ? 0..<k : share(k, piece)
        let columns = isByColumns ? share(panels, piece) : 0..<panels
        withUnsafePointer(to: matrix) {
          functions.pack(
            $0, rows.lowerBound, rows.upperBound, columns.lowerBound, columns.upperBound, packed)
        }
        if isByRows {
          letGo(rows.lowerBound * n..<rows.upperBound * n)
        } else if isByColumns {
          letGo(
            columns.lowerBound * functions.panel * k..<min(columns.upperBound * functions.panel, n)
              * k)
        }
      }
    }
  }

  private func letGo(_ elements: Range<Int>) {
    block.letGo(start + 4 * elements.lowerBound..<start + 4 * elements.upperBound)
  }
}

extension [Double]? {
  /// Calls `body` with the numbers, or with null.
  fileprivate func withOptionalPointer(_ body: (UnsafePointer<Double>?) -> Void) {
    guard let self else { return body(nil) }
    self.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}

extension StepMaker {
  /// Packs a matrix `(k, n)`; what is fixed is packed now.
  ///
  /// - Parameter scale: what each column of a fixed matrix is multiplied by.
  mutating func pack(
    _ operand: Operand, _ view: MatrixView, k: Int, n: Int, offset: Int = 0,
    scale: [Double]? = nil
  ) throws(ExecutionError) -> PackedMatrix {
    let panel = kernels.functions.panel
    let columns = try checkedProduct((n + panel - 1) / panel, panel)
    let count = try checkedProduct(columns, k)
    let bytes = try checkedProduct(count, 4)
    let start = operand.offset + 4 * offset
    guard let block = operand.block else {
      let source = Operand(
        type: operand.type, count: operand.count - offset, block: nil, offset: start)
      return try packAtRun(source, view, k: k, n: n)
    }
    let key = PackedKey(
      block: block.number, offset: start, rowStride: view.rowStride,
      columnStride: view.columnStride, k: k, n: n, panel: panel, scale: scale)
    let packing = FixedPacking(
      block: block, start: start, view: view, k: k, n: n, functions: kernels.functions)
    let packed = try fixed.packed(key, byteCount: bytes) { packed in
      packing.pack(
        into: packed.bindMemory(to: Float.self, capacity: count), scale: scale, workers)
    }
    let place = Operand(
      type: ValueType(shape: [count], dtype: .float32), count: count, block: packed, offset: 0)
    return PackedMatrix(nil, k: k, n: n, kernels: kernels, place: place)
  }

  /// A matrix that is packed at each use, fixed or not.
  mutating func packAtRun(
    _ operand: Operand, _ view: MatrixView, k: Int, n: Int
  ) throws(ExecutionError) -> PackedMatrix {
    let panel = kernels.functions.panel
    let columns = try checkedProduct((n + panel - 1) / panel, panel)
    let place = try floatScratch(try checkedProduct(columns, k))
    return PackedMatrix((operand, view), k: k, n: n, kernels: kernels, place: place)
  }

  /// Scratch memory for products on so many threads, and the elements of each thread's share.
  mutating func productScratch(parts: Int) throws(ExecutionError) -> (place: Operand, share: Int) {
    let share = kernels.functions.product_scratch
    return (try floatScratch(try checkedProduct(share, parts)), share)
  }

  /// Room for floats during the step.
  mutating func floatScratch(_ count: Int) throws(ExecutionError) -> Operand {
    Operand(
      type: ValueType(shape: [count], dtype: .float32), count: count, block: nil,
      offset: try scratch(bytes: try checkedProduct(count, 4)))
  }
}

/// How a product is divided among threads.
struct ProductParts: Sendable {
  let count: Int
  private let rows: Int
  private let panels: Int
  private let byRows: Bool

  /// The multiplications that take as long as handing a part to another thread.
  private static let least = 1e5

  /// Divides by rows, or by panels when there are too few rows; one part for small work.
  init(m: Int, n: Int, k: Int, panels: Int, threads: Int) {
    rows = m
    self.panels = panels
    let work = Double(m) * Double(n) * Double(k)
    byRows = m >= 32 * threads
    let most = byRows ? threads : min(threads, panels)
    count = threads > 1 && work > ProductParts.least ? max(most, 1) : 1
  }

  /// The most products over leading axes that are shared among threads one by one.
  private static let mostProducts = 1 << 16

  /// Whether products over leading axes are shared best one by one.
  static func areWorthSharing(_ shape: ProductShape, threads: Int) -> Bool {
    let work = Double(shape.m) * Double(shape.n) * Double(shape.k) * Double(shape.leadingCount)
    return threads > 1 && shape.leadingCount >= threads && shape.leadingCount <= mostProducts
      && work > least
  }

  /// The rows and the panels of a part.
  func part(_ index: Int) -> (rows: Range<Int>, panels: Range<Int>) {
    if count == 1 { return (0..<rows, 0..<panels) }
    func share(_ total: Int) -> Range<Int> { total * index / count..<total * (index + 1) / count }
    return byRows ? (share(rows), 0..<panels) : (0..<rows, share(panels))
  }
}

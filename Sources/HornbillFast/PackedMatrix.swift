internal import CHornbillKernels
import HornbillCore

/// The right operand of a product in the kernels' form, packed when the plan is made or, if it is computed, at each run.
struct PackedMatrix: Sendable {
  let k: Int
  let n: Int
  private let source: Operand
  private let view: MatrixView
  private let kernels: KernelSet
  private let place: Operand

  fileprivate init(
    _ source: Operand, _ view: MatrixView, k: Int, n: Int, kernels: KernelSet, place: Operand
  ) {
    self.source = source
    self.view = view
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
    if place.block == nil {
      let from: UnsafeMutablePointer<Float> = source.pointer(run)
      kernels.functions.pack(
        from + offset, view.rowStride, view.columnStride, k, n, packed)
    }
    return UnsafePointer(packed)
  }
}

extension StepMaker {
  /// Packs a matrix `(k, n)`; what is fixed is packed now.
  mutating func pack(
    _ operand: Operand, _ view: MatrixView, k: Int, n: Int, offset: Int = 0
  ) throws(ExecutionError) -> PackedMatrix {
    let panel = kernels.functions.panel
    let columns = try checkedProduct((n + panel - 1) / panel, panel)
    let count = try checkedProduct(columns, k)
    let bytes = try checkedProduct(count, 4)
    var source = operand
    if offset > 0 {
      source = Operand(
        type: operand.type, count: operand.count - offset, block: operand.block,
        offset: operand.offset + 4 * offset)
    }
    guard let block = operand.block else {
      return try packAtRun(source, view, k: k, n: n)
    }
    let key = PackedKey(
      block: ObjectIdentifier(block), offset: source.offset, rowStride: view.rowStride,
      columnStride: view.columnStride, k: k, n: n)
    let functions = kernels.functions
    let packed = try fixed.packed(key, from: block, byteCount: bytes) { packed in
      let from = (block.base + source.offset).assumingMemoryBound(to: Float.self)
      functions.pack(
        from, view.rowStride, view.columnStride, k, n,
        packed.bindMemory(to: Float.self, capacity: count))
    }
    let place = Operand(
      type: ValueType(shape: [count], dtype: .float32), count: count, block: packed, offset: 0)
    return PackedMatrix(source, view, k: k, n: n, kernels: kernels, place: place)
  }

  /// A matrix that is packed at each use, fixed or not.
  mutating func packAtRun(
    _ operand: Operand, _ view: MatrixView, k: Int, n: Int
  ) throws(ExecutionError) -> PackedMatrix {
    let panel = kernels.functions.panel
    let columns = try checkedProduct((n + panel - 1) / panel, panel)
    let place = try floatScratch(try checkedProduct(columns, k))
    return PackedMatrix(operand, view, k: k, n: n, kernels: kernels, place: place)
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

  /// Divides by rows, or by panels when there are too few rows; one part for small work.
  init(m: Int, n: Int, k: Int, panels: Int, threads: Int) {
    rows = m
    self.panels = panels
    let work = Double(m) * Double(n) * Double(k)
    byRows = m >= 32 * threads
    let most = byRows ? threads : min(threads, panels)
    count = threads > 1 && work > 2e6 ? max(most, 1) : 1
  }

  /// The rows and the panels of a part.
  func part(_ index: Int) -> (rows: Range<Int>, panels: Range<Int>) {
    if count == 1 { return (0..<rows, 0..<panels) }
    func share(_ total: Int) -> Range<Int> { total * index / count..<total * (index + 1) / count }
    return byRows ? (share(rows), 0..<panels) : (0..<rows, share(panels))
  }
}

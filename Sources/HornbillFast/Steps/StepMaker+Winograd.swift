internal import CHornbillKernels
import HornbillCore

extension StepMaker {
  /// A convolution by Winograd's transform of its tiles; `nil` where that is not faster, or not as exact as the sums themselves.
  ///
  /// What decides does not depend on the batch, so that an example's results do not either.
  mutating func winograd(
    _ window: WindowSpec, _ geometry: WindowGeometry, _ form: KernelWindow
  ) throws(ExecutionError) -> Step? {
    let (x, kernel, y) = (inputs[0], inputs[1], outputs[0])
    let (channels, filters) = (x.shape[x.shape.count - 1], y.shape[y.shape.count - 1])
    guard window.size == [3, 3], window.strides == [1, 1], window.dilations == [1, 1],
      channels >= 16, filters >= 16, let block = kernel.block
    else { return nil }
    let tilesOfSample = geometry.positions.reduce(1) { $0 * (($1 + 1) / 2) }
    let cellsOfSample = (0..<2).reduce(1) { $0 * coveredCells(geometry, axis: $1) }
    let count = try checkedProduct(16, channels, panelColumns(filters))
    guard 20 * tilesOfSample <= cellsOfSample, tilesOfSample >= 9 || count <= 1 << 18 else {
      return nil
    }
    let functions = kernels.functions
    let key = PackedKey(
      form: .winograd, block: block.number, offset: kernel.offset, rowStride: filters,
      columnStride: 1, k: channels, n: filters, panel: functions.panel, scale: fusion.scale)
    let start = kernel.offset
    let scale = try fusion.scale.map { (numbers) throws(ExecutionError) in
      try Block(copying: numbers)
    }
    let matrix = { @Sendable () -> hb_matrix in
      hb_matrix(
        elements: block.base + start, row_stride: filters, column_stride: 1, k: channels,
        n: filters, scale: scale?.base.assumingMemoryBound(to: Double.self))
    }
    let packed = try fixed.packed(key, byteCount: try checkedProduct(count, 4)) { packed in
      let to = packed.bindMemory(to: Float.self, capacity: count)
      let pieces = max(1, min(channels, 9 * channels * filters >> 18))
      WorkerPool.run(parts: pieces, on: workers) { piece in
        let part = channels * piece / pieces..<channels * (piece + 1) / pieces
        withUnsafePointer(to: matrix()) {
          functions.winograd_pack($0, part.lowerBound, part.upperBound, to)
        }
        for cell in 0..<9 {
          let first = start + 4 * (cell * channels + part.lowerBound) * filters
          block.letGo(first..<first + 4 * part.count * filters)
        }
      }
    }
    let tiles = try checkedProduct(geometry.batch, tilesOfSample)
    let parts = ProductParts(
      m: tiles, n: filters, k: 16 * channels, panels: panelColumns(filters) / functions.panel,
      threads: threads)
    let share = functions.winograd_scratch(channels)
    let scratch = try floatScratch(try checkedProduct(share, parts.count))
    let (kernels, fusion) = (self.kernels, self.fusion)
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let from: UnsafeMutablePointer<Float> = x.pointer(run)
      let to: UnsafeMutablePointer<Float> = y.pointer(run)
      let bias: UnsafeMutablePointer<Float>? = fusion.bias?.pointer(run)
      let room: UnsafeMutablePointer<Float> = scratch.pointer(run)
      fusion.startWithResidual(y, run)
      withUnsafePointer(to: form.over(from)) { window in
        withUnsafePointer(to: matrix()) { weights in
          var product = hb_product()
          product.window = window
          product.packed = UnsafePointer(packed.base.assumingMemoryBound(to: Float.self))
          product.kernel = weights
          product.bias = UnsafePointer(bias)
          product.c = to
          (product.n, product.c_stride) = (filters, filters)
          product.adding = fusion.residual == nil ? 0 : 1
          product.activation = fusion.activation
          run.forEachPart(parts.count) { index in
            let part = parts.part(index)
            withUnsafePointer(to: product) { product in
              kernels.functions.winograd(
                product, part.rows.lowerBound, part.rows.upperBound, part.panels.lowerBound,
                part.panels.upperBound, room + index * share)
            }
          }
        }
      }
    }
  }

  /// The columns of whole panels.
  private func panelColumns(_ columns: Int) -> Int {
    let panel = kernels.functions.panel
    return (columns + panel - 1) / panel * panel
  }

  /// The cells that lie inside the tensor, of all positions along an axis of a window of three.
  private func coveredCells(_ geometry: WindowGeometry, axis: Int) -> Int {
    let (extent, before) = (geometry.spatial[axis], geometry.window.paddingBefore[axis])
    return (0..<3).reduce(0) {
      $0 + max(min(geometry.positions[axis], extent + before - $1) - max(before - $1, 0), 0)
    }
  }
}

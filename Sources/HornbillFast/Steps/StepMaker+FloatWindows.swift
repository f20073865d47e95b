internal import CHornbillKernels
import HornbillCore

extension hb_window {
  /// The window over a tensor whose first element is not known yet; `nil` for more than three spatial axes.
  init?(_ geometry: WindowGeometry, placeStride: Int, channels: Int) {
    let lead = 3 - geometry.spatial.count
    guard lead >= 0 else { return nil }
    func triple(_ values: [Int], _ unused: Int) -> (Int, Int, Int) {
      let all = [Int](repeating: unused, count: lead) + values
      return (all[0], all[1], all[2])
    }
    self.init()
    extent = triple(geometry.spatial, 1)
    positions = triple(geometry.positions, 1)
    size = triple(geometry.window.size, 1)
    stride = triple(geometry.window.strides, 1)
    dilation = triple(geometry.window.dilations, 1)
    before = triple(geometry.window.paddingBefore, 0)
    place_stride = placeStride
    self.channels = channels
  }
}

/// A window's form for the kernels.
///
/// Sendable is sound because its pointer is null until a run fills in its own.
struct KernelWindow: @unchecked Sendable {
  let window: hb_window

  func over(_ x: UnsafePointer<Float>) -> hb_window {
    var result = window
    result.x = x
    return result
  }
}

extension StepMaker {
  /// A convolution as a product of the patches with the kernel, or channel by channel when it is depthwise.
  mutating func floatConvolution(
    _ window: WindowSpec, _ groups: Int
  ) throws(ExecutionError) -> Step {
    let (x, kernel, y) = (inputs[0], inputs[1], outputs[0])
    if y.count == 0 { return reshapeNothing() }
    let geometry = WindowGeometry(
      window: window, batch: x.shape[0], spatial: Array(x.shape.dropFirst().dropLast()),
      positions: Array(y.shape.dropFirst().dropLast()))
    let channels = x.shape[x.shape.count - 1]
    let filters = y.shape[y.shape.count - 1]
    guard
      let form = hb_window(geometry, placeStride: channels, channels: channels / groups)
    else {
      inputs[1] = try readableKernel()
      return convolution(window, groups, of: Float.self)
    }
    if groups == channels, groups > 1 {
      return depthwise(
        form, geometry, try readableKernel(), multiplier: filters / groups)
    }
    if groups == 1, let step = try winograd(window, geometry, KernelWindow(window: form)) {
      return step
    }
    let shape = ConvolutionShape(
      rows: geometry.batch * geometry.positionCount,
      depth: try checkedProduct(geometry.cellCount, channels / groups),
      filters: filters, groupFilters: filters / groups, groupChannels: channels / groups)
    var packed: [PackedMatrix] = []
    for group in 0..<groups {
      packed.append(
        try pack(
          kernel, MatrixView(rowStride: filters, columnStride: 1), k: shape.depth,
          n: shape.groupFilters, offset: group * shape.groupFilters,
          scale: fusion.scale.map {
            Array($0[group * shape.groupFilters..<(group + 1) * shape.groupFilters])
          }))
    }
    let isDense =
      geometry.cellCount == 1 && window.strides.allSatisfy { $0 == 1 }
      && geometry.spatial == geometry.positions && window.paddingBefore.allSatisfy { $0 == 0 }
    return try convolution(
      shape, packed, isDense ? nil : KernelWindow(window: form), channels: channels)
  }

  private mutating func convolution(
    _ shape: ConvolutionShape, _ packed: [PackedMatrix], _ window: KernelWindow?, channels: Int
  ) throws(ExecutionError) -> Step {
    let (x, y) = (self.x, self.y)
    let parts = ProductParts(
      m: shape.rows, n: shape.groupFilters, k: shape.depth, panels: packed.first?.panels ?? 1,
      threads: threads)
    let (scratch, share) = try productScratch(parts: parts.count)
    let (kernels, fusion) = (self.kernels, self.fusion)
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let from: UnsafeMutablePointer<Float> = x.pointer(run)
      let to: UnsafeMutablePointer<Float> = y.pointer(run)
      let bias: UnsafeMutablePointer<Float>? = fusion.bias?.pointer(run)
      fusion.startWithResidual(y, run)
      for (group, right) in packed.enumerated() {
        let start = UnsafePointer(from + group * shape.groupChannels)
        var product = hb_product()
        product.packed = right.elements(run)
        product.bias = UnsafePointer(bias.map { $0 + group * shape.groupFilters })
        product.c = to + group * shape.groupFilters
        (product.m, product.n, product.k) = (shape.rows, shape.groupFilters, shape.depth)
        product.c_stride = shape.filters
        product.adding = fusion.residual == nil ? 0 : 1
        product.activation = fusion.activation
        product.rows = hb_rows(
          x: start, inner: max(shape.rows, 1), outer_stride: 0, row_stride: channels,
          column_stride: 1)
        if let window {
          withUnsafePointer(to: window.over(start)) { window in
            product.window = window
            run.multiply(product, parts, kernels, scratch.pointer(run), share)
          }
        } else {
          run.multiply(product, parts, kernels, scratch.pointer(run), share)
        }
      }
    }
  }

  private func depthwise(
    _ form: hb_window, _ geometry: WindowGeometry, _ kernel: Operand, multiplier: Int
  ) -> Step {
    let (x, y) = (self.x, self.y)
    var form = form
    form.channels = form.place_stride
    let window = KernelWindow(window: form)
    let rows = geometry.batch * geometry.positionCount
    let (kernels, fusion) = (self.kernels, self.fusion)
    let parts = threads > 1 && y.count * geometry.cellCount > 1 << 18 ? threads : 1
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let from: UnsafeMutablePointer<Float> = x.pointer(run)
      let filter: UnsafeMutablePointer<Float> = kernel.pointer(run)
      let to: UnsafeMutablePointer<Float> = y.pointer(run)
      let bias: UnsafeMutablePointer<Float>? = fusion.bias?.pointer(run)
      run.forEachPart(parts) { part in
        withUnsafePointer(to: window.over(from)) { window in
          kernels.functions.depthwise(
            window, filter, multiplier, bias, fusion.activation, to, rows * part / parts,
            rows * (part + 1) / parts)
        }
      }
    }
  }

  func floatPool(_ kind: PoolKind, _ geometry: WindowGeometry, _ channels: Int) -> Step {
    let (x, y) = (self.x, self.y)
    guard let form = hb_window(geometry, placeStride: channels, channels: channels) else {
      return { (run: RunContext) throws(ExecutionError) -> Void in
        let from: UnsafeMutablePointer<Float> = x.pointer(run)
        WindowKernels.pool(kind, from, y.pointer(run), geometry, channels: channels)
      }
    }
    let window = KernelWindow(window: form)
    let rows = geometry.batch * geometry.positionCount
    let kernels = self.kernels
    let parts = threads > 1 && y.count * geometry.cellCount > 1 << 18 ? threads : 1
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let from: UnsafeMutablePointer<Float> = x.pointer(run)
      let to: UnsafeMutablePointer<Float> = y.pointer(run)
      run.forEachPart(parts) { part in
        withUnsafePointer(to: window.over(from)) { window in
          kernels.functions.pool(
            window, kind == .average ? 1 : 0, to, rows * part / parts, rows * (part + 1) / parts)
        }
      }
    }
  }

  /// A transposed convolution: the product of each position with the whole kernel, added into the places it covers.
  mutating func floatTransposedConvolution(_ window: WindowSpec) throws(ExecutionError) -> Step {
    let (x, kernel, y) = (inputs[0], inputs[1], outputs[0])
    if y.count == 0 { return reshapeNothing() }
    let geometry = WindowGeometry(
      window: window, batch: x.shape[0], spatial: Array(y.shape.dropFirst().dropLast()),
      positions: Array(x.shape.dropFirst().dropLast()))
    let filters = x.shape[x.shape.count - 1]
    let channels = y.shape[y.shape.count - 1]
    let width = try checkedProduct(geometry.cellCount, channels)
    let right = try pack(
      kernel, MatrixView(rowStride: 1, columnStride: filters), k: filters, n: width)
    let rows = geometry.batch * geometry.positionCount
    let chunk = min(max((1 << 18) / max(width, 1), 64), max(rows, 1))
    let parts = ProductParts(m: chunk, n: width, k: filters, panels: right.panels, threads: threads)
    let (scratch, share) = try productScratch(parts: parts.count)
    let columns = try floatScratch(try checkedProduct(chunk, width))
    let (kernels, fusion) = (self.kernels, self.fusion)
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let from: UnsafeMutablePointer<Float> = x.pointer(run)
      let to: UnsafeMutablePointer<Float> = y.pointer(run)
      let patches: UnsafeMutablePointer<Float> = columns.pointer(run)
      to.update(repeating: 0, count: y.count)
      let packed = right.elements(run)
      var start = 0
      while start < rows {
        let count = min(chunk, rows - start)
        var product = hb_product()
        product.rows = hb_rows(
          x: from + start * filters, inner: count, outer_stride: 0, row_stride: filters,
          column_stride: 1)
        product.packed = packed
        product.c = patches
        (product.m, product.n, product.k) = (count, width, filters)
        product.c_stride = width
        let parts = ProductParts(
          m: count, n: width, k: filters, panels: right.panels, threads: parts.count)
        run.multiply(product, parts, kernels, scratch.pointer(run), share)
        WindowKernels.addPatches(
          patches, to, geometry, rows: start..<(start + count), channels: channels)
        start += count
      }
      if let bias = fusion.bias {
        let row: UnsafeMutablePointer<Float> = bias.pointer(run)
        for place in 0..<(y.count / channels) {
          let at = to + place * channels
          for c in 0..<channels { at[c] += row[c] }
        }
      }
      if fusion.activation.function != hb_linear {
        kernels.functions.apply(fusion.activation, to, to, y.count)
      }
    }
  }
}

/// The extents of a convolution as products.
private struct ConvolutionShape: Sendable {
  let rows: Int
  let depth: Int
  let filters: Int
  let groupFilters: Int
  let groupChannels: Int
}

internal import CHornbillKernels
import HornbillCore

extension StepMaker {
  /// A matrix product by the packed kernels.
  mutating func floatProduct(_ shape: ProductShape) throws(ExecutionError) -> Step {
    let (a, b, y) = (inputs[0], inputs[1], outputs[0])
    if y.count == 0 { return reshapeNothing() }
    let isShared = shape.leadingCount == 1
    if !isShared, ProductParts.areWorthSharing(shape, threads: threads) {
      return try productsSideBySide(shape)
    }
    // A fixed operand that differs from product to product is packed at each of them, as a computed one is.
    let right =
      isShared || b.block == nil
      ? try pack(b, shape.viewB, k: shape.k, n: shape.n, scale: fusion.scale)
      : try packAtRun(try readableKernel(), shape.viewB, k: shape.k, n: shape.n)
    let parts = ProductParts(
      m: shape.m, n: shape.n, k: shape.k, panels: right.panels, threads: threads)
    let (scratch, share) = try productScratch(parts: parts.count)
    let (kernels, fusion) = (self.kernels, self.fusion)
    let product = product(shape)
    if isShared, b.block != nil, parts.count == 1, fusion.residual == nil {
      settler = { run in
        var product = product(run)
        product.packed = right.elements(run)
        return SettledProduct(
          product: product, panels: right.panels, scratch: scratch.pointer(run), kernels: kernels
        ).step
      }
    }
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let first = product(run)
      let room: UnsafeMutablePointer<Float> = scratch.pointer(run)
      fusion.startWithResidual(y, run)
      try shape.forEach { (offsetA, offsetB, number) throws(ExecutionError) in
        var product = first
        product.rows.x += offsetA
        product.packed = right.elements(run, offset: offsetB)
        product.c += number * shape.m * shape.n
        run.multiply(product, parts, kernels, room, share)
      }
    }
  }
}

extension StepMaker {
  /// The first of the products of a shape in a run, but for its right operand.
  private func product(_ shape: ProductShape) -> @Sendable (RunContext) -> hb_product {
    let (a, y, fusion) = (inputs[0], outputs[0], self.fusion)
    return { (run: RunContext) -> hb_product in
      var product = hb_product()
      product.rows = hb_rows(
        x: a.pointer(run), inner: max(shape.m, 1), outer_stride: 0,
        row_stride: shape.viewA.rowStride, column_stride: shape.viewA.columnStride)
      product.bias = UnsafePointer(fusion.bias?.pointer(run))
      product.c = y.pointer(run)
      (product.m, product.n, product.k) = (shape.m, shape.n, shape.k)
      product.c_stride = shape.n
      product.adding = fusion.residual == nil ? 0 : 1
      product.activation = fusion.activation
      return product
    }
  }

  /// Products over leading axes, such as those of attention heads, each by one of the threads.
  private mutating func productsSideBySide(_ shape: ProductShape) throws(ExecutionError) -> Step {
    let y = outputs[0]
    let b = try inputs[1].block == nil ? inputs[1] : readableKernel()
    let parts = min(threads, shape.leadingCount)
    var rights: [PackedMatrix] = []
    for _ in 0..<parts {
      rights.append(try packAtRun(b, shape.viewB, k: shape.k, n: shape.n))
    }
    var offsets: [(a: Int, b: Int)] = []
    try shape.forEach { (offsetA, offsetB, _) throws(ExecutionError) in
      offsets.append((offsetA, offsetB))
    }
    let (scratch, share) = try productScratch(parts: parts)
    let (kernels, fusion, packed, all) = (self.kernels, self.fusion, rights, offsets)
    let product = product(shape)
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let first = product(run)
      let room: UnsafeMutablePointer<Float> = scratch.pointer(run)
      fusion.startWithResidual(y, run)
      run.forEachPart(parts) { part in
        for number in all.count * part / parts..<all.count * (part + 1) / parts {
          var product = first
          product.rows.x += all[number].a
          product.packed = packed[part].elements(run, offset: all[number].b)
          product.c += number * shape.m * shape.n
          kernels.functions.product(
            &product, 0, shape.m, 0, packed[part].panels, room + part * share)
        }
      }
    }
  }
}

extension Fusion {
  /// Puts the residual where the product's sums are added to it.
  func startWithResidual(_ y: Operand, _ run: RunContext) {
    guard let residual else { return }
    let (from, to) = (residual.raw(run), y.raw(run))
    if from != to { to.copyMemory(from: from, byteCount: y.byteCount) }
  }
}

extension RunContext {
  /// Computes a product, its parts side by side.
  func multiply(
    _ product: hb_product, _ parts: ProductParts, _ kernels: KernelSet,
    _ scratch: UnsafeMutablePointer<Float>, _ share: Int
  ) {
    forEachPart(parts.count) { index in
      let part = parts.part(index)
      withUnsafePointer(to: product) { product in
        kernels.functions.product(
          product, part.rows.lowerBound, part.rows.upperBound, part.panels.lowerBound,
          part.panels.upperBound, scratch + index * share)
      }
    }
  }
}

import HornbillCore

extension StepMaker {
  mutating func matmul(_ transposeA: Bool, _ transposeB: Bool) throws(ExecutionError) -> Step {
    let shape = ProductShape(
      inputs[0].shape, inputs[1].shape, transposeA: transposeA, transposeB: transposeB)
    if y.kind == .float { return try floatProduct(shape) }
    try alignInputs()
    let (a, b, y) = (inputs[0], inputs[1], outputs[0])
    switch y.kind {
    case .float, .double: return product(shape, of: Double.self)
    case .integer:
      let dtype = y.type.dtype
      return { (run: RunContext) throws(ExecutionError) -> Void in
        let left: UnsafeMutablePointer<Int64> = a.pointer(run)
        let right: UnsafeMutablePointer<Int64> = b.pointer(run)
        let to: UnsafeMutablePointer<Int64> = y.pointer(run)
        try shape.forEach { (offsetA, offsetB, number) throws(ExecutionError) in
          DenseProduct.multiply(
            left + offsetA, shape.viewA, right + offsetB, shape.viewB,
            to + number * shape.m * shape.n, m: shape.m, n: shape.n, k: shape.k, dtype)
        }
      }
    }
  }

  private func product<T: FloatElement>(_ shape: ProductShape, of _: T.Type) -> Step {
    let (a, b, y) = (inputs[0], inputs[1], outputs[0])
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let left: UnsafeMutablePointer<T> = a.pointer(run)
      let right: UnsafeMutablePointer<T> = b.pointer(run)
      let to: UnsafeMutablePointer<T> = y.pointer(run)
      try shape.forEach { (offsetA, offsetB, number) throws(ExecutionError) in
        DenseProduct.multiply(
          left + offsetA, shape.viewA, right + offsetB, shape.viewB,
          to + number * shape.m * shape.n, m: shape.m, n: shape.n, k: shape.k)
      }
    }
  }

  mutating func convolution(_ window: WindowSpec, groups: Int) throws(ExecutionError) -> Step {
    if y.kind != .float { try alignInputs() }
    switch y.kind {
    case .float: return try floatConvolution(window, groups)
    case .double: return convolution(window, groups, of: Double.self)
    case .integer: throw ExecutionError("a convolution of \(y.type.dtype) is not possible")
    }
  }

  func convolution<T: FloatElement>(
    _ window: WindowSpec, _ groups: Int, of _: T.Type
  ) -> Step {
    let (x, kernel, y) = (inputs[0], inputs[1], outputs[0])
    let geometry = WindowGeometry(
      window: window, batch: x.shape[0], spatial: Array(x.shape.dropFirst().dropLast()),
      positions: Array(y.shape.dropFirst().dropLast()))
    let channels = x.shape[x.shape.count - 1]
    let filters = y.shape[y.shape.count - 1]
    if y.count == 0 { return reshapeNothing() }
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let from: UnsafeMutablePointer<T> = x.pointer(run)
      WindowKernels.convolve(
        from, kernel.pointer(run), y.pointer(run), geometry, channels: channels, filters: filters,
        groups: groups)
    }
  }

  mutating func transposedConvolution(_ window: WindowSpec) throws(ExecutionError) -> Step {
    if y.kind != .float { try alignInputs() }
    switch y.kind {
    case .float: return try floatTransposedConvolution(window)
    case .double: return transposedConvolution(window, of: Double.self)
    case .integer:
      throw ExecutionError("a transposed convolution of \(y.type.dtype) is not possible")
    }
  }

  private func transposedConvolution<T: FloatElement>(_ window: WindowSpec, of _: T.Type) -> Step {
    let (x, kernel, y) = (inputs[0], inputs[1], outputs[0])
    let geometry = WindowGeometry(
      window: window, batch: x.shape[0], spatial: Array(y.shape.dropFirst().dropLast()),
      positions: Array(x.shape.dropFirst().dropLast()))
    let filters = x.shape[x.shape.count - 1]
    let channels = y.shape[y.shape.count - 1]
    if y.count == 0 { return reshapeNothing() }
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let from: UnsafeMutablePointer<T> = x.pointer(run)
      WindowKernels.convolveTransposed(
        from, kernel.pointer(run), y.pointer(run), geometry, channels: channels, filters: filters)
    }
  }

  func pool(_ kind: PoolKind, _ window: WindowSpec) -> Step {
    let (x, y) = (self.x, self.y)
    let geometry = WindowGeometry(
      window: window, batch: x.shape[0], spatial: Array(x.shape.dropFirst().dropLast()),
      positions: Array(y.shape.dropFirst().dropLast()))
    let channels = x.shape[x.shape.count - 1]
    if y.count == 0 { return reshapeNothing() }
    switch y.kind {
    case .float: return floatPool(kind, geometry, channels)
    case .double:
      return { (run: RunContext) throws(ExecutionError) -> Void in
        let from: UnsafeMutablePointer<Double> = x.pointer(run)
        WindowKernels.pool(kind, from, y.pointer(run), geometry, channels: channels)
      }
    case .integer:
      let dtype = y.type.dtype
      return { (run: RunContext) throws(ExecutionError) -> Void in
        let from: UnsafeMutablePointer<Int64> = x.pointer(run)
        WindowKernels.pool(kind, from, y.pointer(run), geometry, channels: channels, dtype)
      }
    }
  }
}

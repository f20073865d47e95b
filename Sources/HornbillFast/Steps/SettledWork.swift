internal import CHornbillKernels

// The arguments of settled steps and their functions.

/// A product in one part.
struct SettledProduct {
  let product: hb_product
  let panels: Int
  let scratch: UnsafeMutablePointer<Float>
  let kernels: KernelSet

  var step: SettledStep {
    SettledStep(self) { arguments in
      let work = arguments.assumingMemoryBound(to: SettledProduct.self)
      // The product is the first of the arguments.
      let product = arguments.assumingMemoryBound(to: hb_product.self)
      work.pointee.kernels.functions.product(
        product, 0, product.pointee.m, 0, work.pointee.panels, work.pointee.scratch)
      return true
    }
  }
}

/// A function of each element.
struct SettledActivation {
  let function: hb_activation
  let x: UnsafeMutablePointer<Float>
  let y: UnsafeMutablePointer<Float>
  let count: Int
  let kernels: KernelSet

  var step: SettledStep {
    SettledStep(self) { arguments in
      let work = arguments.assumingMemoryBound(to: SettledActivation.self).pointee
      work.kernels.functions.apply(work.function, work.x, work.y, work.count)
      return true
    }
  }
}

/// Softmax along rows.
struct SettledSoftmax {
  let x: UnsafeMutablePointer<Float>
  let factor: Float
  let y: UnsafeMutablePointer<Float>
  let rows: Int
  let extent: Int
  let kernels: KernelSet

  var step: SettledStep {
    SettledStep(self) { arguments in
      let work = arguments.assumingMemoryBound(to: SettledSoftmax.self).pointee
      work.kernels.functions.softmax(work.x, work.factor, work.y, work.rows, work.extent)
      return true
    }
  }
}

/// Slices of a tensor by index; an index outside is refused.
struct SettledGather {
  let x: UnsafeMutablePointer<UInt32>
  let indices: UnsafeMutablePointer<Int64>
  let y: UnsafeMutablePointer<UInt32>
  let outer: Int
  let extent: Int
  let inner: Int
  let indexCount: Int
  let negative: Bool

  var step: SettledStep {
    SettledStep(self) { arguments in
      let work = arguments.assumingMemoryBound(to: SettledGather.self).pointee
      let allowed = (work.negative ? -work.extent : 0)..<work.extent
      for i in 0..<work.indexCount where !allowed.contains(Int(work.indices[i])) { return false }
      GatherKernel.copySlices(
        work.x, work.indices, work.y, outer: work.outer, extent: work.extent, inner: work.inner,
        indexCount: work.indexCount)
      return true
    }
  }
}

/// A recurrent layer whose whole sequence one call of the kernels takes.
struct SettledRecurrence {
  let product: hb_product
  let steps: hb_steps
  /// The elements of all rows of a state.
  let stateCount: Int
  let panels: Int
  let scratch: UnsafeMutablePointer<Float>
  let kernels: KernelSet

  var step: SettledStep {
    SettledStep(self) { arguments in
      let work = arguments.assumingMemoryBound(to: SettledRecurrence.self)
      // The product is the first of the arguments.
      let product = arguments.assumingMemoryBound(to: hb_product.self)
      work.pointee.run(product)
      return true
    }
  }

  private func run(_ product: UnsafePointer<hb_product>) {
    if let last = steps.last_output { last.update(repeating: 0, count: stateCount) }
    kernels.functions.product(product, 0, product.pointee.m, 0, panels, scratch)
    withUnsafePointer(to: steps) { kernels.functions.steps($0) }
  }
}

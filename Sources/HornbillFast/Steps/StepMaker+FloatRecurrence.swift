internal import CHornbillKernels
import HornbillCore

/// The elements of projected inputs that a recurrent step keeps at once, per thread.
private let projectionRoom = 1 << 18

/// The extents of a recurrent op and the shares of its threads.
private struct RecurrentPlan: Sendable {
  let kernel: RecurrentKernel
  let parts: Int
  /// The steps whose inputs are projected at once.
  let chunk: Int
  /// The most batch rows of a part.
  let rows: Int

  var width: Int { kernel.cell.gates * kernel.units }

  init(_ kernel: RecurrentKernel, threads: Int) {
    self.kernel = kernel
    let work =
      Double(kernel.batch) * Double(kernel.time) * Double(kernel.units) * Double(kernel.units)
    parts = threads > 1 && work > 1e6 ? max(min(threads, kernel.batch), 1) : 1
    rows = (kernel.batch + parts - 1) / parts
    let step = max(rows * kernel.cell.gates * kernel.units, 1)
    chunk = min(max(projectionRoom / step, 1), max(kernel.time, 1))
  }

  func batchRows(_ part: Int) -> Range<Int> {
    kernel.batch * part / parts..<kernel.batch * (part + 1) / parts
  }
}

extension StepMaker {
  /// A recurrent op by the kernels; `nil` for activations that they do not know.
  mutating func floatRecurrent(
    _ cell: RecurrentCell, _ spec: RecurrentSpec
  ) throws(ExecutionError) -> Step? {
    guard let activation = hb_activation(spec.activation),
      let gate = hb_activation(spec.recurrentActivation)
    else { return nil }
    let states = cell == .lstm ? 2 : 1
    let kernel = RecurrentKernel(
      cell: cell, spec: spec, batch: x.shape[0], time: x.shape[1], features: x.shape[2],
      units: inputs[2].shape[0])
    let plan = RecurrentPlan(kernel, threads: threads)
    let (units, width) = (kernel.units, plan.width)
    if kernel.batch == 0 || units == 0 { return reshapeNothing() }
    let input = try pack(
      inputs[1], MatrixView(rowStride: width, columnStride: 1), k: kernel.features, n: width)
    let isSplit = cell == .gru && !spec.resetAfter
    let recurrentView = MatrixView(rowStride: width, columnStride: 1)
    let recurrent = try pack(
      inputs[2], recurrentView, k: units, n: isSplit ? 2 * units : width)
    let candidate =
      isSplit ? try pack(inputs[2], recurrentView, k: units, n: units, offset: 2 * units) : nil
    let bias = spec.hasBias ? inputs[3 + states] : nil
    let mask = spec.hasMask ? inputs[inputs.count - 1] : nil
    let share = try checkedProduct(plan.chunk, plan.rows, width)
    let projected = try floatScratch(try checkedProduct(share, plan.parts))
    let stepShare =
      try checkedProduct(plan.rows, 4, units) + kernels.functions.product_scratch
    let room = try floatScratch(try checkedProduct(stepShare, plan.parts))
    let last = try floatScratch(mask == nil ? 0 : try checkedProduct(kernel.batch, units))
    let (inputs, outputs) = (self.inputs, self.outputs)
    let kernels = self.kernels
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let hidden: UnsafeMutablePointer<Float> = outputs[1].pointer(run)
      hidden.update(
        from: inputs[3].pointer(run, as: Float.self), count: kernel.batch * units)
      let state: UnsafeMutablePointer<Float>? = states == 2 ? outputs[2].pointer(run) : nil
      state?.update(
        from: inputs[states + 2].pointer(run, as: Float.self), count: kernel.batch * units)
      let lastOutput: UnsafeMutablePointer<Float> = last.pointer(run)
      if mask != nil { lastOutput.update(repeating: 0, count: kernel.batch * units) }
      let offset: UnsafeMutablePointer<Float>? = bias?.pointer(run)
      let keep: UnsafeMutablePointer<Int64>? = mask?.pointer(run)
      let sequence: UnsafeMutablePointer<Float> = outputs[0].pointer(run)
      var product = hb_product()
      product.packed = input.elements(run)
      product.bias = UnsafePointer(offset)
      (product.n, product.k, product.c_stride) = (width, kernel.features, width)
      product.activation = .linear
      var steps = hb_steps()
      steps.cell = cell == .simple ? hb_simple_rnn : cell == .lstm ? hb_lstm : hb_gru
      steps.units = units
      steps.packed = recurrent.elements(run)
      steps.packed_candidate = candidate?.elements(run)
      steps.reset_after = spec.resetAfter ? 1 : 0
      if cell == .gru, spec.resetAfter {
        steps.recurrent_bias = UnsafePointer(offset.map { $0 + width })
      }
      steps.activation = activation
      steps.recurrent_activation = gate
      steps.mask_stride = kernel.time
      steps.zero_output = spec.zeroOutputForMask ? 1 : 0
      steps.output_stride = kernel.time * units
      let work = RecurrentRun(
        plan: plan, kernels: kernels, product: product, steps: steps,
        x: inputs[0].pointer(run), hidden: hidden, state: state,
        lastOutput: mask == nil ? nil : lastOutput, mask: keep, sequence: sequence,
        projected: projected.pointer(run), share: share, room: room.pointer(run),
        stepShare: stepShare)
      run.forEachPart(plan.parts) { work.part($0) }
    }
  }
}

/// One run of a recurrent op, to be shared among threads by batch rows.
private struct RecurrentRun {
  let plan: RecurrentPlan
  let kernels: KernelSet
  let product: hb_product
  let steps: hb_steps
  let x: UnsafeMutablePointer<Float>
  let hidden: UnsafeMutablePointer<Float>
  let state: UnsafeMutablePointer<Float>?
  let lastOutput: UnsafeMutablePointer<Float>?
  let mask: UnsafeMutablePointer<Int64>?
  let sequence: UnsafeMutablePointer<Float>
  let projected: UnsafeMutablePointer<Float>
  let share: Int
  let room: UnsafeMutablePointer<Float>
  let stepShare: Int

  func part(_ part: Int) {
    let rows = plan.batchRows(part)
    let kernel = plan.kernel
    let (time, features, units) = (kernel.time, kernel.features, kernel.units)
    let first = rows.lowerBound
    let z = projected + part * share
    var product = self.product
    var steps = self.steps
    product.c = z
    steps.batch = rows.count
    steps.z = z
    steps.hidden = hidden + first * units
    steps.cell_state = state.map { $0 + first * units }
    steps.last_output = lastOutput.map { $0 + first * units }
    steps.scratch = room + part * stepShare
    let productRoom = room + part * stepShare + plan.rows * 4 * units
    let panels = (plan.width + kernels.functions.panel - 1) / kernels.functions.panel
    var start = 0
    while start < time {
      let count = min(plan.chunk, time - start)
      product.m = count * rows.count
      product.rows = hb_rows(
        x: x + (first * time + start) * features, inner: rows.count, outer_stride: features,
        row_stride: time * features, column_stride: 1)
      kernels.functions.product(&product, 0, product.m, 0, panels, productRoom)
      steps.steps = count
      steps.mask = UnsafePointer(mask.map { $0 + first * time + start })
      steps.output = sequence + (first * time + start) * units
      kernels.functions.steps(&steps)
      start += count
    }
  }
}

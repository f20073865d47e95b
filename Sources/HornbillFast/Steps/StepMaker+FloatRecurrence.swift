internal import CHornbillKernels
import HornbillCore

/// The extents of a recurrent op and the shares of its threads.
private struct RecurrentPlan: Sendable {
  let kernel: RecurrentKernel
  let layout: GateLayout
  let shares: RecurrentShares
  /// The most batch rows of a part.
  let rows: Int
  /// The steps whose inputs are projected at once.
  let chunk: Int

  var parts: Int { shares.parts }

  /// The elements of projected inputs that a part keeps at once.
  private static let projectionRoom = 1 << 17

  init(_ kernel: RecurrentKernel, _ layout: GateLayout, threads: Int) {
    self.kernel = kernel
    self.layout = layout
    shares = RecurrentShares(
      batch: kernel.batch, time: kernel.time, width: kernel.cell.gates * kernel.units,
      units: kernel.units, threads: threads)
    rows = (kernel.batch + shares.parts - 1) / shares.parts
    chunk = min(
      max(RecurrentPlan.projectionRoom / max(rows * layout.width, 1), 1), max(kernel.time, 1))
  }

  func batchRows(_ part: Int) -> Range<Int> {
    kernel.batch * part / parts..<kernel.batch * (part + 1) / parts
  }
}

/// The weights of a recurrent op in the kernels' form.
private struct RecurrentWeights: Sendable {
  let input: GateMatrix
  let recurrent: GateMatrix
  /// The candidate's part for a GRU that resets before its product.
  let candidate: GateMatrix?
  let bias: GateMatrix?
  let recurrentBias: GateMatrix?

  /// Whether nothing is packed at a run.
  var areFixed: Bool {
    [input, recurrent, candidate, bias, recurrentBias].allSatisfy { $0?.isFixed ?? true }
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
    if kernel.batch == 0 || kernel.units == 0 { return reshapeNothing() }
    let layout = GateLayout(units: kernel.units, gates: cell.gates, kernels: kernels)
    let plan = RecurrentPlan(kernel, layout, threads: threads)
    let weights = try packedWeights(kernel, layout, bias: spec.hasBias ? inputs[3 + states] : nil)
    let mask = spec.hasMask ? inputs[inputs.count - 1] : nil
    let share = try checkedProduct(plan.chunk, plan.rows, layout.width)
    let projected = try floatScratch(try checkedProduct(share, plan.parts))
    let room = try checkedProduct(4, plan.rows, layout.stateWidth)
    let scratch = try floatScratch(try checkedProduct(room, plan.parts))
    let (products, productShare) = try productScratch(parts: max(plan.parts, threads))
    let last = try floatScratch(mask == nil ? 0 : try checkedProduct(kernel.batch, kernel.units))
    let (inputs, outputs) = (self.inputs, self.outputs)
    let (kernels, threads) = (self.kernels, self.threads)
    let work = { @Sendable (run: RunContext) -> RecurrentRun in
      var product = hb_product()
      product.packed = weights.input.elements(run)
      product.bias = weights.bias?.elements(run)
      (product.n, product.k, product.c_stride) = (layout.width, kernel.features, layout.width)
      product.activation = .linear
      var steps = hb_steps()
      steps.cell = cell == .simple ? hb_simple_rnn : cell == .lstm ? hb_lstm : hb_gru
      steps.units = kernel.units
      steps.packed = weights.recurrent.elements(run)
      steps.packed_candidate = weights.candidate?.elements(run)
      steps.recurrent_bias = weights.recurrentBias?.elements(run)
      steps.reset_after = spec.resetAfter ? 1 : 0
      steps.activation = activation
      steps.recurrent_activation = gate
      steps.mask_stride = kernel.time
      steps.zero_output = spec.zeroOutputForMask ? 1 : 0
      steps.output_stride = kernel.time * kernel.units
      steps.pool = run.workers?.pool
      steps.parts = run.workers == nil ? 1 : Int32(plan.shares.stepParts)
      return RecurrentRun(
        run: run, plan: plan, kernels: kernels, threads: threads, product: product, steps: steps,
        x: inputs[0].pointer(run), hiddenBefore: inputs[3].pointer(run),
        cellBefore: states == 2 ? inputs[4].pointer(run) : nil, hidden: outputs[1].pointer(run),
        cell: states == 2 ? outputs[2].pointer(run) : nil,
        lastOutput: mask == nil ? nil : last.pointer(run), mask: mask?.pointer(run),
        sequence: outputs[0].pointer(run), projected: projected.pointer(run), share: share,
        room: scratch.pointer(run), roomShare: room, products: products.pointer(run),
        productShare: productShare)
    }
    if threads == 1, plan.chunk >= kernel.time, weights.areFixed {
      settler = { run in work(run).settled }
    }
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let work = work(run)
      work.lastOutput?.update(repeating: 0, count: work.stateCount)
      run.forEachPart(plan.parts) { work.part($0) }
    }
  }

  private mutating func packedWeights(
    _ kernel: RecurrentKernel, _ layout: GateLayout, bias: Operand?
  ) throws(ExecutionError) -> RecurrentWeights {
    let (units, gates) = (kernel.units, layout.gates)
    let width = gates * units
    let isSplit = kernel.cell == .gru && !kernel.spec.resetAfter
    let first = isSplit ? GateLayout(units: units, gates: 2, kernels: kernels) : layout
    let last = GateLayout(units: units, gates: 1, kernels: kernels)
    let isDouble = kernel.cell == .gru && kernel.spec.resetAfter
    return RecurrentWeights(
      input: try packGates(
        inputs[1], layout, k: kernel.features, rowStride: width,
        panel: kernels.functions.panel / layout.lanes),
      recurrent: try packGates(inputs[2], first, k: units, rowStride: width, panel: first.gates),
      candidate: isSplit
        ? try packGates(inputs[2], last, k: units, rowStride: width, offset: 2 * units, panel: 1)
        : nil,
      bias: try bias.map { (bias) throws(ExecutionError) in
        try packGates(bias, layout, k: 1, rowStride: width, panel: layout.vectors)
      },
      recurrentBias: try (isDouble ? bias : nil).map { (bias) throws(ExecutionError) in
        try packGates(bias, layout, k: 1, rowStride: width, offset: width, panel: layout.vectors)
      })
  }
}

/// One run of a recurrent op, to be shared among threads by batch rows.
private struct RecurrentRun {
  let run: RunContext
  let plan: RecurrentPlan
  let kernels: KernelSet
  let threads: Int
  let product: hb_product
  let steps: hb_steps
  let x: UnsafeMutablePointer<Float>
  let hiddenBefore: UnsafeMutablePointer<Float>
  let cellBefore: UnsafeMutablePointer<Float>?
  let hidden: UnsafeMutablePointer<Float>
  let cell: UnsafeMutablePointer<Float>?
  let lastOutput: UnsafeMutablePointer<Float>?
  let mask: UnsafeMutablePointer<Int64>?
  let sequence: UnsafeMutablePointer<Float>
  let projected: UnsafeMutablePointer<Float>
  let share: Int
  let room: UnsafeMutablePointer<Float>
  let roomShare: Int
  let products: UnsafeMutablePointer<Float>
  let productShare: Int

  var stateCount: Int { plan.kernel.batch * plan.kernel.units }
  private var panels: Int {
    (product.n + kernels.functions.panel - 1) / kernels.functions.panel
  }

  /// The run as one step, when one thread projects all inputs at once.
  var settled: SettledStep {
    var (product, steps) = (self.product, self.steps)
    begin(&product, &steps, 0)
    set(&product, &steps, 0, start: 0, count: plan.kernel.time)
    return SettledRecurrence(
      product: product, steps: steps, stateCount: stateCount, panels: panels, scratch: products,
      kernels: kernels
    ).step
  }

  func part(_ part: Int) {
    let time = plan.kernel.time
    var (product, steps) = (self.product, self.steps)
    begin(&product, &steps, part)
    var start = 0
    // A sequence of no steps has states too.
    repeat {
      let count = min(plan.chunk, time - start)
      set(&product, &steps, part, start: start, count: count)
      if plan.parts == 1 {
        let parts = ProductParts(
          m: product.m, n: product.n, k: product.k, panels: panels, threads: threads)
        run.multiply(product, parts, kernels, products, productShare)
      } else {
        kernels.functions.product(
          &product, 0, product.m, 0, panels, products + part * productShare)
      }
      kernels.functions.steps(&steps)
      steps.hidden_before = UnsafePointer(steps.hidden)
      steps.cell_before = UnsafePointer(steps.cell_state)
      start += count
    } while start < time
  }

  /// Gives a part its states and its memory.
  private func begin(_ product: inout hb_product, _ steps: inout hb_steps, _ part: Int) {
    let rows = plan.batchRows(part)
    let units = plan.kernel.units
    let first = rows.lowerBound
    let z = projected + part * share
    product.c = z
    steps.batch = rows.count
    steps.z = UnsafePointer(z)
    steps.hidden = hidden + first * units
    steps.cell_state = cell.map { $0 + first * units }
    steps.hidden_before = UnsafePointer(hiddenBefore + first * units)
    steps.cell_before = UnsafePointer(cellBefore.map { $0 + first * units })
    steps.last_output = lastOutput.map { $0 + first * units }
    steps.scratch = room + part * roomShare
  }

  /// Sets what differs from chunk to chunk of the steps of a part.
  private func set(
    _ product: inout hb_product, _ steps: inout hb_steps, _ part: Int, start: Int, count: Int
  ) {
    let rows = plan.batchRows(part)
    let (time, features) = (plan.kernel.time, plan.kernel.features)
    let first = rows.lowerBound * time + start
    product.m = count * rows.count
    product.rows = hb_rows(
      x: x + first * features, inner: rows.count, outer_stride: features,
      row_stride: time * features, column_stride: 1)
    steps.steps = count
    steps.mask = UnsafePointer(mask.map { $0 + first })
    steps.output = sequence + first * plan.kernel.units
  }
}

internal import CHornbillKernels
import HornbillCore

/// The work of making a ``Plan``.
struct Planner {
  let graph: Graph
  let wanted: [Value]
  let fixed: FixedTensors
  let kernels: KernelSet
  let threads: Int
  let workers: WorkerPool?
  var layout = ArenaLayout()
  var steps: [Step] = []
  var settlers: [Settler?] = []
  var labels: [StepLabel] = []
  var inputs: [(number: Int, place: Operand)] = []
  var states: [(number: Int, place: Operand)] = []

  /// The place of each value that has one, by its index.
  private var places: [Int: Operand] = [:]
  /// The buffer in the arena that a value's place is in, by the value's index.
  private var buffers: [Int: Int] = [:]
  /// The offset and the bytes of each buffer.
  private var ranges: [(offset: Int, bytes: Int)] = []
  /// The readers that each buffer still has; a wanted value counts as one that never ends.
  private var readers: [Int] = []
  let nodes: [Graph.Node]
  var readerCounts: [Int: Int] = [:]

  init(
    graph: Graph, wanted: [Value], fixed: FixedTensors, kernels: KernelSet, threads: Int,
    workers: WorkerPool?
  ) {
    self.graph = graph
    self.wanted = wanted
    self.fixed = fixed
    self.kernels = kernels
    self.threads = threads
    self.workers = workers
    nodes = graph.nodes(needed: wanted)
    for node in nodes {
      for input in node.inputs { readerCounts[input.index, default: 0] += 1 }
    }
    for value in wanted { readerCounts[value.index, default: 0] += 1 }
  }

  /// Whether a value is known now.
  func isFixed(_ value: Value) -> Bool {
    if let place = places[value.index] { return place.block != nil }
    return fixed.isFixed(value)
  }

  /// The place of a value that is known now; `nil` for one that is computed at each run.
  mutating func fixedOperand(_ value: Value) throws(ExecutionError) -> Operand? {
    if let place = places[value.index] { return place.block == nil ? nil : place }
    return try fixed.operand(value)
  }

  /// The place of a value.
  mutating func operand(_ value: Value) throws(ExecutionError) -> Operand {
    if let place = places[value.index] { return place }
    guard let place = try fixed.operand(value) else {
      throw ExecutionError("a value is computed before its operands")
    }
    places[value.index] = place
    return place
  }

  // MARK: Folding

  /// Computes what depends on weights and constants alone.
  mutating func fold() throws(ExecutionError) {
    var isFixed = Set<Int>()
    var isFolded = Set<Int>()
    for node in nodes {
      switch node.op {
      case .weight, .constant: isFixed.formUnion(node.outputs.map(\.index))
      case .input, .state: break
      // A text that is new in a run is numbered in that run alone.
      case .text, .tokens: break
      default:
        guard node.inputs.allSatisfy({ isFixed.contains($0.index) }), isWorthKeeping(node) else {
          break
        }
        isFixed.formUnion(node.outputs.map(\.index))
        isFolded.formUnion(node.outputs.map(\.index))
      }
    }
    if isFolded.isEmpty { return }
    var border: [Value] = wanted.filter { isFolded.contains($0.index) }
    for node in nodes where !node.outputs.contains(where: { isFolded.contains($0.index) }) {
      border += node.inputs.filter { isFolded.contains($0.index) }
    }
    var seen = Set<Int>()
    border = border.filter { seen.insert($0.index).inserted }
    let plan = try Plan(
      graph, computing: border, fixed: fixed, kernels: kernels, threads: 1, workers: nil,
      folding: false)
    let arena = try Block(byteCount: plan.arenaByteCount)
    let context = RunContext(
      arena: arena.base, workers: nil, texts: RunTexts(fixed.texts))
    try plan.run(context)
    for (value, result) in zip(border, plan.results) {
      if result.block != nil {
        places[value.index] = result
        continue
      }
      let block = try Block(byteCount: result.byteCount)
      block.base.copyMemory(from: result.raw(context), byteCount: result.byteCount)
      places[value.index] = Operand(
        type: result.type, count: result.count, block: block, offset: 0)
    }
    self.isFolded = isFolded
  }

  private(set) var isFolded = Set<Int>()

  /// Whether the results of a node are small enough, beside its operands, to be kept for ever.
  private func isWorthKeeping(_ node: Graph.Node) -> Bool {
    var given = 1 << 18
    for input in node.inputs {
      given += Shape.elementCount(graph.type(of: input).shape) ?? 0
    }
    var results = 0
    for output in node.outputs {
      results += Shape.elementCount(graph.type(of: output).shape) ?? Int.max / 8
    }
    return results <= given
  }

  // MARK: Fusing

  /// A node with what it absorbs, by the index of the node's own result.
  var fusions: [Int: Fused] = [:]
  /// The results of nodes that another one absorbs.
  var absorbed = Set<Int>()

  // MARK: Planning

  /// What steps that run side by side give back when the last of them is made.
  struct Held {
    var makers: [StepMaker] = []
    var values: [(values: [Value], areResults: Bool)] = []
  }

  var held: Held?

  /// Gives every tensor a place and makes the steps.
  ///
  /// Inputs and states have their places first, since a run writes them before its first step.
  mutating func plan() throws(ExecutionError) {
    let running = nodes.filter { !$0.outputs.contains { isFolded.contains($0.index) } }
    for node in running where isGiven(node) { try plan(node) }
    let branches = Branches(graph: graph, threads: threads)
    for group in branches.ordered(running.filter { !isGiven($0) }) {
      if group.count > 1 {
        try plan(together: group)
      } else {
        for node in group { try plan(node) }
      }
    }
  }

  private func isGiven(_ node: Graph.Node) -> Bool {
    switch node.op {
    case .input, .state: true
    default: false
    }
  }

  mutating func plan(_ node: Graph.Node) throws(ExecutionError) {
    if let first = node.outputs.first, absorbed.contains(first.index) { return }
    switch node.op {
    case .weight, .constant: return
    case .input(let number):
      inputs.append((number, try place(node.outputs[0])))
    case .state(let number):
      states.append((number, try place(node.outputs[0])))
    case .reshape:
      try alias(node.outputs[0], to: node.inputs[0])
      try release(node.inputs)
    default:
      try planStep(node, fusions[node.outputs[0].index])
    }
    try release(node.outputs, areResults: true)
  }

  /// Makes the step of a node and of what it absorbs.
  private mutating func planStep(
    _ node: Graph.Node, _ fused: Fused?
  ) throws(ExecutionError) {
    let inputs = fused?.inputs ?? node.inputs
    let outputs = fused.map { [$0.result] } ?? node.outputs
    var operands: [Operand] = []
    for (index, input) in inputs.enumerated() {
      operands.append(
        isPacked(index, by: node.op)
          ? try packedOperand(input) : try operand(input))
    }
    var fusion = fused?.work ?? Fusion()
    if let residual = fused?.residual { fusion.residual = try operand(residual) }
    var results: [Operand] = []
    for output in outputs {
      if let donor = donor(for: node, fused) {
        try alias(output, to: donor)
        results.append(try operand(output))
      } else {
        results.append(try place(output))
      }
      // A step writes the shape of its own node, whatever reshapes it absorbs.
      if fused != nil {
        results[0] = Operand(
          type: graph.type(of: node.outputs[0]), count: results[0].count, block: nil,
          offset: results[0].offset)
      }
    }
    var maker = StepMaker(
      inputs: operands, outputs: results, layout: layout, kernels: kernels, fixed: fixed,
      threads: threads, workers: workers, fusion: fusion)
    if let factor = fusion.softmaxFactor {
      steps.append(maker.softmax(factor: factor))
    } else if let affine = fusion.affine {
      steps.append(maker.affine(affine))
    } else if let normalization = fusion.normalization {
      steps.append(maker.normalize(normalization))
    } else if let window = fusion.window, case .convolution(_, let groups) = node.op {
      steps.append(try maker.step(.convolution(window, groups: groups)))
    } else {
      steps.append(try maker.step(node.op))
    }
    settlers.append(maker.settler)
    labels.append(
      StepLabel(op: node.op.name, value: node.outputs[0], cost: OpCost(node, in: graph)))
    layout = maker.layout
    if held == nil { try maker.release(in: &layout) } else { held?.makers.append(maker) }
    for (index, operand) in operands.enumerated() where isPacked(index, by: node.op) {
      operand.block?.letGo(0..<operand.byteCount)
    }
    try release(inputs)
    if let residual = fused?.residual { try release([residual]) }
    if fused != nil { try release(outputs, areResults: true) }
  }

  /// Whether an op may read an operand once, to pack it, when it is fixed.
  private func isPacked(_ index: Int, by op: Op) -> Bool {
    switch op {
    case .matmul, .convolution, .transposedConvolution: index == 1
    case .simpleRNN, .lstm, .gru: index == 1 || index == 2
    default: false
    }
  }

  /// The place of a value that may be packed: a fixed one may lie at any address.
  private mutating func packedOperand(_ value: Value) throws(ExecutionError) -> Operand {
    if places[value.index] == nil, let place = try fixed.unalignedOperand(value) { return place }
    return try operand(value)
  }

  /// The operand whose place the result of an elementwise node, or of a product with a residual, may take.
  private func donor(for node: Graph.Node, _ fused: Fused?) -> Value? {
    guard node.outputs.count == 1 else { return nil }
    let type = graph.type(of: node.outputs[0])
    let candidates: ArraySlice<Value>
    switch node.op {
    case .matmul, .convolution:
      guard let residual = fused?.residual else { return nil }
      candidates = [residual]
    case .unary, .activation, .binary, .cast: candidates = (fused?.inputs ?? node.inputs)[...]
    case .select: candidates = node.inputs[1...]
    case .scatter: candidates = node.inputs[..<1]
    default: return nil
    }
    return candidates.first { candidate in
      guard let buffer = buffers[candidate.index], let place = places[candidate.index] else {
        return false
      }
      let inputs = fused.map { $0.inputs + [$0.residual].compactMap(\.self) } ?? node.inputs
      let ownReads = inputs.count { buffers[$0.index] == buffer }
      return place.count == Shape.elementCount(type.shape)
        && place.kind.byteCount == ElementKind(type.dtype).byteCount
        && readers[buffer] == ownReads && (ownReads == 1 || isSafeShared(node, buffer))
    }
  }

  /// Whether an op that reads one buffer through several operands may write to it: when each is read element by element.
  private func isSafeShared(_ node: Graph.Node, _ buffer: Int) -> Bool {
    if case .binary = node.op { return true }
    return false
  }

  private mutating func place(_ value: Value) throws(ExecutionError) -> Operand {
    let type = graph.type(of: value)
    guard let count = Shape.elementCount(type.shape) else {
      throw ExecutionError("the tensors of the model exceed the address space")
    }
    let bytes = try checkedProduct(count, ElementKind(type.dtype).byteCount)
    let offset = try layout.allocate(bytes)
    // Steps have tables that grow with their tensors, so that what cannot run is refused before they are made.
    guard layout.byteCount <= Memory.most else {
      throw ExecutionError("\(layout.byteCount) bytes of memory are needed, and there are fewer")
    }
    let operand = Operand(type: type, count: count, block: nil, offset: offset)
    places[value.index] = operand
    buffers[value.index] = ranges.count
    ranges.append((offset, bytes))
    readers.append(readerCounts[value.index] ?? 0)
    return operand
  }

  private mutating func alias(_ value: Value, to other: Value) throws(ExecutionError) {
    let place = try operand(other)
    places[value.index] = Operand(
      type: graph.type(of: value), count: place.count, block: place.block, offset: place.offset)
    if let buffer = buffers[other.index] {
      buffers[value.index] = buffer
      readers[buffer] += readerCounts[value.index] ?? 0
    }
  }

  /// Ends one reading of each value; results that nobody reads end at once.
  mutating func release(_ values: [Value], areResults: Bool = false) throws(ExecutionError) {
    if held != nil {
      held?.values.append((values, areResults))
      return
    }
    for value in values {
      guard let buffer = buffers[value.index] else { continue }
      if !areResults { readers[buffer] -= 1 }
      if readers[buffer] == 0 {
        try layout.release(offset: ranges[buffer].offset, bytes: ranges[buffer].bytes)
        readers[buffer] = -1
      }
    }
  }
}

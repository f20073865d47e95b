internal import CHornbillKernels
import HornbillCore

/// The steps that compute some values of a graph, with a place in one arena for every tensor on the way.
///
/// A tensor's place is used again once its last reader has run; an elementwise result takes the place of an operand that
/// dies with it. What depends on weights and constants alone is computed once, when the plan is made.
struct Plan: Sendable {
  /// The steps in order.
  let steps: [Step]
  /// What each step does.
  let labels: [StepLabel]
  /// The bytes that the arena needs.
  let arenaByteCount: Int
  /// The places of the model's inputs and states that the steps read, with their numbers.
  let inputs: [(number: Int, place: Operand)]
  let states: [(number: Int, place: Operand)]
  /// The places of the wanted values, in order.
  let results: [Operand]

  /// Plans the computation of `wanted`.
  ///
  /// - Parameter folding: whether to compute what is fixed now.
  init(
    _ graph: Graph, computing wanted: [Value], fixed: FixedTensors, kernels: KernelSet,
    threads: Int, folding: Bool = true
  ) throws(ExecutionError) {
    var planner = Planner(
      graph: graph, wanted: wanted, fixed: fixed, kernels: kernels, threads: threads)
    if folding { try planner.fold() }
    try planner.fuse()
    try planner.plan()
    steps = planner.steps
    labels = planner.labels
    arenaByteCount = planner.layout.byteCount
    inputs = planner.inputs
    states = planner.states
    var results: [Operand] = []
    for value in wanted { results.append(try planner.operand(value)) }
    self.results = results
  }

  /// Runs the steps in an arena that holds the inputs and states.
  func run(_ context: RunContext) throws(ExecutionError) {
    for step in steps { try step(context) }
  }
}

/// The work of making a ``Plan``.
private struct Planner {
  let graph: Graph
  let wanted: [Value]
  let fixed: FixedTensors
  let kernels: KernelSet
  let threads: Int
  var layout = ArenaLayout()
  var steps: [Step] = []
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
  private let nodes: [Graph.Node]
  private var readerCounts: [Int: Int] = [:]

  init(
    graph: Graph, wanted: [Value], fixed: FixedTensors, kernels: KernelSet, threads: Int
  ) {
    self.graph = graph
    self.wanted = wanted
    self.fixed = fixed
    self.kernels = kernels
    self.threads = threads
    nodes = graph.nodes(needed: wanted)
    for node in nodes {
      for input in node.inputs { readerCounts[input.index, default: 0] += 1 }
    }
    for value in wanted { readerCounts[value.index, default: 0] += 1 }
  }

  /// The place of a value that is known now; `nil` for one that is computed at each run.
  private mutating func fixedOperand(_ value: Value) throws(ExecutionError) -> Operand? {
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
      graph, computing: border, fixed: fixed, kernels: kernels, threads: 1, folding: false)
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

  private var isFolded = Set<Int>()

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

  /// A product with what it absorbs, by the index of the product's own result.
  private var fusions: [Int: (work: Fusion, result: Value)] = [:]
  /// The results of nodes that a product absorbs.
  private var absorbed = Set<Int>()

  /// Finds products whose bias and activation can be applied while their result is in the cache.
  mutating func fuse() throws(ExecutionError) {
    var users: [Int: Int] = [:]
    for (position, node) in nodes.enumerated() {
      for input in node.inputs { users[input.index] = position }
    }
    for node in nodes where isFusable(node) {
      var work = Fusion()
      var result = node.outputs[0]
      if let user = onlyUser(of: result, users), case .binary(.add) = user.op,
        let bias = try bias(of: user, beside: result)
      {
        work.bias = bias
        absorbed.insert(user.outputs[0].index)
        result = user.outputs[0]
      }
      if let user = onlyUser(of: result, users), case .activation(let activation) = user.op,
        let function = hb_activation(activation)
      {
        work.activation = function
        absorbed.insert(user.outputs[0].index)
        result = user.outputs[0]
      }
      if result != node.outputs[0] { fusions[node.outputs[0].index] = (work, result) }
    }
  }

  private func isFusable(_ node: Graph.Node) -> Bool {
    guard !isFolded.contains(node.outputs[0].index),
      graph.type(of: node.outputs[0]).dtype == .float32
    else { return false }
    let x = graph.type(of: node.inputs.first ?? node.outputs[0]).shape
    return switch node.op {
    case .matmul: true
    case .convolution, .transposedConvolution: x.count <= 5
    default: false
    }
  }

  /// The node that alone reads a value, unless the value is wanted.
  private func onlyUser(of value: Value, _ users: [Int: Int]) -> Graph.Node? {
    guard readerCounts[value.index] == 1, !wanted.contains(value) else { return nil }
    return users[value.index].map { nodes[$0] }
  }

  /// The fixed vector that an addition adds to each row of a value.
  private mutating func bias(
    of node: Graph.Node, beside value: Value
  ) throws(ExecutionError) -> Operand? {
    guard let other = node.inputs.first(where: { $0 != value }),
      graph.type(of: node.outputs[0]).shape == graph.type(of: value).shape
    else { return nil }
    let shape = graph.type(of: other).shape
    guard let width = graph.type(of: value).shape.last, shape.last == width,
      shape.dropLast().allSatisfy({ $0 == 1 }), let place = try fixedOperand(other)
    else { return nil }
    return place
  }

  // MARK: Planning

  /// Gives every tensor a place and makes the steps.
  ///
  /// Inputs and states have their places first, since a run writes them before its first step.
  mutating func plan() throws(ExecutionError) {
    let running = nodes.filter { !$0.outputs.contains { isFolded.contains($0.index) } }
    for node in running where isGiven(node) { try plan(node) }
    for node in running where !isGiven(node) { try plan(node) }
  }

  private func isGiven(_ node: Graph.Node) -> Bool {
    switch node.op {
    case .input, .state: true
    default: false
    }
  }

  private mutating func plan(_ node: Graph.Node) throws(ExecutionError) {
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
      if absorbed.contains(node.outputs[0].index) { return }
      let fusion = fusions[node.outputs[0].index]
      let outputs = fusion.map { [$0.result] } ?? node.outputs
      var operands: [Operand] = []
      for input in node.inputs { operands.append(try operand(input)) }
      var results: [Operand] = []
      for output in outputs {
        if let donor = donor(for: node) {
          try alias(output, to: donor)
          results.append(try operand(output))
        } else {
          results.append(try place(output))
        }
      }
      var maker = StepMaker(
        inputs: operands, outputs: results, layout: layout, kernels: kernels, fixed: fixed,
        threads: threads, fusion: fusion?.work ?? Fusion())
      steps.append(try maker.step(node.op))
      labels.append(
        StepLabel(op: node.op.name, value: outputs[0], cost: OpCost(node, in: graph)))
      layout = try maker.finished()
      try release(node.inputs)
      if fusion != nil { try release(outputs, isResult: true) }
    }
    try release(node.outputs, isResult: true)
  }

  /// The operand whose place the result of an elementwise node may take.
  private func donor(for node: Graph.Node) -> Value? {
    guard node.outputs.count == 1 else { return nil }
    let type = graph.type(of: node.outputs[0])
    let candidates: ArraySlice<Value>
    switch node.op {
    case .unary, .activation, .binary, .cast: candidates = node.inputs[...]
    case .select: candidates = node.inputs[1...]
    case .scatter: candidates = node.inputs[..<1]
    default: return nil
    }
    return candidates.first { candidate in
      guard let buffer = buffers[candidate.index], let place = places[candidate.index] else {
        return false
      }
      let ownReads = node.inputs.count { buffers[$0.index] == buffer }
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
  private mutating func release(_ values: [Value], isResult: Bool = false) throws(ExecutionError) {
    for value in values {
      guard let buffer = buffers[value.index] else { continue }
      if !isResult { readers[buffer] -= 1 }
      if readers[buffer] == 0 {
        try layout.release(offset: ranges[buffer].offset, bytes: ranges[buffer].bytes)
        readers[buffer] = -1
      }
    }
  }
}

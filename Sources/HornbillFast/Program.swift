package import HornbillCore

/// The plan of some values of a graph, for any number of callers at once.
///
/// A run takes an arena, writes the inputs into it, goes through the steps, and reads the results; nothing is locked and, in the forms
/// with the caller's buffers, nothing is allocated once as many arenas exist as there are callers.
package final class Program: Sendable {
  /// The types of the graph's inputs.
  package let inputs: [ValueType]
  /// The types of the computed values.
  package let outputs: [ValueType]
  private let inputSizes: [Int?]
  private let outputSizes: [Int?]
  /// The places that the steps read of the inputs, and those of the outputs.
  private let loads: [(number: Int, place: StoredPlace)]
  private let saves: [StoredPlace]
  /// What a run of one input and one output needs, for graphs that have one of each.
  private let single: Single?
  let plan: Plan
  private let workers: WorkerPool?
  private let arenas: ArenaPool
  private let texts: TextTable
  /// What a run without text has for its texts: nothing is ever added to it.
  private let noTexts: RunTexts?

  private struct Single {
    /// `nil` when no step reads the input.
    let input: StoredPlace?
    let inputSize: Int
    let output: StoredPlace
    let outputSize: Int
  }

  init(
    plan: Plan, graph: Graph, computing values: [Value], workers: WorkerPool?, texts: TextTable
  ) throws(ExecutionError) {
    self.plan = plan
    self.workers = workers
    self.texts = texts
    inputs = graph.inputs.map { graph.type(of: $0) }
    outputs = values.map { graph.type(of: $0) }
    var sizes: (inputs: [Int?], outputs: [Int?]) = ([], [])
    for type in inputs { sizes.inputs.append(try Program.storedByteCount(type)) }
    for type in outputs { sizes.outputs.append(try Program.storedByteCount(type)) }
    (inputSizes, outputSizes) = sizes
    loads = plan.inputs.map { ($0.number, StoredPlace($0.place)) }
    saves = plan.results.map { StoredPlace($0) }
    if inputs.count == 1, outputs.count == 1, let input = sizes.inputs[0],
      let output = sizes.outputs[0]
    {
      single = Single(
        input: loads.first?.place, inputSize: input, output: saves[0], outputSize: output)
    } else {
      single = nil
    }
    noTexts = graph.types.contains { $0.dtype == .string } ? nil : RunTexts(texts)
    arenas = try ArenaPool()
  }

  /// Computes the values for tensors of the inputs' types.
  package func run(
    _ tensors: [Tensor], states: [Tensor] = []
  ) throws(ExecutionError) -> [Tensor] {
    let arena = try takeArena()
    defer { arenas.giveBack(arena) }
    let context = context(arena.memory.base)
    for (number, place) in plan.inputs {
      TensorTransfer.write(
        tensors[number], to: place.raw(context), as: place.type.dtype, context.texts)
    }
    for (number, place) in plan.states {
      TensorTransfer.write(
        states[number], to: place.raw(context), as: place.type.dtype, context.texts)
    }
    try arena.memory.run(self, context)
    return plan.results.map { TensorTransfer.read($0, context) }
  }

  /// Computes the values for elements in the caller's memory, in the layout of ``StoredElements``.
  ///
  /// - Throws: ``ExecutionError`` when a buffer has not the size of its tensor, when a tensor is of text, and when a step fails.
  package func run(
    _ sources: [UnsafeRawBufferPointer], into results: [UnsafeMutableRawBufferPointer]
  ) throws(ExecutionError) {
    guard sources.count == inputs.count, results.count == outputs.count else {
      throw ExecutionError(
        input: "\(inputs.count) inputs and \(outputs.count) outputs are expected, "
          + "found \(sources.count) and \(results.count)")
    }
    for (number, source) in sources.enumerated() { try checkInput(number, source.count) }
    for (number, result) in results.enumerated() { try checkOutput(number, result.count) }
    let arena = try takeArena()
    defer { arenas.giveBack(arena) }
    let base = arena.memory.base
    for (number, place) in loads { StoredElements.load(sources[number], into: place, base) }
    try arena.memory.run(self)
    for (number, place) in saves.enumerated() {
      StoredElements.save(place, base, into: results[number])
    }
  }

  /// Computes the value of a graph with one input and one output, in the caller's memory.
  package func run(
    _ source: UnsafeRawBufferPointer, into result: UnsafeMutableRawBufferPointer
  ) throws(ExecutionError) {
    guard let single, source.count == single.inputSize, result.count == single.outputSize else {
      throw singleMisfit(source.count, result.count)
    }
    let arena = try takeArena()
    defer { arenas.giveBack(arena) }
    let base = arena.memory.base
    if let place = single.input { StoredElements.load(source, into: place, base) }
    try arena.memory.run(self)
    StoredElements.save(single.output, base, into: result)
  }

  /// Why memory of so many bytes does not serve as the input and the output.
  private func singleMisfit(_ inputBytes: Int, _ outputBytes: Int) -> ExecutionError {
    guard inputs.count == 1, outputs.count == 1 else {
      return ExecutionError(
        input: "one input and one output are given, expected are \(inputs.count) and "
          + "\(outputs.count)")
    }
    do throws(ExecutionError) {
      try checkInput(0, inputBytes)
      try checkOutput(0, outputBytes)
    } catch {
      return error
    }
    return ExecutionError(input: "text has no form in a caller's memory")
  }

  /// The bytes of the first input and of the first output; -1 for text.
  var inputSize: Int { (inputSizes.first ?? nil) ?? -1 }
  var outputSize: Int { (outputSizes.first ?? nil) ?? -1 }

  /// Refuses a buffer that has not the size of an input.
  func checkInput(_ number: Int, _ byteCount: Int) throws(ExecutionError) {
    guard byteCount == inputSizes[number] else {
      throw misfit("input \(number)", inputs[number], inputSizes[number], byteCount)
    }
  }

  /// Refuses a buffer that has not the size of an output.
  func checkOutput(_ number: Int, _ byteCount: Int) throws(ExecutionError) {
    guard byteCount == outputSizes[number] else {
      throw misfit("output \(number)", outputs[number], outputSizes[number], byteCount)
    }
  }

  private func misfit(
    _ what: String, _ type: ValueType, _ expected: Int?, _ found: Int
  ) -> ExecutionError {
    guard let expected else {
      return ExecutionError(input: "\(what): text has no form in a caller's memory")
    }
    return ExecutionError(
      input: "\(what): \(type.dtype)\(Shape(type.shape)) takes \(expected) bytes, "
        + "the buffer has \(found)")
  }

  /// The bytes that a tensor takes in a caller's memory; `nil` for text.
  private static func storedByteCount(_ type: ValueType) throws(ExecutionError) -> Int? {
    if type.dtype == .string { return nil }
    guard let count = Shape.elementCount(type.shape) else {
      throw ExecutionError("the tensors of the model exceed the address space")
    }
    return try checkedProduct(count, type.dtype.byteCount)
  }

  /// The seconds that each step takes, the least of several runs.
  package func profile(
    _ tensors: [Tensor], runs: Int
  ) throws(ExecutionError) -> [(step: StepLabel, seconds: Double)] {
    let arena = try takeArena()
    defer { arenas.giveBack(arena) }
    let context = context(arena.memory.base)
    var least = [Duration](repeating: .seconds(1 << 40), count: plan.steps.count)
    let clock = ContinuousClock()
    for _ in 0..<max(runs, 1) {
      for (number, place) in plan.inputs {
        TensorTransfer.write(
          tensors[number], to: place.raw(context), as: place.type.dtype, context.texts)
      }
      for index in plan.steps.indices {
        let start = clock.now
        try arena.memory.run(step: index, plan, context)
        least[index] = min(least[index], clock.now - start)
      }
    }
    return zip(plan.labels, least).map { ($0, $1 / .seconds(1)) }
  }

  /// Memory for runs, with the steps that are settled in it.
  func makeMemory() throws(ExecutionError) -> RunMemory {
    try RunMemory(plan, workers: workers, texts: noTexts ?? RunTexts(texts))
  }

  private func takeArena() throws(ExecutionError) -> Arena {
    try arenas.take { () throws(ExecutionError) in try makeMemory() }
  }

  /// What a run in some memory shares.
  func context(_ memory: UnsafeMutableRawPointer) -> RunContext {
    RunContext(arena: memory, workers: workers, texts: noTexts ?? RunTexts(texts))
  }
}

package import HornbillCore

/// The plan of some values of a graph, for any number of callers at once.
///
/// A run takes an arena, writes the inputs into it, goes through the steps, and reads the results; nothing is locked and, in the form
/// with the caller's buffers, nothing is allocated once as many arenas exist as there are callers.
package final class Program: Sendable {
  /// The types of the graph's inputs.
  package let inputs: [ValueType]
  /// The types of the computed values.
  package let outputs: [ValueType]
  private let inputSizes: [Int?]
  private let outputSizes: [Int?]
  let plan: Plan
  private let workers: WorkerPool?
  private let arenas: ArenaPool
  private let texts: TextTable
  /// What a run without text has for its texts: nothing is ever added to it.
  private let noTexts: RunTexts?

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
    noTexts = graph.types.contains { $0.dtype == .string } ? nil : RunTexts(texts)
    arenas = try ArenaPool(byteCount: plan.arenaByteCount)
  }

  /// Computes the values for tensors of the inputs' types.
  package func run(
    _ tensors: [Tensor], states: [Tensor] = []
  ) throws(ExecutionError) -> [Tensor] {
    let arena = try arenas.take()
    defer { arenas.giveBack(arena) }
    let context = context(arena.base)
    for (number, place) in plan.inputs {
      TensorTransfer.write(
        tensors[number], to: place.raw(context), as: place.type.dtype, context.texts)
    }
    for (number, place) in plan.states {
      TensorTransfer.write(
        states[number], to: place.raw(context), as: place.type.dtype, context.texts)
    }
    try plan.run(context)
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
    let arena = try arenas.take()
    defer { arenas.giveBack(arena) }
    let context = context(arena.base)
    for (number, place) in plan.inputs {
      StoredElements.load(sources[number], into: place, context)
    }
    try plan.run(context)
    for (number, place) in plan.results.enumerated() {
      StoredElements.save(place, context, into: results[number])
    }
  }

  /// Computes the value of a graph with one input and one output, in the caller's memory.
  package func run(
    _ source: UnsafeRawBufferPointer, into result: UnsafeMutableRawBufferPointer
  ) throws(ExecutionError) {
    guard inputs.count == 1, outputs.count == 1 else {
      throw ExecutionError(
        input: "one input and one output are given, expected are \(inputs.count) and "
          + "\(outputs.count)")
    }
    try checkInput(0, source.count)
    try checkOutput(0, result.count)
    let arena = try arenas.take()
    defer { arenas.giveBack(arena) }
    let context = context(arena.base)
    for (number, place) in plan.inputs {
      StoredElements.load(source, into: place, context)
    }
    try plan.run(context)
    StoredElements.save(plan.results[0], context, into: result)
  }

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
    let arena = try arenas.take()
    defer { arenas.giveBack(arena) }
    let context = context(arena.base)
    var least = [Duration](repeating: .seconds(1 << 40), count: plan.steps.count)
    let clock = ContinuousClock()
    for _ in 0..<max(runs, 1) {
      for (number, place) in plan.inputs {
        TensorTransfer.write(
          tensors[number], to: place.raw(context), as: place.type.dtype, context.texts)
      }
      for (index, step) in plan.steps.enumerated() {
        let start = clock.now
        try step(context)
        least[index] = min(least[index], clock.now - start)
      }
    }
    return zip(plan.labels, least).map { ($0, $1 / .seconds(1)) }
  }

  /// What a run in some memory shares.
  func context(_ memory: UnsafeMutableRawPointer) -> RunContext {
    RunContext(arena: memory, workers: workers, texts: noTexts ?? RunTexts(texts))
  }
}

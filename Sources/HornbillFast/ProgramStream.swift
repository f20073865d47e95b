package import HornbillCore

/// One run after another of a plan whose states go from each to the next, in memory of its own.
///
/// It is not Sendable: a stream belongs to one task at a time.
package final class ProgramStream {
  private let program: Program
  private let memory: Block
  private let context: RunContext
  /// The places of each state before and after a run.
  private let states: [(before: Operand, after: Operand)]

  /// - Parameter program: computes one output and, after it, what each state is at the end of a run.
  init(_ program: Program) throws(ExecutionError) {
    self.program = program
    memory = try Block(byteCount: program.plan.arenaByteCount)
    context = program.context(memory.base)
    var states: [(before: Operand, after: Operand)] = []
    for (number, place) in program.plan.states {
      let after = program.plan.results[number + 1]
      guard after.byteCount == place.byteCount else {
        throw ExecutionError("state \(number) changes its size")
      }
      states.append((place, after))
    }
    self.states = states
    reset()
  }

  /// Sets the states to zeros.
  package func reset() {
    for state in states {
      state.before.raw(context).initializeMemory(
        as: UInt8.self, repeating: 0, count: state.before.byteCount)
    }
  }

  /// Runs once, as ``Program/run(_:into:)`` does.
  ///
  /// After a failure the states are what they were before it.
  package func run(
    _ source: UnsafeRawBufferPointer, into result: UnsafeMutableRawBufferPointer
  ) throws(ExecutionError) {
    let plan = program.plan
    try program.checkInput(0, source.count)
    try program.checkOutput(0, result.count)
    for (_, place) in plan.inputs { StoredElements.load(source, into: place, context) }
    try plan.run(context)
    StoredElements.save(plan.results[0], context, into: result)
    for state in states {
      state.before.raw(context).copyMemory(
        from: state.after.raw(context), byteCount: state.before.byteCount)
    }
  }
}

extension Program {
  /// A stream of runs that begins with states of zeros.
  package func stream() throws(ExecutionError) -> ProgramStream { try ProgramStream(self) }
}

package import HornbillCore

/// One run after another of a plan whose states go from each to the next, in memory of its own.
///
/// It is not Sendable: a stream belongs to one task at a time.
package final class ProgramStream {
  private let program: Program
  private let memory: RunMemory
  private let input: StoredPlace?
  private let inputSize: Int
  private let output: StoredPlace
  private let outputSize: Int
  private let states: UnsafeMutableBufferPointer<State>

  /// The places of a state before and after a run.
  private struct State {
    let before: UnsafeMutableRawPointer
    let after: UnsafeMutableRawPointer
    let byteCount: Int
  }

  /// - Parameter program: computes one output and, after it, what each state is at the end of a run.
  init(_ program: Program) throws(ExecutionError) {
    let plan = program.plan
    guard plan.results.count == plan.states.count + 1,
      plan.states.allSatisfy({ plan.results[$0.number + 1].byteCount == $0.place.byteCount })
    else { throw ExecutionError("a state changes its size") }
    self.program = program
    memory = try program.makeMemory()
    input = plan.inputs.first.map { StoredPlace($0.place) }
    inputSize = program.inputSize
    output = StoredPlace(plan.results[0])
    outputSize = program.outputSize
    states = .allocate(capacity: plan.states.count)
    for (index, (number, place)) in plan.states.enumerated() {
      let after = StoredPlace(plan.results[number + 1])
      states.initializeElement(
        at: index,
        to: State(
          before: StoredPlace(place).raw(memory.base), after: after.raw(memory.base),
          byteCount: place.byteCount))
    }
    reset()
  }

  deinit {
    states.deallocate()
    memory.release()
  }

  /// Sets the states to zeros.
  package func reset() {
    for state in states {
      state.before.initializeMemory(as: UInt8.self, repeating: 0, count: state.byteCount)
    }
  }

  /// Runs once, as ``Program/run(_:into:)`` does.
  ///
  /// After a failure the states are what they were before it.
  package func run(
    _ source: UnsafeRawBufferPointer, into result: UnsafeMutableRawBufferPointer
  ) throws(ExecutionError) {
    guard source.count == inputSize, result.count == outputSize else {
      try program.checkInput(0, source.count)
      return try program.checkOutput(0, result.count)
    }
    let base = memory.base
    if let input { StoredElements.load(source, into: input, base) }
    try memory.run(program)
    StoredElements.save(output, base, into: result)
    for state in states {
      state.before.copyMemory(from: state.after, byteCount: state.byteCount)
    }
  }
}

extension Program {
  /// A stream of runs that begins with states of zeros.
  package func stream() throws(ExecutionError) -> ProgramStream { try ProgramStream(self) }
}

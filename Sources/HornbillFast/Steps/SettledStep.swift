import HornbillCore

/// A step whose places are settled in one arena: a function of C with its arguments.
///
/// It holds no references, so that calling it counts none.
struct SettledStep {
  /// Does the step; false when it must be refused, which is left to the step itself.
  typealias Function = @convention(c) (UnsafeRawPointer) -> Bool

  let function: Function
  let arguments: UnsafeMutableRawPointer

  /// Copies arguments, which are numbers and pointers alone, to memory that ``release()`` gives back.
  init<Arguments>(_ arguments: Arguments, _ function: Function) {
    let memory = UnsafeMutablePointer<Arguments>.allocate(capacity: 1)
    memory.initialize(to: arguments)
    self.arguments = UnsafeMutableRawPointer(memory)
    self.function = function
  }

  func release() { arguments.deallocate() }
}

/// Settles a step in the arena of a run.
typealias Settler = @Sendable (RunContext) -> SettledStep

/// An arena with the steps of a plan that are settled in it.
///
/// A value is a pointer: whoever has taken the memory is alone with it and releases it at last.
struct RunMemory {
  private struct Contents {
    let base: UnsafeMutableRawPointer
    let steps: UnsafeMutableBufferPointer<SettledStep?>
    let isSettled: Bool
  }

  private let contents: UnsafeMutablePointer<Contents>

  /// Takes memory for the runs of a plan.
  ///
  /// - Throws: ``ExecutionError`` when there is not enough.
  init(_ plan: Plan, workers: WorkerPool?, texts: RunTexts) throws(ExecutionError) {
    let base = try Memory.allocate(plan.arenaByteCount)
    let context = RunContext(arena: base, workers: workers, texts: texts)
    let steps = UnsafeMutableBufferPointer<SettledStep?>.allocate(capacity: plan.steps.count)
    for (index, settler) in plan.settlers.enumerated() {
      steps.initializeElement(at: index, to: settler?(context))
    }
    contents = .allocate(capacity: 1)
    contents.initialize(
      to: Contents(
        base: base, steps: steps, isSettled: plan.settlers.allSatisfy { $0 != nil }))
  }

  /// The memory behind an address that ``address`` gave.
  init(at address: UnsafeMutableRawPointer) {
    contents = address.assumingMemoryBound(to: Contents.self)
  }

  var address: UnsafeMutableRawPointer { UnsafeMutableRawPointer(contents) }

  /// The arena.
  var base: UnsafeMutableRawPointer { contents.pointee.base }

  /// Runs the steps of the program that the memory is for, in an arena that holds the inputs and states.
  @inline(__always)
  func run(_ program: Program) throws(ExecutionError) {
    guard contents.pointee.isSettled else { return try run(program, program.context(base)) }
    let steps = contents.pointee.steps
    for index in 0..<steps.count {
      if let step = steps[index], !step.function(step.arguments) {
        try program.plan.steps[index](program.context(base))
      }
    }
  }

  /// Runs the steps with what they share.
  func run(_ program: Program, _ context: RunContext) throws(ExecutionError) {
    for index in program.plan.steps.indices { try run(step: index, program.plan, context) }
  }

  /// Runs one step of the plan.
  func run(step index: Int, _ plan: Plan, _ context: RunContext) throws(ExecutionError) {
    if let step = contents.pointee.steps[index], step.function(step.arguments) { return }
    try plan.steps[index](context)
  }

  /// Gives the memory back.
  func release() {
    Memory.release(contents.pointee.base)
    for step in contents.pointee.steps { step?.release() }
    contents.pointee.steps.deallocate()
    contents.deallocate()
  }
}

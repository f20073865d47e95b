internal import CHornbillKernels
import HornbillCore

/// The steps that compute some values of a graph, with a place in one arena for every tensor on the way.
///
/// A tensor's place is used again once its last reader has run; an elementwise result takes the place of an operand that
/// dies with it. What depends on weights and constants alone is computed once, when the plan is made.
struct Plan: Sendable {
  /// The steps in order.
  let steps: [Step]
  /// What settles each step in an arena; `nil` for steps that take what a run shares.
  let settlers: [Settler?]
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
  /// - Parameters:
  ///   - threads: the threads that a run may use.
  ///   - workers: threads that help with the plan itself.
  ///   - folding: whether to compute what is fixed now.
  init(
    _ graph: Graph, computing wanted: [Value], fixed: FixedTensors, kernels: KernelSet,
    threads: Int, workers: WorkerPool?, folding: Bool = true
  ) throws(ExecutionError) {
    var planner = Planner(
      graph: graph, wanted: wanted, fixed: fixed, kernels: kernels, threads: threads,
      workers: workers)
    if folding { try planner.fold() }
    try planner.fuse()
    try planner.plan()
    steps = planner.steps
    settlers = planner.settlers
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

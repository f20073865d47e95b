package import HornbillCore
import Synchronization

/// Runs a graph in `Float`, with planned memory and kernels chosen for the machine.
///
/// Tensors of half types are held in `Float` during a run, and rounded where they leave it. `float64` tensors are computed in `Double`,
/// integers exactly.
package final class FastExecutor: Executor {
  private let graph: Graph
  private let fixed: FixedTensors
  private let kernels: KernelSet
  private let workers: WorkerPool?
  private let programs = Mutex<[[Value]: Program]>([:])

  /// The plans that are kept.
  private static let keptPrograms = 32

  /// The names of the kernel sets that the machine runs, the fastest first.
  package static var kernelSets: [String] { KernelSet.available.map(\.name) }

  package convenience init(
    graph: Graph, threads: Int,
    weights: (WeightID) throws(ExecutionError) -> Tensor
  ) throws(ExecutionError) {
    try self.init(
      graph: graph, threads: threads, kernels: KernelSet.selected().name, weights: weights)
  }

  /// Prepares a graph for one kernel set.
  package init(
    graph: Graph, threads: Int, kernels name: String,
    weights: (WeightID) throws(ExecutionError) -> Tensor
  ) throws(ExecutionError) {
    self.graph = graph
    kernels = try KernelSet.named(name)
    workers = WorkerPool(threads: threads)
    var tensors: [Int: Tensor] = [:]
    for node in graph.nodes {
      switch node.op {
      case .constant(let number): tensors[node.outputs[0].index] = graph.constants[number]
      case .weight(let slot):
        let value = node.outputs[0]
        if tensors[value.index] != nil { continue }
        let tensor = try weights(graph.weights[slot])
        try FastExecutor.check(tensor, graph.type(of: value), "weight \(slot)", isLenient: false)
        tensors[value.index] = tensor
      default: break
      }
    }
    fixed = FixedTensors(tensors)
  }

  package func run(
    inputs: [Tensor], states: [Tensor], computing values: [Value]
  ) throws(ExecutionError) -> [Tensor] {
    try check(inputs: inputs, states: states)
    return try program(computing: values).run(inputs, states: states)
  }

  /// The plan of some values, made when it is first wanted.
  package func program(computing values: [Value]) throws(ExecutionError) -> Program {
    if let program = programs.withLock({ $0[values] }) { return program }
    let plan = try Plan(
      graph, computing: values, fixed: fixed, kernels: kernels, threads: workers?.threads ?? 1,
      workers: workers)
    let program = try Program(
      plan: plan, graph: graph, computing: values, workers: workers, texts: fixed.texts)
    programs.withLock {
      if $0.count >= FastExecutor.keptPrograms { $0.removeAll() }
      $0[values] = program
    }
    return program
  }

  private func check(inputs: [Tensor], states: [Tensor]) throws(ExecutionError) {
    guard inputs.count == graph.inputs.count, states.count == graph.states.count else {
      throw ExecutionError(
        "\(graph.inputs.count) inputs and \(graph.states.count) states are expected, "
          + "found \(inputs.count) and \(states.count)")
    }
    for (number, tensor) in inputs.enumerated() {
      try FastExecutor.check(
        tensor, graph.type(of: graph.inputs[number]), "input \(number)", isLenient: false)
    }
    for (number, tensor) in states.enumerated() {
      try FastExecutor.check(
        tensor, graph.type(of: graph.states[number].initial), "state \(number)", isLenient: true)
    }
  }

  private static func check(
    _ tensor: Tensor, _ type: ValueType, _ name: @autoclosure () -> String, isLenient: Bool
  ) throws(ExecutionError) {
    let isWidened = isLenient && tensor.dtype == .float64 && type.dtype.isFloatingPoint
    guard tensor.shape == type.shape, tensor.dtype == type.dtype || isWidened else {
      throw ExecutionError(
        "\(name()): expected \(type.dtype)\(Shape(type.shape)), "
          + "found \(tensor.dtype)\(Shape(tensor.shape))")
    }
  }
}

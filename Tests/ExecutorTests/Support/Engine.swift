import HornbillCore
import HornbillFast
import HornbillReference
import Testing

/// An executor under test.
struct Engine: Sendable, CustomTestStringConvertible {
  let name: String
  /// The kernel set of the fast executor; `nil` for the reference.
  private let kernels: String?

  /// Every executor, the reference first; each suite runs on all of them.
  static let all =
    [Engine(name: "reference", kernels: nil)]
    + FastExecutor.kernelSets.map {
      Engine(name: "fast, \($0)", kernels: $0)
    }

  /// Whether the results of `float32` operands are `float32`.
  var roundsToFloat32: Bool { name != "reference" }

  var testDescription: String { name }

  /// An executor of a graph; `weights` are in the order of the graph's slots.
  func executor(
    _ graph: Graph, weights: [Tensor] = [], threads: Int = 1
  ) throws(ExecutionError) -> any Executor {
    let variable = { (id: WeightID) throws(ExecutionError) -> Tensor in
      guard let slot = graph.weights.firstIndex(of: id), slot < weights.count else {
        throw ExecutionError("the test gives no such variable")
      }
      return weights[slot]
    }
    guard let kernels else {
      return try ReferenceExecutor(graph: graph, threads: threads, weights: variable)
    }
    return try FastExecutor(graph: graph, threads: threads, kernels: kernels, weights: variable)
  }

  /// The results of one op.
  func results(of op: Op, _ operands: [Tensor], threads: Int = 1) throws -> [Tensor] {
    var builder = GraphBuilder()
    let inputs = operands.map {
      builder.input(ValueType(shape: $0.shape, dtype: $0.dtype))
    }
    let outputs = try builder.add(op, inputs)
    let graph = builder.finished(outputs: outputs)
    return try executor(graph, threads: threads).run(
      inputs: operands, states: [], computing: outputs)
  }
}

import HornbillCore
import HornbillFast
import HornbillReference
import Testing

/// An executor under test.
struct Engine: Sendable, CustomTestStringConvertible {
  let name: String
  private let type: any Executor.Type

  /// Every executor; each suite runs on all of them.
  static let all = [
    Engine(name: "reference", type: ReferenceExecutor.self),
    Engine(name: "fast", type: FastExecutor.self),
  ]

  /// Whether the results of `float32` operands are `float32`.
  var roundsToFloat32: Bool { name != "reference" }

  var testDescription: String { name }

  /// An executor of a graph; `weights` are in the order of the graph's slots.
  func executor(
    _ graph: Graph, weights: [Tensor] = [], threads: Int = 1
  ) throws(ExecutionError) -> any Executor {
    try type.init(graph: graph, threads: threads) { id throws(ExecutionError) in
      guard let slot = graph.weights.firstIndex(of: id), slot < weights.count else {
        throw ExecutionError("the test gives no such variable")
      }
      return weights[slot]
    }
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

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
  ///
  /// - Parameter fixed: whether all operands but the first are weights.
  func results(
    of op: Op, _ operands: [Tensor], threads: Int = 1, fixed: Bool = false
  ) throws -> [Tensor] {
    var builder = GraphBuilder()
    let owner = ObjectIdentifier(Engine.self)
    let values = operands.enumerated().map { index, operand in
      let type = ValueType(shape: operand.shape, dtype: operand.dtype)
      return fixed && index > 0
        ? builder.weight(WeightID(layer: owner, index: index), type) : builder.input(type)
    }
    let outputs = try builder.add(op, values)
    let graph = builder.finished(outputs: outputs)
    return try executor(
      graph, weights: fixed ? Array(operands.dropFirst()) : [], threads: threads
    ).run(inputs: fixed ? Array(operands.prefix(1)) : operands, states: [], computing: outputs)
  }

  /// Plans some values; nothing is left to do for the reference, which has no plans.
  func plan(_ graph: Graph, _ values: [Value], threads: Int = 1) throws {
    if let executor = try executor(graph, threads: threads) as? FastExecutor {
      _ = try executor.program(computing: values)
    }
  }
}

import HornbillCore
import Testing

/// What runs side by side: recurrent ops that do not need each other, and products over leading axes.
@Suite struct BranchTests {
  private static let (time, features, units) = (80, 4, 24)

  /// Two directions over one sequence, their sum, and a third layer over the sum that has to wait.
  @Test(arguments: Engine.all, [2, 3, 8])
  func directions(engine: Engine, threads: Int) throws {
    let (graph, outputs) = try BranchTests.graph()
    let inputs = BranchTests.inputs()
    let alone = try engine.executor(graph).run(inputs: inputs, states: [], computing: outputs)
    let shared = try engine.executor(graph, threads: threads)
    for _ in 0..<20 {
      let results = try shared.run(inputs: inputs, states: [], computing: outputs)
      #expect(results == alone)
    }
  }

  /// Callers at once, of whom one has the threads.
  @Test(arguments: Engine.all)
  func callersAtOnce(engine: Engine) async throws {
    let (graph, outputs) = try BranchTests.graph()
    let inputs = BranchTests.inputs()
    let executor = try engine.executor(graph, threads: 2)
    let alone = try executor.run(inputs: inputs, states: [], computing: outputs)
    try await withThrowingTaskGroup(of: [Tensor].self) { group in
      for _ in 0..<8 {
        group.addTask { try executor.run(inputs: inputs, states: [], computing: outputs) }
      }
      for try await results in group { #expect(results == alone) }
    }
  }

  /// Products of several heads, each by one thread; the right operand is the same for some of them.
  @Test(arguments: Engine.all, [[3, 5], [1, 5], [3, 1]])
  func heads(engine: Engine, leading: [Int]) throws {
    let a = Tensor.sample([3, 5, 33, 20], seed: 71)
    let b = Tensor.sample(leading + [20, 40], seed: 72)
    let op = Op.matmul(transposeA: false, transposeB: false)
    let alone = try engine.results(of: op, [a, b])
    for threads in [2, 3, 4] {
      #expect(try engine.results(of: op, [a, b], threads: threads) == alone)
    }
  }

  private static func inputs() -> [Tensor] {
    let shapes = [
      [1, time, features], [features, 4 * units], [units, 4 * units], [1, units],
      [units, 4 * units],
    ]
    return shapes.enumerated().map { number, shape in
      let numbers = Tensor.sample(shape, seed: 60 + number).doubles ?? []
      return Tensor.numbers(shape, numbers.map { $0 / 64 })
    }
  }

  private static func graph() throws -> (graph: Graph, outputs: [Value]) {
    var builder = GraphBuilder()
    let values = inputs().map { builder.input(ValueType(shape: $0.shape, dtype: $0.dtype)) }
    let (x, kernel, recurrent, state, wide) = (
      values[0], values[1], values[2], values[3], values[4]
    )
    let spec = RecurrentSpec(
      activation: .tanh, recurrentActivation: .sigmoid, hasBias: false, hasMask: false,
      zeroOutputForMask: false)
    let reversal = Op.slice(
      starts: [0, time - 1, 0], counts: [1, time, features], strides: [1, -1, 1])
    let forward = try builder.add(.lstm(spec), [x, kernel, recurrent, state, state])
    let reversed = try builder.add(reversal, [x])
    let backward = try builder.add(
      .lstm(spec), [reversed[0], kernel, recurrent, state, state])
    let sum = try builder.add(.binary(.add), [forward[0], backward[0]])
    let last = try builder.add(.lstm(spec), [sum[0], wide, recurrent, forward[1], backward[2]])
    let outputs = [forward[0], backward[0], last[0], last[2]]
    return (builder.finished(outputs: outputs), outputs)
  }
}

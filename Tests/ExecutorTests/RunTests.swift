import HornbillCore
import Testing

/// Graphs of several nodes: what runs, what is kept, and what a caller may ask for.
@Suite struct RunTests {
  private final class Owner {}

  private let x = Tensor(shape: [2, 3], [1, -2, 3, -4, 5, -6] as [Float])

  /// `relu(x · w + b)`, with every value on the way.
  private func dense(
    _ builder: inout GraphBuilder, owner: ObjectIdentifier
  ) throws -> (values: [Value], weights: [Tensor]) {
    let input = builder.input(ValueType(shape: [2, 3], dtype: .float32))
    let w = builder.weight(
      WeightID(layer: owner, index: 0), ValueType(shape: [3, 2], dtype: .float32))
    let b = builder.weight(WeightID(layer: owner, index: 1), ValueType(shape: [2], dtype: .float32))
    let product = try builder.matmul(input, w)
    let sum = try builder.add(product, b)
    let output = try builder.activation(.relu(), sum)
    let weights = [
      Tensor(shape: [3, 2], [1, 2, 0, 1, -1, 1] as [Float]),
      Tensor(shape: [2], [10, -3] as [Float]),
    ]
    return ([input, w, b, product, sum, output], weights)
  }

  /// Whatever subset of a chain is wanted, in whatever order, every value is right.
  @Test(
    arguments: Engine.all,
    [
      [5], [4], [3], [3, 5], [5, 4, 3], [0], [0, 0, 5], [1, 2], [4, 5, 0, 3],
    ])
  func anyValueCanBeAskedFor(engine: Engine, wanted: [Int]) throws {
    let owner = Owner()
    var builder = GraphBuilder()
    let (values, weights) = try dense(&builder, owner: ObjectIdentifier(owner))
    let executor = try engine.executor(
      builder.finished(outputs: [values[5]]), weights: weights)
    let expected: [[Double]] = [
      [1, -2, 3, -4, 5, -6], [1, 2, 0, 1, -1, 1], [10, -3], [-2, 3, 2, -9], [8, 0, 12, -12],
      [8, 0, 12, 0],
    ]
    for _ in 0..<2 {
      let found = try executor.run(
        inputs: [x], states: [], computing: wanted.map { values[$0] })
      #expect(found.map(\.doubles) == wanted.map { expected[$0] })
    }
  }

  @Test(arguments: Engine.all)
  func operandsOutliveWorkInPlace(engine: Engine) throws {
    var builder = GraphBuilder()
    let input = builder.input(ValueType(shape: [2, 3], dtype: .float32))
    let a = try builder.unary(.negate, input)
    let b = try builder.unary(.absolute, a)
    let c = try builder.add(a, a)
    let d = try builder.multiply(c, b)
    let e = try builder.add(d, input)
    let executor = try engine.executor(builder.finished(outputs: [e]))
    let found = try executor.run(inputs: [x], states: [], computing: [e, a])
    #expect(found[0].doubles == [-1, 6, -15, 28, -45, 66])
    #expect(found[1].doubles == [-1, 2, -3, 4, -5, 6])
    #expect(x.doubles == [1, -2, 3, -4, 5, -6])
  }

  /// Views of one operand by several movements do not disturb each other.
  @Test(arguments: Engine.all)
  func movementsShareAnOperand(engine: Engine) throws {
    var builder = GraphBuilder()
    let input = builder.input(ValueType(shape: [2, 3], dtype: .float32))
    let flat = try builder.reshape(input, to: [6])
    let negated = try builder.unary(.negate, flat)
    let turned = try builder.transpose(input, [1, 0])
    let sum = try builder.add(try builder.reshape(turned, to: [6]), negated)
    let executor = try engine.executor(builder.finished(outputs: [sum, flat]))
    let found = try executor.run(inputs: [x], states: [], computing: [sum, flat])
    #expect(found[0].doubles == [0, -2, -5, 9, -2, 0])
    #expect(found[1].doubles == [1, -2, 3, -4, 5, -6])
  }

  @Test(arguments: Engine.all)
  func statesGoInAndComeOut(engine: Engine) throws {
    var builder = GraphBuilder()
    let input = builder.input(ValueType(shape: [1], dtype: .float32))
    let state = builder.state(shape: [1], dtype: .float32)
    let next = try builder.add(input, state.value)
    builder.setState(state, to: next)
    let executor = try engine.executor(builder.finished(outputs: [next]))
    var current = Tensor(shape: [1], [0] as [Float])
    for expected in [1.0, 2, 3] {
      current = try executor.run(
        inputs: [Tensor(shape: [1], [1] as [Float])], states: [current], computing: [next])[0]
      #expect(current.doubles == [expected])
    }
    let wide = try executor.run(
      inputs: [Tensor(shape: [1], [1] as [Float])], states: [Tensor(shape: [1], [0.5] as [Double])],
      computing: [next])
    #expect(wide[0].doubles == [1.5])
  }

  @Test(arguments: Engine.all)
  func unneededNodesDoNotRun(engine: Engine) throws {
    var builder = GraphBuilder()
    let table = builder.constant(Tensor(shape: [2], [1, 2] as [Float]))
    let index = builder.constant(Tensor(shape: [1], integers: [5], dtype: .int32))
    let broken = try builder.gather(table, index, axis: 0)
    let doubled = try builder.add(table, table)
    let executor = try engine.executor(builder.finished(outputs: [broken, doubled]))
    let found = try executor.run(inputs: [], states: [], computing: [doubled])
    #expect(found[0].doubles == [2, 4])
    #expect(throws: ExecutionError.self) {
      try executor.run(inputs: [], states: [], computing: [broken])
    }
  }

  @Test(arguments: Engine.all.filter(\.roundsToFloat32))
  func twoThreadsGiveWhatOneGives(engine: Engine) throws {
    let a = Tensor.sample([150, 200], seed: 1)
    let b = Tensor.sample([200, 130], seed: 2)
    let product = Op.matmul(transposeA: false, transposeB: false)
    let one = try engine.results(of: product, [a, b], threads: 1)
    let two = try engine.results(of: product, [a, b], threads: 2)
    #expect(one == two)
  }
}

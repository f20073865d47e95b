import HornbillCore
import Testing

/// Tensors without elements: a batch of nothing, no time steps, no columns.
@Suite struct EmptyTests {
  @Test(arguments: Engine.all)
  func elementwise(engine: Engine) throws {
    let none = Tensor(shape: [0, 3], [Float]())
    try expect(engine, .unary(.exp), [none], shapes: [[0, 3]])
    try expect(engine, .activation(.softmax), [none], shapes: [[0, 3]])
    try expect(
      engine, .activation(.softmax), [Tensor(shape: [3, 0], [Float]())], shapes: [[3, 0]])
    try expect(
      engine, .binary(.add), [none, Tensor(shape: [3], [1, 2, 3] as [Float])], shapes: [[0, 3]])
    try expect(engine, .cast(.int32), [none], shapes: [[0, 3]])
    try expect(
      engine, .select, [Tensor(shape: [0, 1], integers: [], dtype: .bool), none, none],
      shapes: [[0, 3]])
  }

  @Test(arguments: Engine.all)
  func movement(engine: Engine) throws {
    let none = Tensor(shape: [0, 3], [Float]())
    let some = Tensor(shape: [2, 3], [1, 2, 3, 4, 5, 6] as [Float])
    try expect(engine, .reshape([5, 0]), [none], shapes: [[5, 0]])
    try expect(engine, .transpose([1, 0]), [none], shapes: [[3, 0]])
    try expect(engine, .broadcast([4, 0, 3]), [none], shapes: [[4, 0, 3]])
    let joined = try engine.results(of: .concatenate(axis: 0), [none, some, none])[0]
    #expect(joined.shape == [2, 3])
    #expect(joined.doubles == some.doubles)
    try expect(
      engine, .slice(starts: [0, 3], counts: [2, 0], strides: [1, 1]), [some], shapes: [[2, 0]])
    let padded = try engine.results(
      of: .pad(before: [1, 0], after: [1, 0], mode: .constant(7)), [none])[0]
    #expect(padded.shape == [2, 3])
    #expect(padded.doubles == [Double](repeating: 7, count: 6))
    let noIndex = Tensor(shape: [0], integers: [], dtype: .int32)
    try expect(engine, .gather(axis: 1, negative: false), [some, noIndex], shapes: [[2, 0]])
    let scattered = try engine.results(
      of: .scatter(.add), [some, Tensor(shape: [0, 1], integers: []), none])[0]
    #expect(scattered.doubles == some.doubles)
  }

  @Test(arguments: Engine.all)
  func folding(engine: Engine) throws {
    let none = Tensor(shape: [2, 0], [Float]())
    try expect(engine, .accumulate(.sum, axis: 1, reverse: false), [none], shapes: [[2, 0]])
    try expect(engine, .sort(descending: false), [none], shapes: [[2, 0], [2, 0]])
    try expect(
      engine, .argReduce(.maximum, axis: 1), [Tensor(shape: [0, 2], [Float]())], shapes: [[0]])
    let mean = try engine.results(of: .reduce(.mean, axes: [1], keepDimensions: false), [none])[0]
    #expect(try #require(mean.doubles).allSatisfy(\.isNaN))
    let truths = Tensor(shape: [1, 0], integers: [], dtype: .bool)
    #expect(
      try engine.results(of: .reduce(.all, axes: [1], keepDimensions: false), [truths])[0].integers
        == [1])
    #expect(
      try engine.results(of: .reduce(.any, axes: [1], keepDimensions: false), [truths])[0].integers
        == [0])
    let whole = Tensor(shape: [1, 0], integers: [], dtype: .int8)
    let greatest = try engine.results(
      of: .reduce(.maximum, axes: [1], keepDimensions: false), [whole])[0]
    #expect(greatest.integers == [-128])
  }

  @Test(arguments: Engine.all)
  func products(engine: Engine) throws {
    let product = Op.matmul(transposeA: false, transposeB: false)
    let zeros = try engine.results(
      of: product, [Tensor(shape: [2, 0], [Float]()), Tensor(shape: [0, 3], [Float]())])[0]
    #expect(zeros.shape == [2, 3])
    #expect(zeros.doubles == [Double](repeating: 0, count: 6))
    let window = WindowSpec(
      size: [3], strides: [1], dilations: [1], paddingBefore: [0], paddingAfter: [0])
    let kernel = Tensor(shape: [3, 1, 2], [Float](repeating: 1, count: 6))
    try expect(
      engine, .convolution(window, groups: 1), [Tensor(shape: [0, 5, 1], [Float]()), kernel],
      shapes: [[0, 3, 2]])
    try expect(
      engine, .pool(.average, window), [Tensor(shape: [0, 5, 1], [Float]())], shapes: [[0, 3, 1]])
  }

  @Test(arguments: Engine.all)
  func recurrence(engine: Engine) throws {
    let kernel = Tensor.sample([3, 8], seed: 1)
    let recurrent = Tensor.sample([2, 8], seed: 2)
    let spec = RecurrentSpec(
      activation: .tanh, recurrentActivation: .sigmoid, hasBias: false, hasMask: false,
      zeroOutputForMask: false)
    let state = Tensor.sample([4, 2], seed: 3)
    let noTime = try engine.results(
      of: .lstm(spec), [Tensor(shape: [4, 0, 3], [Float]()), kernel, recurrent, state, state])
    #expect(noTime.map(\.shape) == [[4, 0, 2], [4, 2], [4, 2]])
    #expect(noTime[1].doubles == state.doubles)
    #expect(noTime[2].doubles == state.doubles)
    let none = Tensor(shape: [0, 2], [Float]())
    try expect(
      engine, .lstm(spec), [Tensor(shape: [0, 5, 3], [Float]()), kernel, recurrent, none, none],
      shapes: [[0, 5, 2], [0, 2], [0, 2]])
  }

  private func expect(
    _ engine: Engine, _ op: Op, _ operands: [Tensor], shapes: [[Int]],
    at location: SourceLocation = #_sourceLocation
  ) throws {
    let found = try engine.results(of: op, operands).map(\.shape)
    #expect(found == shapes, sourceLocation: location)
  }
}

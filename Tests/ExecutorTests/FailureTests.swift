import HornbillCore
import Testing

/// What data can make fail while a graph runs, and what a graph refuses to hold.
@Suite struct FailureTests {
  private final class Owner {}

  private let table = Tensor(shape: [3, 2], [1, 2, 3, 4, 5, 6] as [Float])

  private func indices(_ values: [Int64], _ dtype: DType = .int32) -> Tensor {
    Tensor(shape: [values.count], integers: values, dtype: dtype)
  }

  // MARK: Running

  @Test(arguments: Engine.all, [3, 17, -1, Int64(Int32.max), Int64(Int32.min)])
  func gatherOutside(engine: Engine, index: Int64) {
    let error = #expect(throws: ExecutionError.self) {
      try engine.results(of: .gather(axis: 0, negative: false), [table, indices([0, index])])
    }
    #expect(error?.detail.hasPrefix("index \(index) is outside 0..<3") == true)
    #expect(error?.detail.contains("\n") == false)
  }

  @Test(arguments: Engine.all, [2, -3, Int64.max, Int64.min])
  func gatherOutsideWithNegativeIndices(engine: Engine, index: Int64) {
    let error = #expect(throws: ExecutionError.self) {
      try engine.results(of: .gather(axis: 1, negative: true), [table, indices([index], .int64)])
    }
    #expect(error?.detail.hasPrefix("index \(index) is outside -2..<2") == true)
  }

  @Test(arguments: Engine.all)
  func gatherFromNothing(engine: Engine) {
    #expect(throws: ExecutionError.self) {
      try engine.results(
        of: .gather(axis: 0, negative: false), [Tensor(shape: [0, 2], [Float]()), indices([0])])
    }
  }

  @Test(arguments: Engine.all)
  func gatherByHugeUnsignedIndex(engine: Engine) {
    let error = #expect(throws: ExecutionError.self) {
      try engine.results(of: .gather(axis: 0, negative: true), [table, indices([-1], .uint64)])
    }
    #expect(error?.detail.hasPrefix("index 18446744073709551615 is outside") == true)
  }

  @Test(arguments: Engine.all, [3, -4, Int64.max])
  func gatherElementsOutside(engine: Engine, index: Int64) {
    let positions = Tensor(shape: [1, 2], integers: [0, index])
    #expect(throws: ExecutionError.self) {
      try engine.results(of: .gatherElements(axis: 0), [table, positions])
    }
  }

  @Test(arguments: Engine.all, [[3, 0], [-1, 0], [0, 2], [Int64.max, Int64.max]])
  func scatterDropsWhatLiesOutside(engine: Engine, place: [Int64]) throws {
    let updates = Tensor(shape: [1], [9] as [Float])
    let result = try engine.results(
      of: .scatter(.update), [table, Tensor(shape: [1, 2], integers: place), updates])[0]
    #expect(result.doubles == table.doubles)
  }

  @Test(arguments: Engine.all, [BinaryOp.floorDivide, .modulo, .remainder])
  func integerDivisionByZero(engine: Engine, op: BinaryOp) {
    for dtype in [DType.int32, .uint64] {
      #expect(throws: ExecutionError.self) {
        try engine.results(of: .binary(op), [indices([7, 7], dtype), indices([2, 0], dtype)])
      }
    }
  }

  @Test(arguments: Engine.all)
  func integerToNegativePower(engine: Engine) {
    #expect(throws: ExecutionError.self) {
      try engine.results(of: .binary(.power), [indices([7]), indices([-1])])
    }
  }

  @Test(arguments: Engine.all, [BinaryOp.bitwiseAnd, .leftShift])
  func bitsOfFractions(engine: Engine, op: BinaryOp) {
    #expect(throws: ExecutionError.self) {
      try engine.results(of: .binary(op), [table, table])
    }
  }

  /// What the memory cannot hold is refused before steps make tables of its size.
  @Test(arguments: Engine.all.filter(\.roundsToFloat32))
  func moreThanTheMemoryHolds(engine: Engine) throws {
    let ops: [Op] = [
      .pad(before: [0, 1 << 45], after: [0, 0], mode: .constant(0)),
      .broadcast([1 << 45, 2]),
    ]
    for op in ops {
      let input = Tensor(shape: [1, 2], [1, 2] as [Float])
      let error = #expect(throws: ExecutionError.self) { try engine.results(of: op, [input]) }
      #expect(error?.detail.contains("bytes of memory are needed") == true)
    }
  }

  @Test(arguments: Engine.all)
  func wrongInputs(engine: Engine) throws {
    var builder = GraphBuilder()
    let input = builder.input(ValueType(shape: [3, 2], dtype: .float32))
    let output = try builder.unary(.exp, input)
    let executor = try engine.executor(builder.finished(outputs: [output]))
    let wrong: [[Tensor]] = [
      [], [table, table], [table.reshaped([2, 3])], [table.converted(to: .float64)],
      [Tensor(shape: [3, 2], integers: [1, 2, 3, 4, 5, 6])],
    ]
    for inputs in wrong {
      #expect(throws: ExecutionError.self) {
        try executor.run(inputs: inputs, states: [], computing: [output])
      }
    }
    #expect(throws: ExecutionError.self) {
      try executor.run(inputs: [table], states: [table], computing: [output])
    }
  }

  @Test(arguments: Engine.all)
  func missingAndMisshapenWeights(engine: Engine) throws {
    var builder = GraphBuilder()
    let owner = Owner()
    let id = WeightID(layer: ObjectIdentifier(owner), index: 0)
    let weight = builder.weight(id, ValueType(shape: [3, 2], dtype: .float32))
    let graph = builder.finished(outputs: [weight])
    #expect(throws: ExecutionError.self) { _ = try engine.executor(graph) }
    #expect(throws: ExecutionError.self) {
      _ = try engine.executor(graph, weights: [table.reshaped([2, 3])])
    }
    #expect(throws: ExecutionError.self) {
      _ = try engine.executor(graph, weights: [table.converted(to: .float64)])
    }
  }

  @Test(arguments: Engine.all)
  func tensorsBeyondMemory(engine: Engine) throws {
    var builder = GraphBuilder()
    let value = try builder.full(1, shape: [1 << 40, 1 << 20], .float32)
    let graph = builder.finished(outputs: [value])
    #expect(throws: ExecutionError.self) {
      try engine.executor(graph).run(inputs: [], states: [], computing: [value])
    }
  }

  // MARK: Building

  @Test(arguments: Refusal.all)
  func misfitsAreRefused(refusal: Refusal) {
    var builder = GraphBuilder()
    let inputs = refusal.operands.map { builder.input($0) }
    let error = #expect(throws: LayerError.self) { try builder.add(refusal.op, inputs) }
    #expect(error?.code.description == "shape")
    #expect(error?.detail.contains("\n") == false)
  }
}

/// An op with operands that do not fit it.
struct Refusal: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let op: Op
  let operands: [ValueType]

  init(_ name: String, _ op: Op, _ operands: [ValueType]) {
    testDescription = name
    self.op = op
    self.operands = operands
  }

  private static func float(_ shape: Int...) -> ValueType {
    ValueType(shape: shape, dtype: .float32)
  }

  private static func window(
    _ size: [Int], strides: [Int] = [1], dilations: [Int] = [1], before: [Int] = [0]
  ) -> WindowSpec {
    WindowSpec(
      size: size, strides: strides, dilations: dilations, paddingBefore: before, paddingAfter: [0])
  }

  private static let rnn = RecurrentSpec(
    activation: .tanh, hasBias: true, hasMask: false, zeroOutputForMask: false)

  static let all: [Refusal] = {
    let text = ValueType(shape: [2], dtype: .string)
    let whole = ValueType(shape: [2], dtype: .int32)
    let truth = ValueType(shape: [2], dtype: .bool)
    return [
      Refusal("no operand", .unary(.exp), []),
      Refusal("exp of integers", .unary(.exp), [whole]),
      Refusal("exp of text", .unary(.exp), [text]),
      Refusal("bits of fractions", .unary(.bitwiseNot), [float(2)]),
      Refusal("an activation of integers", .activation(.tanh), [whole]),
      Refusal("a sum of two types", .binary(.add), [float(2), whole]),
      Refusal("a sum of text", .binary(.add), [text, text]),
      Refusal("a quotient of integers", .binary(.divide), [whole, whole]),
      Refusal("shapes that do not broadcast", .binary(.add), [float(2, 3), float(2)]),
      Refusal("a selection by numbers", .select, [float(2), float(2), float(2)]),
      Refusal("a selection between types", .select, [truth, float(2), whole]),
      Refusal("text as numbers", .cast(.float32), [text]),
      Refusal("a reshape of other size", .reshape([5]), [float(2, 3)]),
      Refusal("a repeated axis", .transpose([0, 0]), [float(2, 3)]),
      Refusal("a broadcast to fewer", .broadcast([1, 3]), [float(2, 3)]),
      Refusal("joining unlike shapes", .concatenate(axis: 0), [float(2, 3), float(2, 4)]),
      Refusal("joining types", .concatenate(axis: 0), [float(2), whole]),
      Refusal(
        "a slice beyond", .slice(starts: [1], counts: [2], strides: [2]), [float(3)]),
      Refusal(
        "a slice before", .slice(starts: [0], counts: [2], strides: [-1]), [float(3)]),
      Refusal(
        "a slice that overflows", .slice(starts: [1], counts: [3], strides: [Int.max]),
        [float(3)]),
      Refusal("negative padding", .pad(before: [-1], after: [0], mode: .edge), [float(3)]),
      Refusal("reflecting too far", .pad(before: [3], after: [0], mode: .reflect), [float(3)]),
      Refusal(
        "padding beyond the integers",
        .pad(before: [Int.max], after: [Int.max], mode: .constant(0)), [float(3)]),
      Refusal("indices with fractions", .gather(axis: 0, negative: false), [float(3), float(2)]),
      Refusal("an axis that is not there", .gather(axis: 1, negative: false), [float(3), whole]),
      Refusal(
        "indices of other rank", .gatherElements(axis: 0), [float(3, 2), whole]),
      Refusal(
        "updates of other shape", .scatter(.add),
        [float(3, 2), ValueType(shape: [2, 1], dtype: .int32), float(2, 3)]),
      Refusal("any of numbers", .reduce(.any, axes: [0], keepDimensions: false), [float(2)]),
      Refusal("the mean of integers", .reduce(.mean, axes: [0], keepDimensions: false), [whole]),
      Refusal("a fold along no axis", .reduce(.sum, axes: [1], keepDimensions: false), [float(2)]),
      Refusal("the greatest of none", .argReduce(.maximum, axis: 0), [float(0)]),
      Refusal(
        "a running sum along no axis", .accumulate(.sum, axis: 1, reverse: false), [float(2)]),
      Refusal("sorting a scalar", .sort(descending: false), [float()]),
      Refusal(
        "a product of unlike matrices", .matmul(transposeA: false, transposeB: false),
        [float(2, 3), float(2, 3)]),
      Refusal(
        "a product of vectors", .matmul(transposeA: false, transposeB: false),
        [float(3), float(3)]),
      Refusal(
        "a kernel of other channels", .convolution(window([2]), groups: 1),
        [float(1, 5, 3), float(2, 2, 4)]),
      Refusal(
        "groups that do not divide", .convolution(window([2]), groups: 2),
        [float(1, 5, 3), float(2, 1, 4)]),
      Refusal(
        "a window wider than its input", .convolution(window([7]), groups: 1),
        [float(1, 5, 3), float(7, 3, 4)]),
      Refusal(
        "a window without strides", .pool(.maximum, window([2], strides: [0])), [float(1, 5, 3)]),
      Refusal(
        "a window beyond the integers",
        .pool(.maximum, window([Int.max], dilations: [Int.max])), [float(1, 5, 3)]),
      Refusal(
        "transposed filters that differ", .transposedConvolution(window([2]), output: [6]),
        [float(1, 5, 3), float(2, 4, 2)]),
      Refusal(
        "recurrent kernels that differ", .simpleRNN(rnn),
        [float(1, 5, 3), float(3, 2), float(3, 2), float(1, 2), float(2)]),
      Refusal(
        "a missing bias", .simpleRNN(rnn), [float(1, 5, 3), float(3, 2), float(2, 2), float(1, 2)]),
      Refusal(
        "a state of other size", .simpleRNN(rnn),
        [float(1, 5, 3), float(3, 2), float(2, 2), float(2, 2), float(2)]),
    ]
  }()
}

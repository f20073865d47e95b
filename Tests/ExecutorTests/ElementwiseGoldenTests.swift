import HornbillCore
import Testing

/// Every function of one or two numbers against Keras at the edges of the number line.
@Suite struct ElementwiseGoldenTests {
  @Test(arguments: Engine.all, UnaryOp.allCases.filter { $0 != .bitwiseNot })
  func unary(engine: Engine, op: UnaryOp) throws {
    let fixture = try Fixture.elementwise.get()
    let points = try fixture.member("points").numbers()
    try check(
      engine, .unary(op), [points], try fixture.member("unary").member(op.rawValue),
      isPredicate: op.isPredicate)
  }

  @Test(arguments: Engine.all, BinaryOp.allCases.filter { !isBitwise($0) })
  func binary(engine: Engine, op: BinaryOp) throws {
    let fixture = try Fixture.elementwise.get()
    let pairs = try #require(try fixture.member("pairs").array).map { try $0.numbers() }
    try check(
      engine, .binary(op), pairs, try fixture.member("binary").member(op.rawValue),
      isPredicate: op.isPredicate)
  }

  @Test(arguments: Engine.all, activations)
  func activation(engine: Engine, named: NamedActivation) throws {
    let fixture = try Fixture.elementwise.get()
    let points = try fixture.member("points").numbers()
    try check(
      engine, .activation(named.activation), [points],
      try fixture.member("activations").member(named.name), isPredicate: false,
      cancels: named.cancels)
  }

  @Test func everyRecordedActivationIsTested() throws {
    let fixture = try Fixture.elementwise.get()
    let recorded = try #require(try fixture.member("activations").object).keys
    #expect(Set(recorded) == Set(activations.map(\.name)))
  }

  @Test(arguments: Engine.all, DType.allCases.filter(\.isInteger))
  func unaryOfIntegers(engine: Engine, dtype: DType) throws {
    try checkIntegers(engine, dtype, "wholeUnary", UnaryOp.init(rawValue:)) { numbers in
      [numbers]
    } op: {
      .unary($0)
    } isPredicate: {
      $0.isPredicate
    }
  }

  @Test(arguments: Engine.all, DType.allCases.filter(\.isInteger))
  func binaryOfIntegers(engine: Engine, dtype: DType) throws {
    try checkIntegers(engine, dtype, "wholeBinary", BinaryOp.init(rawValue:)) { numbers in
      [numbers.flatMap { a in numbers.map { _ in a } }, numbers.flatMap { _ in numbers }]
    } op: {
      .binary($0)
    } isPredicate: {
      $0.isPredicate
    }
  }

  /// Float64 within roundings of the recorded float64; float32 no further from it than twice Keras and 4 roundings, or
  /// as infinite as Keras's float32.
  private func check(
    _ engine: Engine, _ op: Op, _ operands: [[Double]], _ recorded: JSON, isPredicate: Bool,
    cancels: Bool = false
  ) throws {
    let count = operands[0].count
    let truth = try recorded.member("float64").numbers()
    let wide = try engine.results(
      of: op, operands.map { .numbers([count], $0.map { Double(Float($0)) }, dtype: .float64) })[0]
    #expect(wide.dtype == (isPredicate ? .bool : .float64))
    let found = try #require(wide.doubles)
    /// What a rounding is relative to.
    func scale(_ index: Int) -> Double {
      let operand = abs(operands[0][index])
      return cancels && operand.isFinite ? max(operand, abs(truth[index])) : abs(truth[index])
    }
    func isNear(_ index: Int) -> Bool {
      Tolerance(absolute: 16 * 0x1p-52 * max(scale(index), 0x1p-1022), relative: 0)
        .accepts(found[index], truth[index])
    }
    for index in 0..<count where !isNear(index) {
      let at = operands.map { $0[index] }
      Issue.record("\(op) of float64 \(at) is \(found[index]), not \(truth[index])")
    }
    guard engine.roundsToFloat32 else { return }

    let keras = try recorded.member("float32").numbers()
    let narrow = try engine.results(
      of: op, operands.map { .numbers([count], $0, dtype: .float32) })[0]
    #expect(narrow.dtype == (isPredicate ? .bool : .float32))
    let floats = try #require(narrow.floats)
    for index in 0..<count {
      let exact = Float(truth[index])
      let theirs = Float(keras[index])
      let isSame = [exact, theirs].contains {
        $0 == floats[index] || $0.isNaN && floats[index].isNaN
      }
      let error = abs(Double(floats[index]) - truth[index])
      let bound =
        2 * abs(Double(theirs) - truth[index])
        + 4 * Tolerance.epsilon(.float32) * max(scale(index), 0x1p-126)
      if !isSame && !(error <= bound && error.isFinite) {
        let at = operands.map { $0[index] }
        Issue.record(
          "\(op) of float32 \(at) is \(floats[index]), not \(exact); Keras has \(theirs)")
      }
    }
  }

  private func checkIntegers<Function>(
    _ engine: Engine, _ dtype: DType, _ member: String, _ function: (String) -> Function?,
    operands: ([Int64]) -> [[Int64]], op: (Function) -> Op, isPredicate: (Function) -> Bool
  ) throws {
    let fixture = try Fixture.elementwise.get().member(member)
    guard let recorded = fixture[dtype.rawValue] else { return }
    let columns = operands(try recorded.member("numbers").integers().compactMap { $0 })
    for (name, values) in try #require(try recorded.member("functions").object).pairs {
      let function = try #require(function(name))
      let expected = try values.integers()
      let kept = expected.indices.filter { expected[$0] != nil }
      let tensors = columns.map { column in
        Tensor(shape: [kept.count], integers: kept.map { column[$0] }, dtype: dtype)
      }
      let result = try engine.results(of: op(function), tensors)[0]
      #expect(result.dtype == (isPredicate(function) ? .bool : dtype))
      let found = try #require(result.integers)
      for (position, index) in kept.enumerated() where found[position] != expected[index] {
        let at = columns.map { $0[index] }
        Issue.record(
          "\(name) of \(dtype) \(at) is \(found[position]), not \(expected[index] ?? 0)")
      }
    }
  }

  private static func isBitwise(_ op: BinaryOp) -> Bool {
    [.bitwiseAnd, .bitwiseOr, .bitwiseXor, .leftShift, .rightShift].contains(op)
  }
}

/// An activation under the name that the fixture has for it.
struct NamedActivation: Sendable, CustomTestStringConvertible {
  let name: String
  let activation: Activation
  /// Whether the formula subtracts numbers of the operand's size, so that roundings are of that size too.
  let cancels: Bool
  var testDescription: String { name }

  init(_ name: String, _ activation: Activation, cancels: Bool = false) {
    self.name = name
    self.activation = activation
    self.cancels = cancels
  }
}

private let activations: [NamedActivation] = [
  NamedActivation("linear", .linear),
  NamedActivation("relu", .relu()),
  NamedActivation("relu6", .relu(maximum: 6)),
  NamedActivation("relu(0.25, 2, 0.5)", .relu(negativeSlope: 0.25, maximum: 2, threshold: 0.5)),
  NamedActivation("leakyRelu", .relu(negativeSlope: 0.25)),
  NamedActivation("elu", .elu()),
  NamedActivation("elu(0.5)", .elu(alpha: 0.5)),
  NamedActivation("selu", .selu),
  NamedActivation("celu", .celu()),
  NamedActivation("celu(2)", .celu(alpha: 2)),
  NamedActivation("gelu", .gelu(), cancels: true),
  NamedActivation("gelu(approximate)", .gelu(approximate: true), cancels: true),
  NamedActivation("sigmoid", .sigmoid),
  NamedActivation("tanh", .tanh),
  NamedActivation("softplus", .softplus),
  NamedActivation("softsign", .softsign),
  NamedActivation("exponential", .exponential),
  NamedActivation("hardSigmoid", .hardSigmoid),
  NamedActivation("hardSigmoidKeras2", .hardSigmoidKeras2),
  NamedActivation("hardSilu", .hardSilu),
  NamedActivation("hardTanh", .hardTanh),
  NamedActivation("silu", .silu),
  NamedActivation("mish", .mish),
  NamedActivation("logSigmoid", .logSigmoid),
  NamedActivation("tanhShrink", .tanhShrink, cancels: true),
  NamedActivation("softShrink", .softShrink()),
  NamedActivation("hardShrink", .hardShrink()),
  NamedActivation("squareplus", .squareplus(), cancels: true),
  NamedActivation("sparsePlus", .sparsePlus),
  NamedActivation("sparseSigmoid", .sparseSigmoid),
  NamedActivation("threshold(1, -3)", .threshold(threshold: 1, value: -3)),
]

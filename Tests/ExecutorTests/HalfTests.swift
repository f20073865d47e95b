import HornbillCore
import Testing

/// Half-precision operands: held exactly, results rounded to the type.
@Suite struct HalfTests {
  private static let spec = RecurrentSpec(
    activation: .tanh, recurrentActivation: .sigmoid, hasBias: false, hasMask: false,
    zeroOutputForMask: false)
  private static let window = WindowSpec(
    size: [3], strides: [1], dilations: [1], paddingBefore: [1], paddingAfter: [1])

  /// One op of each family, with the shapes of its operands and a bound on its results' size and roundings.
  static let ops: [(op: Op, shapes: [[Int]], roundings: Double)] = [
    (.unary(.tanh), [[33]], 1),
    (.activation(.gelu()), [[33]], 1),
    (.activation(.softmax), [[3, 11]], 1),
    (.binary(.divide), [[33], [33]], 1),
    (.reduce(.mean, axes: [1], keepDimensions: false), [[3, 40]], 1),
    (.accumulate(.sum, axis: 1, reverse: false), [[3, 8]], 8),
    (.matmul(transposeA: false, transposeB: false), [[5, 20], [20, 9]], 2),
    (.convolution(window, groups: 1), [[2, 9, 4], [3, 4, 5]], 2),
    (.pool(.average, window), [[2, 9, 4]], 1),
    (.lstm(spec), [[2, 4, 3], [3, 8], [2, 8], [2, 2], [2, 2]], 32),
  ]

  @Test(arguments: Engine.all, [DType.float16, .bfloat16])
  func resultsAreRoundedToTheType(engine: Engine, dtype: DType) throws {
    for (op, shapes, roundings) in Self.ops {
      let operands = shapes.enumerated().map { Tensor.sample($1, seed: 30 + $0, dtype: dtype) }
      let exact = try Engine.all[0].results(
        of: op, operands.map { $0.converted(to: .float64) })
      for (result, truth) in zip(try engine.results(of: op, operands), exact) {
        let expected = try #require(truth.doubles)
        let found = try #require(result.doubles)
        let scale = expected.reduce(0) { max($0, abs($1)) }
        let bound = Tolerance(
          absolute: roundings * Tolerance.epsilon(dtype) * scale, relative: 0)
        let problem = disagreement(found, expected, bound)
        #expect(problem == nil, "\(op) of \(dtype): \(problem ?? "")")
        guard engine.roundsToFloat32 else { continue }
        #expect(result.dtype == dtype)
        #expect(found.allSatisfy { isRepresentable($0, dtype) }, "\(op) of \(dtype)")
      }
    }
  }

  @Test(arguments: Engine.all.filter(\.roundsToFloat32))
  func float16OverflowsToInfinity(engine: Engine) throws {
    let x = Tensor(shape: [3], dtype: .float16, storage: .float([60_000, -60_000, 32_752]))
    let result = try engine.results(of: .binary(.add), [x, x])[0]
    #expect(result.doubles == [.infinity, -.infinity, 65_504])
  }

  @Test(arguments: Engine.all.filter(\.roundsToFloat32))
  func castsRoundToNearestEven(engine: Engine) throws {
    let x = Tensor(shape: [5], [2049, 2051, 1.00048828125, 65_519.99, 0x1p-25] as [Float])
    let half = try engine.results(of: .cast(.float16), [x])[0]
    #expect(half.doubles == [2048, 2052, 1, 65_504, 0])
    let y = Tensor(shape: [4], [257, 259, 1.00390625, .greatestFiniteMagnitude] as [Float])
    let brain = try engine.results(of: .cast(.bfloat16), [y])[0]
    #expect(brain.doubles == [256, 260, 1, .infinity])
  }

  /// A type that a layer computes in takes no digits from what a later one reads; a conversion that a model asks for does.
  @Test(arguments: Engine.all) func onlyConversionsOfTheModelRound(engine: Engine) throws {
    var builder = GraphBuilder()
    let x = builder.input(ValueType(shape: [2], dtype: .float32))
    let kept = try builder.cast(builder.cast(x, to: .float16), to: .float32)
    let rounded = try builder.cast(builder.rounded(x, to: .float16), to: .float32)
    let brain = try builder.cast(builder.rounded(x, to: .bfloat16), to: .float32)
    let wanted = [kept, rounded, brain]
    let results = try engine.executor(builder.finished(outputs: wanted)).run(
      inputs: [Tensor(shape: [2], [2049, 1.25] as [Float])], states: [], computing: wanted)
    #expect(results.map(\.doubles) == [[2049, 1.25], [2048, 1.25], [2048, 1.25]])
  }

  /// Whether a number has no more digits than the type.
  private func isRepresentable(_ number: Double, _ dtype: DType) -> Bool {
    guard number.isFinite, number != 0 else { return true }
    let digits = dtype == .float16 ? 10 : 7
    let least = dtype == .float16 ? -24 : -133
    let unit = max(Int(number.exponent) - digits, least)
    let scaled = number * Double(sign: .plus, exponent: -unit, significand: 1)
    return scaled == scaled.rounded()
  }
}

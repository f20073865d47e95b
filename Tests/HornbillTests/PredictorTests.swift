import Hornbill
import HornbillTestSupport
import Testing

/// A model of a few layers with weights made up, for tests of how models are run.
enum SmallModel {
  /// `(batch, 12) → (batch, 3)`.
  static func dense() throws -> Model {
    var generator = SplitMix64(seed: 3)
    return try Model(
      Sequential {
        Dense(units: 9, activation: .relu())
        Dense(units: 3, activation: .softmax)
      },
      input: TensorSpec([nil, 12]),
      weights: [[12, 9], [9], [9, 3], [3]].map { sample($0, &generator) })
  }

  static func sample(_ shape: [Int], _ generator: inout SplitMix64) -> Tensor {
    let count = shape.reduce(1, *)
    return Tensor(
      shape: shape, (0..<count).map { _ in Float.random(in: -1...1, using: &generator) })
  }
}

/// ``Predictor``: one plan, any number of callers.
@Suite struct PredictorTests {
  private static let type = ValueType(shape: [5, 12], dtype: .float32)

  private static func input(_ seed: UInt64) -> Tensor {
    var generator = SplitMix64(seed: seed)
    return SmallModel.sample([5, 12], &generator)
  }

  @Test func givesWhatASessionGives() throws {
    let model = try SmallModel.dense()
    let predictor = try model.predictor(for: [Self.type])
    #expect(predictor.inputs == [Self.type])
    #expect(predictor.outputs == [ValueType(shape: [5, 3], dtype: .float32)])
    let session = model.session()
    for seed in 0..<4 {
      let x = Self.input(UInt64(seed))
      #expect(try predictor.predict([x]) == session.run([x]))
    }
  }

  @Test func callersMemoryHoldsTheSame() throws {
    let predictor = try SmallModel.dense().predictor(for: [Self.type])
    let x = Self.input(9)
    let expected = try #require(try predictor.predict([x])[0].floats)
    let values = try #require(x.floats)
    var found = [Float](repeating: 0, count: 15)
    var span = found.mutableSpan
    try predictor.predict(values.span, into: &span)
    #expect(found == expected)
    var other = [Float](repeating: 0, count: 15)
    try values.withUnsafeBytes { source in
      try other.withUnsafeMutableBytes { result in
        try predictor.predict([source], into: [result])
      }
    }
    #expect(other == expected)
  }

  /// Integers have the width of their type in the caller's memory.
  @Test func integersHaveTheirOwnWidth() throws {
    var generator = SplitMix64(seed: 5)
    let model = try Model(
      Sequential { Embedding(inputDim: 7, outputDim: 3) }, input: TensorSpec([nil, 4], .int32),
      weights: [SmallModel.sample([7, 3], &generator)])
    let predictor = try model.predictor(for: [ValueType(shape: [2, 4], dtype: .int32)])
    let ids: [Int32] = [0, 6, 3, 2, 1, 1, 5, 4]
    let expected = try predictor.predict([
      Tensor(shape: [2, 4], integers: ids.map(Int64.init), dtype: .int32)
    ])
    var found = [Float](repeating: 0, count: 24)
    try ids.withUnsafeBytes { source in
      try found.withUnsafeMutableBytes { try predictor.predict([source], into: [$0]) }
    }
    #expect(found == expected[0].floats)
  }

  /// Many callers at once, some on a plan of several threads, get the bits that one caller gets.
  @Test(arguments: [1, 2]) func callersDoNotDisturbEachOther(threads: Int) async throws {
    let predictor = try SmallModel.dense().predictor(for: [Self.type], threads: threads)
    let expected = try (0..<8).map { try predictor.predict([Self.input(UInt64($0))])[0] }
    let wrong = await withTaskGroup(of: Int.self) { group in
      for caller in 0..<8 {
        let expected = expected[caller]
        group.addTask {
          let x = Self.input(UInt64(caller))
          return (0..<200).count { _ in (try? predictor.predict([x])) != [expected] }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(wrong == 0)
  }

  @Test func wrongInputsAreRefused() throws {
    let predictor = try SmallModel.dense().predictor(for: [Self.type])
    func expectRefusal(_ words: String, _ body: () throws -> Void) {
      #expect(
        performing: body,
        throws: { ($0 as? ModelError)?.code == .input && "\($0)".contains(words) })
    }
    expectRefusal("takes 1 inputs, 0 were given") { _ = try predictor.predict([]) }
    expectRefusal("expected float32(5, 12), found float32(1, 12)") {
      _ = try predictor.predict([Tensor(shape: [1, 12], [Float](repeating: 0, count: 12))])
    }
    expectRefusal("takes 240 bytes, the buffer has 44") {
      let few = [Float](repeating: 0, count: 11)
      var result = [Float](repeating: 0, count: 15)
      var span = result.mutableSpan
      try predictor.predict(few.span, into: &span)
    }
    expectRefusal("takes 60 bytes, the buffer has 64") {
      let values = [Float](repeating: 0, count: 60)
      var result = [Float](repeating: 0, count: 16)
      var span = result.mutableSpan
      try predictor.predict(values.span, into: &span)
    }
  }

  @Test func typesThatDoNotFitAreRefused() throws {
    let model = try SmallModel.dense()
    #expect(throws: ModelError.self) {
      try model.predictor(for: [ValueType(shape: [5, 11], dtype: .float32)])
    }
    #expect(throws: ModelError.self) { try model.predictor(for: []) }
  }

  /// Who calls a model with states from many tasks would mix them up.
  @Test func statesAreRefused() throws {
    var generator = SplitMix64(seed: 6)
    let shapes = [[2, 3], [3, 3], [3]]
    let model = try Model(
      Sequential { SimpleRNN(units: 3, stateful: true) }, input: TensorSpec([1, 4, 2]),
      weights: shapes.map { SmallModel.sample($0, &generator) })
    #expect(
      performing: {
        _ = try model.predictor(for: [ValueType(shape: [1, 4, 2], dtype: .float32)])
      }, throws: { "\($0)".contains("states") })
  }
}

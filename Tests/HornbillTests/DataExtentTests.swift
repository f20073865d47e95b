import Hornbill
import Testing

/// Models whose shapes depend on the elements of their inputs.
@Suite struct DataExtentTests {
  private func model() throws -> Model {
    let layers = Sequential(input: TensorSpec([nil], .string)) {
      TextVectorization(vocabulary: ["a", "b"])
    }
    return try Model(layers)
  }

  private func texts(_ texts: String...) -> Tensor { Tensor(shape: [texts.count], text: texts) }

  @Test(arguments: Engine.allCases)
  func everyRunHasItsOwnLength(engine: Engine) throws {
    let session = try model().session(engine: engine)
    let runs: [(Tensor, [Int], [Int64])] = [
      (texts("a b", "b"), [2, 2], [2, 3, 3, 0]),
      (texts("a b", "b c a"), [2, 3], [2, 3, 0, 3, 1, 2]),
      (texts("b", "a a"), [2, 2], [3, 0, 2, 2]),
      (texts("", ""), [2, 0], []),
    ]
    for (input, shape, numbers) in runs {
      let output = try session.run([input])[0]
      #expect(output.shape == shape)
      #expect(output.integers == numbers)
    }
  }

  @Test func batchesOfUnlikeLengthsDoNotJoin() throws {
    let session = try model().session()
    let alike = try session.run([texts("a b", "b a")], batchSize: 1)
    #expect(alike[0].integers == [2, 3, 3, 2])
    let error = #expect(throws: ModelError.self) {
      try session.run([texts("a b", "b")], batchSize: 1)
    }
    #expect(error?.description.contains("\n") == false)
  }
}

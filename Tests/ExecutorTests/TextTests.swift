import HornbillCore
import Testing

/// Ops on tensors of text.
@Suite struct TextTests {
  private let words = Tensor(shape: [2, 2], text: ["b", "", "ä", "b"])

  @Test(arguments: Engine.all)
  func comparisons(engine: Engine) throws {
    let other = Tensor(shape: [2], text: ["b", "b"])
    #expect(try engine.results(of: .binary(.equal), [words, other])[0].integers == [1, 0, 0, 1])
    #expect(
      try engine.results(of: .binary(.notEqual), [words, other])[0].integers == [0, 1, 1, 0])
  }

  @Test(arguments: Engine.all)
  func movement(engine: Engine) throws {
    func text(_ op: Op, _ operands: [Tensor]) throws -> [String]? {
      try engine.results(of: op, operands)[0].text
    }
    #expect(try text(.transpose([1, 0]), [words]) == ["b", "ä", "", "b"])
    #expect(try text(.reshape([4]), [words]) == ["b", "", "ä", "b"])
    #expect(
      try text(.concatenate(axis: 1), [words, words]) == ["b", "", "b", "", "ä", "b", "ä", "b"])
    #expect(
      try text(.slice(starts: [1, 0], counts: [1, 2], strides: [1, 1]), [words]) == ["ä", "b"])
    let index = Tensor(shape: [1], integers: [1], dtype: .int32)
    #expect(try text(.gather(axis: 1, negative: false), [words, index]) == ["", "b"])
    let condition = Tensor(shape: [2, 1], integers: [0, 1], dtype: .bool)
    let other = Tensor(shape: [], text: ["z"])
    #expect(try text(.select, [condition, words, other]) == ["z", "z", "ä", "b"])
  }
}

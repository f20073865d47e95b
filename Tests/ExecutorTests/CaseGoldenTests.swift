import HornbillCore
import Testing

/// Ops on small tensors against what Keras, or NumPy where Keras has no such function, recorded.
@Suite struct CaseGoldenTests {
  @Test(arguments: Engine.all, OpCase.all)
  func float64(engine: Engine, case: OpCase) throws {
    try check(engine, `case`, .float64)
  }

  @Test(arguments: Engine.all.filter(\.roundsToFloat32), OpCase.all)
  func float32(engine: Engine, case: OpCase) throws {
    try check(engine, `case`, .float32)
  }

  @Test func everyRecordedCaseIsTested() throws {
    let recorded = try #require(try Fixture.cases.get().member("cases").object).keys
    #expect(Set(recorded) == Set(OpCase.all.map(\.name)))
    #expect(OpCase.all.count == recorded.count)
  }

  private func check(_ engine: Engine, _ opCase: OpCase, _ dtype: DType) throws {
    let recorded = try Fixture.cases.get().member("cases").member(opCase.name)
    let inputs = try #require(try recorded.member("inputs").array).map { try $0.tensor() }
    let outputs = try #require(try recorded.member("outputs").array).map { try $0.tensor() }
    let found = try engine.results(of: opCase.op, inputs.map { $0.converted(to: dtype) })
    try #require(found.count == outputs.count)
    for (result, expected) in zip(found, outputs) {
      #expect(result.shape == expected.shape)
      guard expected.dtype.isFloatingPoint else {
        #expect(result.dtype == expected.dtype)
        #expect(result.integers == expected.integers)
        continue
      }
      let numbers = try #require(expected.doubles)
      let rounded = result.dtype == .float32 ? numbers.map { Double(Float($0)) } : numbers
      let scale = rounded.filter(\.isFinite).reduce(1) { max($0, abs($1)) }
      let tolerance =
        opCase.terms == 0
        ? .exact : Tolerance.sum(terms: opCase.terms, magnitude: 8 * scale, of: dtype)
      let problem = disagreement(try #require(result.doubles), rounded, tolerance)
      #expect(problem == nil, "\(opCase.name): \(problem ?? "")")
    }
  }
}

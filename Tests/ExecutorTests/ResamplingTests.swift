import HornbillCore
import Testing

/// Resized axes: the sums of single precision, in their order.
@Suite struct ResamplingTests {
  private let halves = Resampling(
    cells: [
      .init(start: 0, weights: [1]), .init(start: 0, weights: [0.75, 0.25]),
      .init(start: 1, weights: [0.5, 0.5]),
    ], form: .line)

  @Test(arguments: Engine.all)
  func line(engine: Engine) throws {
    let x = Tensor(shape: [2, 3, 2], [0, 10, 4, 20, 8, 40, 1, -1, 5, -5, 9, -9] as [Float])
    let y = try engine.results(of: .resample(halves, axis: 1), [x])[0]
    #expect(y.shape == [2, 3, 2])
    #expect(y.doubles == [0, 10, 1, 12.5, 6, 30, 1, -1, 2, -2, 7, -7])
  }

  /// In this order the small terms are lost in single precision, in another one, or in double precision, they are not.
  @Test(arguments: Engine.all)
  func sumsAreRoundedInTheOrderOfTheWeights(engine: Engine) throws {
    let x = Tensor(shape: [1, 4], [0x1p24, 1, 1, -0x1p24] as [Float])
    let ones = Resampling(
      cells: [.init(start: 0, weights: [1, 1, 1, 1]), .init(start: 1, weights: [1, 1])],
      form: .sum(factor: 0.5))
    let y = try engine.results(of: .resample(ones, axis: 1), [x])[0]
    #expect(y.doubles == [0, 1])
  }

  @Test(arguments: Engine.all, [0, 1, 2])
  func anyAxis(engine: Engine, axis: Int) throws {
    let shape = [3, 3, 3]
    let x = Tensor.sample(shape, seed: 23, dtype: .float32)
    let values = try #require(x.doubles)
    let reversed = Resampling(
      cells: (0..<3).map { .init(start: 2 - $0, weights: [2]) }, form: .sum(factor: 1))
    let y = try #require(
      try engine.results(of: .resample(reversed, axis: axis), [x])[0].doubles)
    for i in 0..<3 {
      for j in 0..<3 {
        for k in 0..<3 {
          var place = [i, j, k]
          place[axis] = 2 - place[axis]
          #expect(
            y[(i * 3 + j) * 3 + k] == 2 * values[(place[0] * 3 + place[1]) * 3 + place[2]])
        }
      }
    }
  }

  @Test(arguments: Engine.all)
  func noRowsAndNoCells(engine: Engine) throws {
    let empty = Tensor(shape: [0, 3, 2], [] as [Float])
    #expect(try engine.results(of: .resample(halves, axis: 1), [empty])[0].shape == [0, 3, 2])
    let none = Resampling(cells: [], form: .line)
    let x = Tensor(shape: [2, 3], [1, 2, 3, 4, 5, 6] as [Float])
    #expect(try engine.results(of: .resample(none, axis: 1), [x])[0].shape == [2, 0])
  }

  @Test(arguments: [
    Resampling.Cell(start: 2, weights: [1, 1]), .init(start: -1, weights: [1]),
    .init(start: 3, weights: [1]), .init(start: 0, weights: []),
  ])
  func cellsOutsideTheAxisAreRefused(cell: Resampling.Cell) throws {
    let op = Op.resample(Resampling(cells: [cell], form: .line), axis: 0)
    #expect(throws: LayerError.self) {
      try op.infer([ValueType(shape: [3], dtype: .float32)])
    }
  }

  @Test func otherTypesAreRefused() throws {
    #expect(throws: LayerError.self) {
      try Op.resample(halves, axis: 0).infer([ValueType(shape: [3], dtype: .float64)])
    }
  }
}

import HornbillCore
import Testing

/// Small recurrent layers, whose rows are computed several at once, with masks that differ from row to row.
@Suite struct RecurrenceSizeTests {
  @Test(arguments: [1, 3, 4, 5, 9], [1, 4, 10, 16, 17, 32])
  func maskedRows(batch: Int, units: Int) throws {
    let (time, features) = (7, 3)
    let x = Tensor.sample([batch, time, features], seed: 41)
    let kernel = Tensor.sample([features, units], seed: 42)
    let recurrent = Tensor.numbers(
      [units, units],
      try #require(Tensor.sample([units, units], seed: 43).doubles).map { $0 / Double(2 * units) },
      dtype: .float32)
    let state = Tensor.sample([batch, units], seed: 44)
    let kept = (0..<batch * time).map { Double(($0 * 5 + $0 / 7) % 3 == 0 ? 0 : 1) }
    let mask = Tensor.numbers([batch, time], kept, dtype: .bool)
    for zeroOutput in [false, true] {
      let op = Op.simpleRNN(
        RecurrentSpec(
          activation: .tanh, hasBias: false, hasMask: true, zeroOutputForMask: zeroOutput))
      let engines = try Engine.all.map { engine in
        try engine.results(of: op, [x, kernel, recurrent, state, mask]).map {
          try #require($0.doubles)
        }
      }
      for (engine, results) in zip(Engine.all, engines).dropFirst() {
        for (found, truth) in zip(results.joined(), engines[0].joined()) {
          // Sums of numbers below 4 and of a state below 1 over weights that add up to 2, each rounded, at most doubled by
          // the steps that follow.
          #expect(
            abs(found - truth) <= 2 * Double(features + units + 4) * 16 * 0x1p-24, "\(engine.name)")
        }
      }
    }
  }
}

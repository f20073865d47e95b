import HornbillCore
import Testing

/// Recurrent layers of all sizes, whose rows are computed several at once, with masks that differ from row to row.
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

  /// Layers whose steps are shared among threads, by units or by rows, and such whose units fill no vector.
  @Test(
    arguments: [(1, 70), (2, 97), (5, 33), (24, 20), (17, 66)], [1, 2, 3])
  func cells(size: (batch: Int, units: Int), threads: Int) throws {
    let (batch, units) = size
    let (time, features) = (5, 6)
    let kept = (0..<batch * time).map { Double(($0 * 7 + $0 / 5) % 4 == 0 ? 0 : 1) }
    let mask = Tensor.numbers([batch, time], kept, dtype: .bool)
    for (name, op, gates) in RecurrenceSizeTests.ops {
      let isLSTM = gates == 4
      var operands = [
        Tensor.sample([batch, time, features], seed: 51),
        try Tensor.scaled([features, gates * units], by: 1 / Double(2 * features), seed: 52),
        try Tensor.scaled([units, gates * units], by: 1 / Double(2 * units), seed: 53),
        Tensor.sample([batch, units], seed: 54),
      ]
      if isLSTM { operands.append(Tensor.sample([batch, units], seed: 55)) }
      let isDouble = name.hasSuffix("reset after")
      operands.append(
        Tensor.sample(isDouble ? [2, gates * units] : [gates * units], seed: 56))
      operands.append(mask)
      let truth = try Engine.all[0].results(of: op, operands)
      for engine in Engine.all.dropFirst() {
        let results = try engine.results(of: op, operands, threads: threads)
        for (found, expected) in zip(results, truth) {
          let numbers = zip(
            try #require(found.doubles), try #require(expected.doubles))
          // Sums below 16 of rounded terms, through gates that do not enlarge errors, over five steps.
          #expect(
            numbers.allSatisfy { abs($0 - $1) <= 5 * Double(units + features) * 16 * 0x1p-24 },
            "\(engine.name), \(name)")
        }
      }
    }
  }

  /// Every kind of cell, with usual activations and with others.
  private static let ops: [(name: String, op: Op, gates: Int)] =
    ops(.tanh, gate: .sigmoid) + ops(.softsign, gate: .hardSigmoid)

  private static func ops(
    _ activation: Activation, gate: Activation
  ) -> [(name: String, op: Op, gates: Int)] {
    func spec(resetAfter: Bool = false) -> RecurrentSpec {
      RecurrentSpec(
        activation: activation, recurrentActivation: gate, resetAfter: resetAfter, hasBias: true,
        hasMask: true, zeroOutputForMask: false)
    }
    return [
      ("simple, \(activation)", Op.simpleRNN(spec()), 1),
      ("lstm, \(activation)", Op.lstm(spec()), 4),
      ("gru, \(activation)", Op.gru(spec()), 3),
      ("gru, \(activation), reset after", Op.gru(spec(resetAfter: true)), 3),
    ]
  }
}

extension Tensor {
  /// Small numbers.
  fileprivate static func scaled(_ shape: [Int], by factor: Double, seed: Int) throws -> Tensor {
    let numbers = try #require(Tensor.sample(shape, seed: seed).doubles)
    return Tensor.numbers(shape, numbers.map { $0 * factor })
  }
}

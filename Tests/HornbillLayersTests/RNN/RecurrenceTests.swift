import HornbillCore
import HornbillLayers
import HornbillReference
import Testing

/// Numbers that no stored case covers: two ways to say the same must agree.
@Suite struct RecurrenceTests {
  private let x = RecurrentHarness.numbers([2, 4, 3], seed: 1)
  private let mask = RecurrentHarness.mask([[1, 0, 1, 0], [0, 1, 1, 1]])

  /// A cell that is known by its steps only.
  private struct Steps<Cell: RecurrentCell>: RecurrentCell {
    static var className: String { "Steps" }
    let inner: LayerInstance

    init(_ cell: Cell) { inner = LayerInstance(cell, name: "inner") }
    init(config: LayerConfig) throws(LayerError) {
      throw LayerError(.unsupported, "not decoded")
    }

    func encode(to config: inout ConfigEncoder) {}

    var sublayers: [Sublayer] { [Sublayer("inner", inner)] }

    func stateShapes(_ input: Shape) throws(LayerError) -> [Shape] {
      guard let cell = inner.layer as? Cell else { return [] }
      return try cell.stateShapes(input)
    }

    func build(
      _ call: BuildCall, in build: inout LayerBuild
    ) throws(LayerError) -> [TensorSpec] { try build.build(inner, call) }

    func lower(
      _ call: LayerCall, into lowering: inout Lowering
    ) throws(LayerError) -> [Value] {
      try lowering.call(inner, call.arguments).map(\.value)
    }
  }

  private func results<Cell: RecurrentCell>(
    _ cell: Cell, stepwise: Bool, _ options: RecurrentOptions, masked: Bool
  ) throws -> [[Double]] {
    let rnn: RNN =
      stepwise
      ? RNN(
        cell: Steps(cell), returnSequences: options.returnSequences, returnState: true,
        goBackwards: options.goBackwards, zeroOutputForMask: options.zeroOutputForMask)
      : RNN(
        cell: cell, returnSequences: options.returnSequences, returnState: true,
        goBackwards: options.goBackwards, zeroOutputForMask: options.zeroOutputForMask)
    let lowered = try RecurrentHarness(rnn).lower([2, 4, 3], mask: masked ? [2, 4] : nil)
    return try lowered.numbers(masked ? [x, mask] : [x])
  }

  @Test(arguments: [true, false], [true, false])
  func operationsAgreeWithSteps(masked: Bool, zeroes: Bool) throws {
    for options in [
      RecurrentOptions(returnSequences: true, zeroOutputForMask: zeroes),
      RecurrentOptions(goBackwards: true, zeroOutputForMask: zeroes),
    ] {
      func check(_ cell: some RecurrentCell) throws {
        let fused = try results(cell, stepwise: false, options, masked: masked)
        let steps = try results(cell, stepwise: true, options, masked: masked)
        #expect(agree(fused, steps), "\(type(of: cell)) \(options)")
      }
      try check(SimpleRNNCell(units: 2, activation: .softmax))
      try check(LSTMCell(units: 2, recurrentActivation: .hardSigmoid))
      try check(GRUCell(units: 2, resetAfter: true))
      try check(GRUCell(units: 2, activation: .relu(), resetAfter: false))
      try check(GRUCell(units: 2, useBias: false))
      try check(
        StackedRNNCells(cells: [
          LayerInstance(LSTMCell(units: 3), name: "a"), LayerInstance(GRUCell(units: 2), name: "b"),
        ]))
    }
  }

  /// Row 0 ends masked: its last output is that of the step before, or zeros.
  @Test(arguments: [true, false])
  func lastOutputOfAMaskedEnd(zeroes: Bool) throws {
    let config =
      #"{"units": 2, "return_sequences": true, "zero_output_for_mask": \#(zeroes)}"#
    let whole = try RecurrentHarness("LSTM", config).lower([2, 4, 3], mask: [2, 4])
    let sequence = try whole.numbers([x, mask])[0]
    let one = #"{"units": 2, "zero_output_for_mask": \#(zeroes)}"#
    let last = try RecurrentHarness("LSTM", one).lower([2, 4, 3], mask: [2, 4])
      .numbers([x, mask])[0]
    #expect(Array(last[0..<2]) == Array(sequence[6..<8]))
    #expect(Array(sequence[6..<8]) == (zeroes ? [0, 0] : Array(sequence[4..<6])))
    #expect(sequence[4] != 0)
  }

  /// Unrolled and backwards, Keras takes the zeros from the mask in its own order.
  @Test func unrolledZerosFollowTheUnreversedMask() throws {
    let base = #""units": 2, "return_sequences": true, "go_backwards": true"#
    func numbers(_ more: String) throws -> [Double] {
      try RecurrentHarness("GRU", "{\(base)\(more)}").lower([2, 4, 3], mask: [2, 4])
        .numbers([x, mask])[0]
    }
    let repeating = try numbers("")
    let unrolled = try numbers(#", "unroll": true, "zero_output_for_mask": true"#)
    let flags = try #require(mask.integers)
    for (place, value) in unrolled.enumerated() {
      #expect(value == (flags[place / 2] == 0 ? 0 : repeating[place]))
    }
  }

  @Test(arguments: [2, 3])
  func initialStatesReachTheCell(major: Int) throws {
    let states = [
      RecurrentHarness.numbers([2, 2], seed: 5), RecurrentHarness.numbers([2, 2], seed: 6),
    ]
    let config = #"{"units": 2, "return_state": true}"#
    let harness = try RecurrentHarness("LSTM", config, kerasMajor: major)
    let given = try harness.lower([2, 4, 3], states: [[2, 2], [2, 2]]).numbers([x] + states)
    let absent = try harness.lower([2, 4, 3]).numbers([x])
    #expect(given.count == 3)
    #expect(!agree(given, absent))
    let zeros = [
      Tensor(shape: [2, 2], [Float](repeating: 0, count: 4)),
      Tensor(shape: [2, 2], [Float](repeating: 0, count: 4)),
    ]
    #expect(
      agree(
        try harness.lower([2, 4, 3], states: [[2, 2], [2, 2]]).numbers([x] + zeros), absent))
  }

  /// Keras 2 hands the mask on when states are given; Keras 3 does not.
  @Test(arguments: [2, 3])
  func maskOfACallWithStates(major: Int) throws {
    let harness = try RecurrentHarness("GRU", #"{"units": 2}"#, kerasMajor: major)
    let state = RecurrentHarness.numbers([2, 2], seed: 5)
    let masked = try harness.lower([2, 4, 3], mask: [2, 4], states: [[2, 2]])
      .numbers([x, mask, state])
    let plain = try harness.lower([2, 4, 3], states: [[2, 2]]).numbers([x, state])
    #expect(agree(masked, plain) == (major == 3))
  }

  @Test(arguments: [([[2, 2]], LayerError.Code.wiring), ([[2, 2], [2, 3]], .shape)])
  func initialStatesThatDoNotFit(shapes: [[Int]], code: LayerError.Code) throws {
    let harness = try RecurrentHarness("LSTM", #"{"units": 2}"#)
    let error = #expect(throws: LayerError.self) { try harness.lower([2, 4, 3], states: shapes) }
    #expect(error?.code == code)
  }

  @Test func sequenceWithoutSteps() throws {
    let harness = try RecurrentHarness("LSTM", #"{"units": 2}"#)
    let error = #expect(throws: LayerError.self) { try harness.lower([2, 0, 3]) }
    #expect(error?.code == .shape)
  }

  @Test func maskOfAnotherLength() throws {
    let harness = try RecurrentHarness("LSTM", #"{"units": 2}"#)
    let error = #expect(throws: LayerError.self) { try harness.lower([2, 4, 3], mask: [2, 3]) }
    #expect(error?.detail.contains("(2, 4)") == true)
  }

  @Test func timeMajorIsTheSameTransposed() throws {
    let config = #"{"units": 2, "return_sequences": true"#
    let plain = try RecurrentHarness("LSTM", config + "}").lower([2, 4, 3]).numbers([x])[0]
    let swapped = try RecurrentHarness("LSTM", config + #", "time_major": true}"#, kerasMajor: 2)
      .lower([4, 2, 3])
    let numbers = try #require(x.floats)
    var turned: [Float] = []
    for time in 0..<4 {
      for row in 0..<2 { turned += numbers[(row * 4 + time) * 3..<(row * 4 + time) * 3 + 3] }
    }
    let found = try swapped.numbers([Tensor(shape: [4, 2, 3], turned)])[0]
    for row in 0..<2 {
      for time in 0..<4 {
        #expect(found[(time * 2 + row) * 2] == plain[(row * 4 + time) * 2])
      }
    }
  }

  /// The second of two calls in one run starts where the first ended.
  @Test func statefulLayersKeepTheirStates() throws {
    let harness = try RecurrentHarness(
      "GRU", #"{"units": 2, "stateful": true, "return_state": true}"#)
    let lowered = try harness.lower([2, 4, 3], calls: 2)
    #expect(lowered.graph.states.count == 1)
    let found = try lowered.numbers([x])
    let doubled = try RecurrentHarness("GRU", #"{"units": 2}"#).lower([2, 8, 3])
    let numbers = try #require(x.floats)
    let twice = (0..<2).flatMap { row in
      [0, 1].flatMap { _ in Array(numbers[row * 12..<row * 12 + 12]) }
    }
    let expected = try doubled.numbers([Tensor(shape: [2, 8, 3], twice)])
    #expect(agree([found[2]], expected))
    #expect(!agree([found[0]], expected))
    let final = try lowered.values([lowered.graph.states[0].final], inputs: [x])
    #expect(agree(final.map { $0.doubles ?? [] }, [found[3]]))
  }

  @Test func bidirectionalReadsBothWays() throws {
    let layer = #"{"class_name": "GRU", "config": {"units": 2, "return_sequences": true}}"#
    let both = try RecurrentHarness(
      "Bidirectional", #"{"merge_mode": null, "layer": \#(layer)}"#
    ).lower([2, 4, 3], mask: [2, 4])
    let found = try both.numbers([x, mask])
    let config = #""units": 2, "return_sequences": true, "zero_output_for_mask": true"#
    let forward = try RecurrentHarness("GRU", "{\(config)}").lower([2, 4, 3], mask: [2, 4])
    #expect(agree([found[0]], try forward.numbers([x, mask])))
    let backward = try RecurrentHarness("GRU", #"{\#(config), "go_backwards": true}"#)
      .lower([2, 4, 3], mask: [2, 4])
    let reversed = try backward.numbers([x, mask])[0]
    for row in 0..<2 {
      for time in 0..<4 {
        #expect(found[1][(row * 4 + time) * 2] == reversed[(row * 4 + 3 - time) * 2])
      }
    }
    #expect(both.outputs.allSatisfy { $0.mask != nil })
  }

  /// A layer with states sees the steps one after another, others see them as one batch.
  @Test func timeDistributedStatefulLayer() throws {
    func harness(_ stateful: Bool) throws -> RecurrentHarness {
      try RecurrentHarness(
        "TimeDistributed",
        #"{"layer": {"class_name": "GRU", "config": {"units": 2, "stateful": \#(stateful)}}}"#)
    }
    let input = RecurrentHarness.numbers([1, 2, 4, 3], seed: 1)
    let folded = try harness(false).lower([1, 2, 4, 3]).numbers([input])[0]
    let kept = try harness(true).lower([1, 2, 4, 3]).numbers([input])[0]
    #expect(Array(folded[0..<2]) == Array(kept[0..<2]))
    #expect(Array(folded[2..<4]) != Array(kept[2..<4]))
    let joined = try RecurrentHarness("GRU", #"{"units": 2}"#).lower([1, 8, 3])
      .numbers([input.reshaped([1, 8, 3])])
    #expect(agree([Array(kept[2..<4])], joined))
  }

  /// Keras 2 asks the layer inside for its mask; Keras 3 hands on what it was given.
  @Test(arguments: [2, 3])
  func maskOfATimeDistributedEmbedding(major: Int) throws {
    let harness = try RecurrentHarness(
      "TimeDistributed",
      #"{"layer": {"class_name": "Embedding", "config": {"input_dim": 3, "output_dim": 2, "mask_zero": true}}}"#,
      kerasMajor: major)
    let lowered = try harness.lower([1, 2, 3], dtype: .int32)
    let mask = lowered.outputs[0].mask
    if major == 3 {
      #expect(mask == nil)
    } else {
      let ids = Tensor(shape: [1, 2, 3], integers: [1, 0, 2, 0, 0, 1], dtype: .int32)
      let found = try lowered.values([try #require(mask)], inputs: [ids])[0]
      #expect(found.shape == [1, 2, 3])
      #expect(found.integers == [1, 0, 1, 0, 0, 1])
    }
  }
}

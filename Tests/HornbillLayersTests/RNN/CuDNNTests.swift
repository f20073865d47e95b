import HornbillCore
import HornbillLayers
import HornbillReference
import Testing

/// cuDNN's arrangement of variables, as Keras 2.15 converts it.
@Suite struct CuDNNTests {
  struct Case: Sendable {
    let layout: CuDNNLayout
    let kernel: [Float]
    let recurrent: [Float]
    let bias: [Float]
  }

  /// What `_convert_rnn_weights` makes of arrays that hold 0, 1, 2, … for 3 features and 2 units.
  static let cases = [
    Case(
      layout: .lstm,
      kernel: [
        0, 9, 2, 11, 4, 13, 6, 15, 1, 16, 3, 18, 5, 20, 7, 22, 8, 17, 10, 19, 12, 21, 14, 23,
      ],
      recurrent: [0, 8, 2, 10, 4, 12, 6, 14, 1, 9, 3, 11, 5, 13, 7, 15],
      bias: [8, 10, 12, 14, 16, 18, 20, 22]),
    Case(
      layout: .gru, kernel: [0, 7, 2, 9, 4, 11, 1, 12, 3, 14, 5, 16, 6, 13, 8, 15, 10, 17],
      recurrent: [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11],
      bias: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
  ]

  private func counting(_ shape: [Int]) -> Tensor {
    Tensor(shape: shape, (0..<shape.reduce(1, *)).map(Float.init))
  }

  @Test(arguments: cases)
  func arraysBecomeKerasOwn(example: Case) throws {
    let width = 2 * example.layout.gates
    let found = try example.layout.converted([
      counting([3, width]), counting([2, width]), counting([2 * width]),
    ])
    #expect(found.map(\.floats) == [example.kernel, example.recurrent, example.bias])
    #expect(found[2].shape == (example.layout == .gru ? [2, width] : [width]))
  }

  @Test(arguments: [CuDNNLayout.lstm, .gru])
  func plainArraysAreNotConverted(layout: CuDNNLayout) {
    let width = 2 * layout.gates
    #expect(layout.matches(biasShape: [2 * width], units: 2))
    #expect(!layout.matches(biasShape: [width], units: 2))
    #expect(!layout.matches(biasShape: [2, width], units: 2))
    let error = #expect(throws: LayerError.self) {
      try layout.converted([counting([3, width]), counting([2, width]), counting([width])])
    }
    #expect(error?.code == .shape)
    #expect(throws: LayerError.self) { try layout.converted([counting([3, width])]) }
  }

  /// The layer computes what the plain one computes with converted variables, whose biases are rounded sums.
  @Test(arguments: [CuDNNLayout.lstm, .gru])
  func layerAgreesWithThePlainOne(layout: CuDNNLayout) throws {
    let x = RecurrentHarness.numbers([2, 4, 3], seed: 1)
    let config = #"{"units": 2, "return_sequences": true, "return_state": true}"#
    let fast = try RecurrentHarness(
      layout == .lstm ? "CuDNNLSTM" : "CuDNNGRU", config, kerasMajor: 2
    ).lower([2, 4, 3])
    let plain: any Layer =
      layout == .lstm
      ? LSTM(units: 2, returnSequences: true, returnState: true)
      : GRU(units: 2, returnSequences: true, returnState: true)
    let lowered = try RecurrentHarness(plain).lower([2, 4, 3])
    let width = 2 * layout.gates
    let stored = [[3, width], [2, width], [2 * width]].enumerated().map { index, shape in
      RecurrentHarness.weight(shape: shape, index: index)
    }
    let converted = try layout.converted(stored)
    let executor = try ReferenceExecutor(graph: lowered.graph, threads: 1) {
      (id) throws(ExecutionError) in converted[id.index]
    }
    let expected = try executor.run(
      inputs: [x], states: [], computing: lowered.outputs.map(\.value))
    #expect(agree(try fast.numbers([x]), expected.map { $0.doubles ?? [] }, tolerance: 1e-6))
  }

  @Test func masksAreRefused() throws {
    let harness = try RecurrentHarness("CuDNNLSTM", #"{"units": 2}"#, kerasMajor: 2)
    let error = #expect(throws: LayerError.self) { try harness.lower([2, 4, 3], mask: [2, 4]) }
    #expect(error?.code == .unsupported)
  }
}

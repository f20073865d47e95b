import HornbillCore
import HornbillLayers
import Testing

/// The shapes of outputs and variables, unknown extents included.
@Suite struct RecurrentShapeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let className: String
    let config: String
    let input: Shape
    let outputs: [Shape?]
    var major = 3
    var testDescription: String { "\(className) \(config) of \(input)" }
  }

  static let cases: [Case] = [
    Case(
      className: "LSTM", config: #"{"units": 3}"#, input: [nil, nil, 4], outputs: [[nil, 3]]),
    Case(
      className: "LSTM", config: #"{"units": 3, "return_sequences": true, "return_state": true}"#,
      input: [nil, nil, 4], outputs: [[nil, nil, 3], [nil, 3], [nil, 3]]),
    Case(
      className: "GRU", config: #"{"units": 3, "return_state": true}"#, input: [2, 5, 4],
      outputs: [[2, 3], [2, 3]]),
    Case(
      className: "SimpleRNN",
      config: #"{"units": 3, "return_sequences": true, "time_major": true}"#,
      input: [5, nil, 4], outputs: [[5, nil, 3]], major: 2),
    Case(
      className: "LSTM", config: #"{"units": 3, "time_major": true}"#, input: [5, 2, 4],
      outputs: [[2, 3]], major: 2),
    Case(
      className: "RNN",
      config:
        #"{"return_state": true, "cell": [{"class_name": "LSTMCell", "config": {"units": 2}}, {"class_name": "GRUCell", "config": {"units": 5}}]}"#,
      input: [nil, nil, 4], outputs: [[nil, 5], [nil, 2], [nil, 2], [nil, 5]]),
    Case(
      className: "RNN", config: #"{"cell": {"class_name": "Mine", "config": {}}}"#,
      input: [nil, nil, 4], outputs: [nil]),
    Case(
      className: "Bidirectional",
      config: #"{"layer": {"class_name": "LSTM", "config": {"units": 3, "return_state": true}}}"#,
      input: [nil, 6, 4], outputs: [[nil, 6], [nil, 3], [nil, 3], [nil, 3], [nil, 3]]),
    Case(
      className: "Bidirectional",
      config:
        #"{"merge_mode": null, "layer": {"class_name": "GRU", "config": {"units": 3, "return_sequences": true}}}"#,
      input: [nil, nil, 4], outputs: [[nil, nil, 3], [nil, nil, 3]]),
    Case(
      className: "Bidirectional",
      config: #"{"merge_mode": "mul", "layer": {"class_name": "GRU", "config": {"units": 3}}}"#,
      input: [nil, nil, 4], outputs: [[nil, 3]]),
    Case(
      className: "TimeDistributed",
      config: #"{"layer": {"class_name": "Dense", "config": {"units": 3}}}"#,
      input: [nil, nil, 7, 4], outputs: [[nil, nil, 7, 3]]),
    Case(
      className: "TimeDistributed",
      config: #"{"layer": {"class_name": "LSTM", "config": {"units": 3}}}"#,
      input: [nil, 5, nil, 4], outputs: [[nil, 5, 3]]),
    Case(
      className: "TimeDistributed", config: #"{"layer": {"class_name": "Mine", "config": {}}}"#,
      input: [nil, 5, 4], outputs: [nil]),
    Case(
      className: "ConvLSTM1D",
      config: #"{"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}"#,
      input: [nil, nil, 7, 3], outputs: [[nil, 4, 2]]),
    Case(
      className: "ConvLSTM2D",
      config:
        #"{"filters": 2, "kernel_size": [3, 2], "data_format": "channels_first", "return_sequences": true, "return_state": true}"#,
      input: [nil, 4, 3, nil, 6],
      outputs: [[nil, 4, 2, nil, 5], [nil, 2, nil, 5], [nil, 2, nil, 5]]),
    Case(
      className: "ConvLSTM3D",
      config: #"{"filters": 2, "kernel_size": 2, "dilation_rate": 2, "return_sequences": true}"#,
      input: [nil, nil, 4, 5, 6, 1], outputs: [[nil, nil, 2, 3, 4, 2]]),
    Case(
      className: "CuDNNGRU", config: #"{"units": 3, "return_sequences": true}"#,
      input: [nil, nil, 4], outputs: [[nil, nil, 3]], major: 2),
    Case(
      className: "Embedding", config: #"{"input_dim": 9, "output_dim": 4}"#, input: [nil, nil],
      outputs: [[nil, nil, 4]]),
    Case(className: "Masking", config: "{}", input: [nil, nil, 4], outputs: [[nil, nil, 4]]),
  ]

  @Test(arguments: cases)
  func outputsHaveKerasShapes(example: Case) throws {
    let harness = try RecurrentHarness(
      example.className, example.config, kerasMajor: example.major)
    #expect(try harness.shapes(example.input) == example.outputs)
  }

  @Test(arguments: [
    ("LSTM", #"{"units": 3}"#, ["kernel (4, 12)", "recurrent_kernel (3, 12)", "bias (12)"]),
    ("LSTM", #"{"units": 3, "use_bias": false}"#, ["kernel (4, 12)", "recurrent_kernel (3, 12)"]),
    (
      "GRU", #"{"units": 3, "reset_after": true}"#,
      ["kernel (4, 9)", "recurrent_kernel (3, 9)", "bias (2, 9)"]
    ),
    (
      "GRU", #"{"units": 3, "reset_after": false}"#,
      ["kernel (4, 9)", "recurrent_kernel (3, 9)", "bias (9)"]
    ),
    ("SimpleRNN", #"{"units": 3}"#, ["kernel (4, 3)", "recurrent_kernel (3, 3)", "bias (3)"]),
    ("CuDNNLSTM", #"{"units": 3}"#, ["kernel (4, 12)", "recurrent_kernel (3, 12)", "bias (24)"]),
    ("CuDNNGRU", #"{"units": 3}"#, ["kernel (4, 9)", "recurrent_kernel (3, 9)", "bias (18)"]),
  ])
  func variablesAreInKerasOrder(className: String, config: String, weights: [String]) throws {
    let harness = try RecurrentHarness(className, config)
    #expect(try harness.weights([nil, nil, 4]) == weights)
  }

  @Test func variablesOfAConvolutionalCell() throws {
    let harness = try RecurrentHarness(
      "ConvLSTM2D", #"{"filters": 2, "kernel_size": [3, 2], "data_format": "channels_first"}"#)
    #expect(
      try harness.weights([nil, 4, 5, 6, 7])
        == ["kernel (3, 2, 5, 8)", "recurrent_kernel (3, 2, 2, 8)", "bias (8)"])
  }

  @Test(arguments: [
    ("LSTM", #"{"units": 3}"#, Shape([nil, 4])), ("LSTM", #"{"units": 3}"#, Shape([nil, 5, nil])),
    ("GRU", #"{"units": 3}"#, Shape([nil, 5, 4, 2])),
    ("ConvLSTM1D", #"{"filters": 2, "kernel_size": 3}"#, Shape([nil, 5, 2, 1])),
    ("ConvLSTM2D", #"{"filters": 2, "kernel_size": 3}"#, Shape([nil, 5, 4, 4])),
    ("ConvLSTM2D", #"{"filters": 2, "kernel_size": 3}"#, Shape([nil, 5, 4, 4, nil])),
    (
      "TimeDistributed", #"{"layer": {"class_name": "Dense", "config": {"units": 3}}}"#,
      Shape([nil, 4])
    ),
    ("CuDNNLSTM", #"{"units": 3}"#, Shape([nil, 4])),
  ])
  func inputsThatDoNotFit(className: String, config: String, input: Shape) throws {
    let harness = try RecurrentHarness(className, config)
    let error = #expect(throws: LayerError.self) { try harness.shapes(input) }
    #expect(error?.code == .shape)
  }

  @Test func unitsBeyondTheIntegers() throws {
    let harness = try RecurrentHarness("LSTM", #"{"units": 4611686018427387904}"#)
    let error = #expect(throws: LayerError.self) { try harness.shapes([nil, nil, 4]) }
    #expect(error?.code == .shape)
  }
}

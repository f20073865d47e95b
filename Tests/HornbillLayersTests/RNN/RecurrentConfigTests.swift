import HornbillCore
import HornbillLayers
import Testing

/// What the configurations of recurrent layers must say, and what they may not.
@Suite struct RecurrentConfigTests {
  struct Fault: Sendable, CustomTestStringConvertible {
    let className: String
    let config: String
    let code: LayerError.Code
    let words: [String]
    var testDescription: String { "\(className) \(config)" }
  }

  private static let cell = #"{"class_name": "LSTMCell", "config": {"units": 2}}"#
  private static let lstm = #"{"class_name": "LSTM", "config": {"units": 2}}"#

  static let faults: [Fault] = [
    Fault(className: "LSTM", config: "{}", code: .configuration, words: ["units", "absent"]),
    Fault(
      className: "GRU", config: #"{"units": 0}"#, code: .configuration, words: ["GRU.units", "0"]),
    Fault(
      className: "SimpleRNN", config: #"{"units": 2, "return_sequences": "yes"}"#,
      code: .configuration, words: ["return_sequences", "yes"]),
    Fault(
      className: "LSTM", config: #"{"units": 2, "num_constants": 1}"#, code: .unsupported,
      words: ["num_constants"]),
    Fault(className: "RNN", config: "{}", code: .configuration, words: ["cell", "absent"]),
    Fault(
      className: "RNN", config: #"{"cell": []}"#, code: .configuration, words: ["cell", "list"]),
    Fault(
      className: "StackedRNNCells", config: #"{"cells": []}"#, code: .configuration,
      words: ["cells"]),
    Fault(
      className: "Bidirectional", config: #"{"layer": \#(lstm), "merge_mode": "max"}"#,
      code: .configuration, words: ["merge_mode", "max", "concat"]),
    Fault(
      className: "Bidirectional", config: #"{"layer": \#(lstm), "backward_layer": \#(lstm)}"#,
      code: .configuration, words: ["go_backwards"]),
    Fault(
      className: "Bidirectional",
      config:
        #"{"layer": \#(lstm), "backward_layer": {"class_name": "LSTM", "config": {"units": 2, "go_backwards": true, "return_sequences": true}}}"#,
      code: .configuration, words: ["return_sequences"]),
    Fault(
      className: "TimeDistributed", config: #"{"layer": 3}"#, code: .configuration,
      words: ["layer", "3"]),
    Fault(
      className: "ConvLSTM2D", config: #"{"filters": 2, "kernel_size": [3]}"#,
      code: .configuration, words: ["kernel_size"]),
    Fault(
      className: "ConvLSTM1D", config: #"{"filters": 2, "kernel_size": 3, "padding": "causal"}"#,
      code: .configuration, words: ["padding", "causal"]),
    Fault(
      className: "ConvLSTM3D", config: #"{"filters": 2, "kernel_size": 3, "data_format": "th"}"#,
      code: .configuration, words: ["data_format", "th"]),
    Fault(
      className: "CuDNNLSTM", config: #"{"units": -1}"#, code: .configuration,
      words: ["units", "-1"]),
    Fault(
      className: "Embedding", config: #"{"output_dim": 3}"#, code: .configuration,
      words: ["input_dim", "absent"]),
    Fault(
      className: "Embedding", config: #"{"input_dim": 3, "output_dim": 2.5}"#,
      code: .configuration, words: ["output_dim", "2.5"]),
    Fault(
      className: "Masking", config: #"{"mask_value": "zero"}"#, code: .configuration,
      words: ["mask_value", "zero"]),
  ]

  @Test(arguments: faults)
  func faultIsNamed(fault: Fault) {
    let error = #expect(throws: LayerError.self) {
      try RecurrentHarness(fault.className, fault.config)
    }
    #expect(error?.code == fault.code)
    for word in fault.words { #expect(error?.detail.contains(word) == true, "\(word)") }
  }

  @Test func convolutionalCellsStandInTheirLayersOnly() {
    let error = #expect(throws: LayerError.self) {
      try ConvLSTMCell(
        config: LayerConfig(
          className: "ConvLSTMCell", name: "cell", fields: JSONObject(),
          context: DecodingContext(rules: SemanticRules(kerasMajor: 3))))
    }
    #expect(error?.code == .unsupported)
  }

  @Test(arguments: [(1, false), (2, false), (3, true)])
  func absentResetAfterDependsOnTheGeneration(major: Int, expected: Bool) throws {
    let harness = try RecurrentHarness("GRU", #"{"units": 2}"#, kerasMajor: major)
    let gru = try #require(harness.instance.layer as? GRU)
    let cell = try #require(gru.cell.layer as? GRUCell)
    #expect(cell.resetAfter == expected)
  }

  @Test func listOfCellsIsAStack() throws {
    let harness = try RecurrentHarness("RNN", #"{"cell": [\#(Self.cell), \#(Self.cell)]}"#)
    let rnn = try #require(harness.instance.layer as? RNN)
    let stack = try #require(rnn.cell.layer as? StackedRNNCells)
    #expect(stack.cells.count == 2)
    #expect(rnn.cell.name == "stacked_rnn_cells")
  }

  /// Keras 3 keeps a prefix that a name has; Keras 2 always adds it.
  @Test(arguments: [
    (3, "a", "forward_a", "backward_a"), (3, "forward_a", "forward_a", "backward_forward_a"),
    (2, "forward_a", "forward_forward_a", "backward_forward_a"),
  ])
  func halvesAreNamed(major: Int, name: String, forward: String, backward: String) throws {
    let layer = #"{"class_name": "LSTM", "config": {"name": "\#(name)", "units": 2}}"#
    let harness = try RecurrentHarness(
      "Bidirectional", #"{"layer": \#(layer)}"#, kerasMajor: major)
    let halves = harness.instance.layer.sublayers
    #expect(halves.map(\.instance.name) == [forward, backward])
    #expect(halves.map(\.attribute) == ["forward_layer", "backward_layer"])
  }

  /// Both halves give zeros in masked steps exactly when they give sequences.
  @Test(arguments: [true, false])
  func halvesForceZeros(sequences: Bool) throws {
    let layer =
      #"{"class_name": "GRU", "config": {"units": 2, "return_sequences": \#(sequences), "zero_output_for_mask": \#(!sequences)}}"#
    let harness = try RecurrentHarness("Bidirectional", #"{"layer": \#(layer)}"#)
    let options = harness.instance.layer.sublayers.map { ($0.instance.layer as? GRU)?.options }
    #expect(options.map { $0?.zeroOutputForMask } == [sequences, sequences])
    #expect(options.map { $0?.goBackwards } == [false, true])
  }

  @Test func twoHalvesHaveTheirOwnVariables() throws {
    let layer = Bidirectional(LayerInstance(LSTM(units: 2), name: "lstm"))
    let harness = RecurrentHarness(layer)
    let names = try harness.weights([nil, 4, 3])
    #expect(names.count == 6)
    let cells = layer.sublayers.flatMap { $0.instance.layer.sublayers.map(\.instance.id) }
    #expect(Set(cells).count == 2)
  }

  /// A layer that is an activation belongs to the layer that made the cell, else to the cell.
  @Test(arguments: [true, false])
  func activationLayersAreListedOnce(isMadeByLayer: Bool) throws {
    let activation = #"{"class_name": "Dense", "config": {"name": "act", "units": 2}}"#
    let config = #"{"units": 2, "activation": \#(activation)}"#
    let cell = #"{"cell": {"class_name": "GRUCell", "config": \#(config)}}"#
    let harness = try RecurrentHarness(
      isMadeByLayer ? "GRU" : "RNN", isMadeByLayer ? config : cell)
    let layer = harness.instance.layer
    let inner = try #require(layer.sublayers.first).instance.layer.sublayers
    #expect(
      layer.sublayers.map(\.attribute) == (isMadeByLayer ? ["cell", "activation"] : ["cell"]))
    #expect(inner.map(\.attribute) == (isMadeByLayer ? [] : ["activation"]))
    #expect(try harness.weights([nil, nil, 4]).suffix(2) == ["kernel (2, 2)", "bias (2)"])
  }

  @Test func onlyRecurrentLayersAreHalves() {
    let error = #expect(throws: LayerError.self) {
      let layer = Bidirectional(LayerInstance(Dense(units: 2), name: "dense"))
      _ = try RecurrentHarness(layer).weights([nil, 4, 3])
    }
    #expect(error?.detail.contains("Dense") == true)
  }
}

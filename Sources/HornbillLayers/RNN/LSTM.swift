public import HornbillCore

/// A long short-term memory; the step is ``LSTMCell``'s.
///
/// - Input: `(batch, time, in)`; initial states `h`, `c`, each `(batch, units)`, if given, else zeros.
/// - Output: `(batch, units)`, or `(batch, time, units)` with `returnSequences`; with `returnState` also `h` and `c`.
/// - Weights: those of the cell.
/// - Source: Keras 3, `keras/src/layers/rnn/lstm.py`.
public struct LSTM: CellNetwork {
  public static let className = "LSTM"

  /// The cell, an ``LSTMCell``.
  public package(set) var cell: LayerInstance
  /// How the layer goes through the sequence.
  public var options: RecurrentOptions

  /// Makes a layer.
  public init(
    units: Int, activation: Activation = .tanh, recurrentActivation: Activation = .sigmoid,
    useBias: Bool = true, returnSequences: Bool = false, returnState: Bool = false,
    goBackwards: Bool = false, stateful: Bool = false, unroll: Bool = false
  ) {
    cell = LayerInstance(
      LSTMCell(
        units: units, activation: activation, recurrentActivation: recurrentActivation,
        useBias: useBias),
      name: "lstm_cell")
    options = RecurrentOptions(
      returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
      stateful: stateful, unroll: unroll)
  }

  public init(config: LayerConfig) throws(LayerError) {
    cell = try config.recurrentCell(LSTMCell(config: config).madeByLayer(), name: "lstm_cell")
    options = try RecurrentOptions(config: config)
  }
}

public import HornbillCore

/// A fully connected recurrent layer whose output is its next state; the step is ``SimpleRNNCell``'s.
///
/// - Input: `(batch, time, in)`; initial state `(batch, units)` if given, else zeros.
/// - Output: `(batch, units)`, or `(batch, time, units)` with `returnSequences`; with `returnState` the state too.
/// - Weights: those of the cell.
/// - Source: Keras 3, `keras/src/layers/rnn/simple_rnn.py`.
public struct SimpleRNN: CellNetwork {
  public static let className = "SimpleRNN"

  /// The cell, a ``SimpleRNNCell``.
  public package(set) var cell: LayerInstance
  /// How the layer goes through the sequence.
  public var options: RecurrentOptions

  /// Makes a layer.
  public init(
    units: Int, activation: Activation = .tanh, useBias: Bool = true,
    returnSequences: Bool = false, returnState: Bool = false, goBackwards: Bool = false,
    stateful: Bool = false, unroll: Bool = false
  ) {
    cell = LayerInstance(
      SimpleRNNCell(units: units, activation: activation, useBias: useBias),
      name: "simple_rnn_cell")
    options = RecurrentOptions(
      returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
      stateful: stateful, unroll: unroll)
  }

  public init(config: LayerConfig) throws(LayerError) {
    cell = try config.recurrentCell(
      SimpleRNNCell(config: config).madeByLayer(), name: "simple_rnn_cell")
    options = try RecurrentOptions(config: config)
  }
}

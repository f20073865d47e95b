public import HornbillCore

/// A gated recurrent unit; the step is ``GRUCell``'s.
///
/// - Input: `(batch, time, in)`; initial state `(batch, units)` if given, else zeros.
/// - Output: `(batch, units)`, or `(batch, time, units)` with `returnSequences`; with `returnState` the state too.
/// - Weights: those of the cell.
/// - Source: Keras 3, `keras/src/layers/rnn/gru.py`.
public struct GRU: CellNetwork {
  public static let className = "GRU"

  /// The cell, a ``GRUCell``.
  public package(set) var cell: LayerInstance
  /// How the layer goes through the sequence.
  public var options: RecurrentOptions

  /// Makes a layer.
  public init(
    units: Int, activation: Activation = .tanh, recurrentActivation: Activation = .sigmoid,
    useBias: Bool = true, returnSequences: Bool = false, returnState: Bool = false,
    goBackwards: Bool = false, stateful: Bool = false, unroll: Bool = false,
    resetAfter: Bool = true
  ) {
    cell = LayerInstance(
      GRUCell(
        units: units, activation: activation, recurrentActivation: recurrentActivation,
        useBias: useBias, resetAfter: resetAfter),
      name: "gru_cell")
    options = RecurrentOptions(
      returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
      stateful: stateful, unroll: unroll)
  }

  public init(config: LayerConfig) throws(LayerError) {
    cell = try config.recurrentCell(GRUCell(config: config).madeByLayer(), name: "gru_cell")
    options = try RecurrentOptions(config: config)
  }
}

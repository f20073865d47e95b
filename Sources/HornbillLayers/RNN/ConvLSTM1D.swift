public import HornbillCore

/// A convolutional long short-term memory over one spatial axis; the step is ``ConvLSTMCell``'s.
///
/// - Input: `(batch, time, steps, in)`, with `channelsFirst` the channels after the time; initial states `h`, `c` of the
///   output's shape without the time if given, else zeros.
/// - Output: that of the last step, or with the time axis with `returnSequences`; with `returnState` also `h` and `c`.
/// - Weights: those of the cell.
/// - Source: Keras 3, `keras/src/layers/rnn/conv_lstm1d.py`.
public struct ConvLSTM1D: CellNetwork {
  public static let className = "ConvLSTM1D"

  /// The cell, a ``ConvLSTMCell``.
  public package(set) var cell: LayerInstance
  /// How the layer goes through the sequence.
  public var options: RecurrentOptions

  /// Makes a layer.
  public init(
    filters: Int, kernelSize: Int, strides: Int = 1, padding: ConvLSTMCell.Padding = .valid,
    channelsFirst: Bool = false, dilationRate: Int = 1, activation: Activation = .tanh,
    recurrentActivation: Activation = .sigmoid, useBias: Bool = true,
    returnSequences: Bool = false, returnState: Bool = false, goBackwards: Bool = false,
    stateful: Bool = false
  ) {
    cell = LayerInstance(
      ConvLSTMCell(
        filters: filters, kernelSize: [Int](repeating: kernelSize, count: 1),
        strides: [Int](repeating: strides, count: 1), padding: padding,
        channelsFirst: channelsFirst,
        dilationRate: [Int](repeating: dilationRate, count: 1), activation: activation,
        recurrentActivation: recurrentActivation, useBias: useBias),
      name: "conv_lstm_cell")
    options = RecurrentOptions(
      returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
      stateful: stateful)
  }

  public init(config: LayerConfig) throws(LayerError) {
    cell = try config.recurrentCell(
      ConvLSTMCell(config: config, axes: 1).madeByLayer(), name: "conv_lstm_cell")
    options = try RecurrentOptions(config: config)
  }
}

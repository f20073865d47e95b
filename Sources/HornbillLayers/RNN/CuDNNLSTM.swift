public import HornbillCore

/// A long short-term memory in the layout of NVIDIA's cuDNN, as Keras 2 has it; it computes what ``LSTM`` does.
///
/// - Input: `(batch, time, in)`; initial states `(batch, units)` if given, else zeros.
/// - Output: `(batch, units)`, or `(batch, time, units)` with `returnSequences`; with `returnState` states `h`, `c` too.
/// - Weights: `kernel` (in, 4 · units), `recurrent_kernel` (units, 4 · units), `bias` (8 · units), the columns in the
///   order i, f, c, o; see ``CuDNNLayout`` for their meaning.
/// - Masks: none, as in Keras.
/// - Source: Keras 2.15, `keras/src/layers/rnn/cudnn_lstm.py`.
public struct CuDNNLSTM: CuDNNNetwork {
  public static let className = "CuDNNLSTM"

  /// The extent of each state.
  public let units: Int
  /// How the layer goes through the sequence.
  public var options: RecurrentOptions

  /// Makes a layer.
  public init(
    units: Int, returnSequences: Bool = false, returnState: Bool = false,
    goBackwards: Bool = false, stateful: Bool = false
  ) {
    self.units = units
    options = RecurrentOptions(
      returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
      stateful: stateful)
  }

  public init(config: LayerConfig) throws(LayerError) {
    units = try config.positive("units")
    options = try RecurrentOptions(config: config)
  }

  package static let layout = CuDNNLayout.lstm
}

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
  /// How the variables are made and trained.
  public let training: RecurrentTraining
  /// Whether the bias of the forget gate begins at 1.
  public let unitForgetBias: Bool
  private let activityRegularizer: Regularizer?

  /// Makes a layer.
  public init(
    units: Int, returnSequences: Bool = false, returnState: Bool = false,
    goBackwards: Bool = false, stateful: Bool = false
  ) {
    self.units = units
    training = RecurrentTraining()
    unitForgetBias = true
    activityRegularizer = nil
    options = RecurrentOptions(
      returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
      stateful: stateful)
  }

  public init(config: LayerConfig) throws(LayerError) {
    units = try config.positive("units")
    options = try RecurrentOptions(config: config)
    training = try RecurrentTraining(config: config)
    unitForgetBias = try config.bool("unit_forget_bias", default: true)
    activityRegularizer = config.regularizer("activity_regularizer")
  }

  /// Gives the arguments of the `LSTM` that computes the same; Keras 3 does not have this class.
  public func encode(to config: inout ConfigEncoder) {
    options.encode(to: &config)
    var cell = LSTMCell(units: units, unitForgetBias: unitForgetBias)
    cell.training = training
    cell.encode(to: &config, activityRegularizer: activityRegularizer)
  }

  package static let layout = CuDNNLayout.lstm
}

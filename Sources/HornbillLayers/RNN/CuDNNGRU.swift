public import HornbillCore

/// A gated recurrent unit in the layout of NVIDIA's cuDNN, as Keras 2 has it; it computes what ``GRU`` does with `resetAfter`.
///
/// - Input: `(batch, time, in)`; initial state `(batch, units)` if given, else zeros.
/// - Output: `(batch, units)`, or `(batch, time, units)` with `returnSequences`; with `returnState` the state too.
/// - Weights: `kernel` (in, 3 · units), `recurrent_kernel` (units, 3 · units), `bias` (6 · units), the columns in the
///   order z, r, g; see ``CuDNNLayout`` for their meaning.
/// - Masks: none, as in Keras.
/// - Source: Keras 2.15, `keras/src/layers/rnn/cudnn_gru.py`.
public struct CuDNNGRU: CuDNNNetwork {
  public static let className = "CuDNNGRU"

  /// The extent of the state.
  public let units: Int
  /// How the layer goes through the sequence.
  public var options: RecurrentOptions
  /// How the variables are made and trained.
  public let training: RecurrentTraining
  private let activityRegularizer: Regularizer?

  /// Makes a layer.
  public init(
    units: Int, returnSequences: Bool = false, returnState: Bool = false,
    goBackwards: Bool = false, stateful: Bool = false
  ) {
    self.units = units
    training = RecurrentTraining()
    activityRegularizer = nil
    options = RecurrentOptions(
      returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
      stateful: stateful)
  }

  public init(config: LayerConfig) throws(LayerError) {
    units = try config.positive("units")
    options = try RecurrentOptions(config: config)
    training = try RecurrentTraining(config: config)
    activityRegularizer = config.regularizer("activity_regularizer")
  }

  /// Gives the arguments of the `GRU` that computes the same; Keras 3 does not have this class.
  public func encode(to config: inout ConfigEncoder) {
    options.encode(to: &config)
    var cell = GRUCell(units: units)
    cell.training = training
    cell.encode(to: &config, activityRegularizer: activityRegularizer)
  }

  package static let layout = CuDNNLayout.gru
}

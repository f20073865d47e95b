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
  /// The penalty on the output in training.
  public var activityRegularizer: Regularizer?

  /// Makes a layer.
  ///
  /// Building a model throws ``LayerError`` when `units` is not above 0 or a share is not from 0 to 1.
  public init(
    units: Int, activation: Activation = .tanh, recurrentActivation: Activation = .sigmoid,
    useBias: Bool = true, kernelInitializer: Initializer? = .glorotUniform(),
    recurrentInitializer: Initializer? = .orthogonal(), biasInitializer: Initializer? = .zeros,
    unitForgetBias: Bool = true, kernelRegularizer: Regularizer? = nil,
    recurrentRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    activityRegularizer: Regularizer? = nil,
    kernelConstraint: Constraint? = nil, recurrentConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil, dropout: Double = 0, recurrentDropout: Double = 0,
    seed: Int? = nil, returnSequences: Bool = false, returnState: Bool = false,
    goBackwards: Bool = false, stateful: Bool = false, unroll: Bool = false
  ) {
    self.activityRegularizer = activityRegularizer
    cell = LayerInstance(
      LSTMCell(
        units: units, activation: activation, recurrentActivation: recurrentActivation,
        useBias: useBias, unitForgetBias: unitForgetBias,
        training: RecurrentTraining(
          kernel: (kernelInitializer, kernelRegularizer, kernelConstraint),
          recurrent: (recurrentInitializer, recurrentRegularizer, recurrentConstraint),
          bias: (biasInitializer, biasRegularizer, biasConstraint), dropout: dropout,
          recurrentDropout: recurrentDropout, seed: seed)
      ).madeByLayer(),
      name: "lstm_cell")
    options = RecurrentOptions(
      returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
      stateful: stateful, unroll: unroll)
  }

  public init(config: LayerConfig) throws(LayerError) {
    cell = try config.recurrentCell(LSTMCell(config: config).madeByLayer(), name: "lstm_cell")
    options = try RecurrentOptions(config: config)
    activityRegularizer = config.regularizer("activity_regularizer")
  }
}

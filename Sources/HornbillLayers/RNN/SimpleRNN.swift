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
  /// The penalty on the output in training.
  public var activityRegularizer: Regularizer?

  /// Makes a layer.
  ///
  /// Building a model throws ``LayerError`` when `units` is not above 0 or a share is not from 0 to 1.
  public init(
    units: Int, activation: Activation = .tanh, useBias: Bool = true,
    kernelInitializer: Initializer? = .glorotUniform(),
    recurrentInitializer: Initializer? = .orthogonal(), biasInitializer: Initializer? = .zeros,
    kernelRegularizer: Regularizer? = nil,
    recurrentRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    activityRegularizer: Regularizer? = nil,
    kernelConstraint: Constraint? = nil, recurrentConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil, dropout: Double = 0, recurrentDropout: Double = 0,
    seed: Int? = nil, returnSequences: Bool = false, returnState: Bool = false,
    goBackwards: Bool = false, stateful: Bool = false, unroll: Bool = false
  ) {
    self.activityRegularizer = activityRegularizer
    cell = LayerInstance(
      SimpleRNNCell(
        units: units, activation: activation, useBias: useBias,
        training: RecurrentTraining(
          kernel: (kernelInitializer, kernelRegularizer, kernelConstraint),
          recurrent: (recurrentInitializer, recurrentRegularizer, recurrentConstraint),
          bias: (biasInitializer, biasRegularizer, biasConstraint), dropout: dropout,
          recurrentDropout: recurrentDropout, seed: seed)
      ).madeByLayer(),
      name: "simple_rnn_cell")
    options = RecurrentOptions(
      returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
      stateful: stateful, unroll: unroll)
  }

  public init(config: LayerConfig) throws(LayerError) {
    cell = try config.recurrentCell(
      SimpleRNNCell(config: config).madeByLayer(), name: "simple_rnn_cell")
    options = try RecurrentOptions(config: config)
    activityRegularizer = config.regularizer("activity_regularizer")
  }
}

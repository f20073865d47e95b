public import HornbillCore

/// A convolutional long short-term memory over three spatial axes; the step is ``ConvLSTMCell``'s.
///
/// - Input: `(batch, time, depth, rows, columns, in)`, with `channelsFirst` the channels after the time; initial states `h`, `c` of the
///   output's shape without the time if given, else zeros.
/// - Output: that of the last step, or with the time axis with `returnSequences`; with `returnState` also `h` and `c`.
/// - Weights: those of the cell.
/// - Source: Keras 3, `keras/src/layers/rnn/conv_lstm3d.py`.
public struct ConvLSTM3D: CellNetwork {
  public static let className = "ConvLSTM3D"

  /// The cell, a ``ConvLSTMCell``.
  public package(set) var cell: LayerInstance
  /// How the layer goes through the sequence.
  public var options: RecurrentOptions
  /// The penalty on the output in training.
  public var activityRegularizer: Regularizer?

  /// Makes a layer.
  ///
  /// Building a model throws ``LayerError`` when an extent is not above 0 or a share is not from 0 to 1.
  public init(
    filters: Int, kernelSize: (Int, Int, Int), strides: (Int, Int, Int) = (1, 1, 1),
    padding: ConvLSTMCell.Padding = .valid,
    dataFormat: DataFormat = .channelsLast, dilationRate: (Int, Int, Int) = (1, 1, 1),
    activation: Activation = .tanh,
    recurrentActivation: Activation = .sigmoid, useBias: Bool = true,
    kernelInitializer: Initializer? = .glorotUniform(),
    recurrentInitializer: Initializer? = .orthogonal(), biasInitializer: Initializer? = .zeros,
    unitForgetBias: Bool = true, kernelRegularizer: Regularizer? = nil,
    recurrentRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    activityRegularizer: Regularizer? = nil,
    kernelConstraint: Constraint? = nil, recurrentConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil, dropout: Double = 0, recurrentDropout: Double = 0,
    seed: Int? = nil, returnSequences: Bool = false, returnState: Bool = false,
    goBackwards: Bool = false, stateful: Bool = false
  ) {
    self.activityRegularizer = activityRegularizer
    cell = LayerInstance(
      ConvLSTMCell(
        filters: filters, kernelSize: [kernelSize.0, kernelSize.1, kernelSize.2],
        strides: [strides.0, strides.1, strides.2], padding: padding,
        channelsFirst: dataFormat == .channelsFirst,
        dilationRate: [dilationRate.0, dilationRate.1, dilationRate.2], activation: activation,
        recurrentActivation: recurrentActivation, useBias: useBias,
        unitForgetBias: unitForgetBias,
        training: RecurrentTraining(
          kernel: (kernelInitializer, kernelRegularizer, kernelConstraint),
          recurrent: (recurrentInitializer, recurrentRegularizer, recurrentConstraint),
          bias: (biasInitializer, biasRegularizer, biasConstraint), dropout: dropout,
          recurrentDropout: recurrentDropout, seed: seed)
      ).madeByLayer(),
      name: "conv_lstm_cell")
    options = RecurrentOptions(
      returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
      stateful: stateful)
  }

  public init(config: LayerConfig) throws(LayerError) {
    cell = try config.recurrentCell(
      ConvLSTMCell(config: config, axes: 3).madeByLayer(), name: "conv_lstm_cell")
    options = try RecurrentOptions(config: config)
    activityRegularizer = config.regularizer("activity_regularizer")
  }
}

import HornbillCore
import HornbillLayers

/// How a variable is made and trained in the goldens, none of it Keras's default.
private struct Variable {
  let initializer: Initializer
  let regularizer: Regularizer
  let constraint: Constraint
}

private let first = Variable(
  initializer: .heNormal(seed: 3), regularizer: .l1l2(l1: 0.125, l2: 0.25),
  constraint: .maxNorm(maxValue: 3, axes: [0, 1]))
private let second = Variable(
  initializer: .randomUniform(minval: -0.5, maxval: 0.25, seed: 4),
  regularizer: .orthogonal(factor: 0.5, mode: .columns), constraint: .unitNorm(axes: [1]))
private let third = Variable(
  initializer: .constant(0.5), regularizer: .l1(0.5), constraint: .nonNegative)
private let penalty = Regularizer.l2(0.0625)

extension MadeLayer {
  /// The layers that have variables, made from all of their arguments.
  static let variables: [MadeLayer] = [
    dense, convolutions, transposed, depthwise, normalizations, networks, cells, convolutionalLSTMs,
    attentions, wrappers,
  ].flatMap { $0.map { MadeLayer(layer: $0, golden: "all") } }

  private static let dense: [any Layer] = [
    Dense(
      units: 4, activation: .relu(), useBias: false, kernelInitializer: first.initializer,
      biasInitializer: second.initializer, kernelRegularizer: first.regularizer,
      biasRegularizer: second.regularizer, activityRegularizer: penalty,
      kernelConstraint: first.constraint, biasConstraint: second.constraint),
    EinsumDense(
      equation: "...x,xy->...y", outputShape: [4], activation: .tanh, biasAxes: "y",
      kernelInitializer: first.initializer, biasInitializer: second.initializer,
      kernelRegularizer: first.regularizer, biasRegularizer: second.regularizer,
      activityRegularizer: penalty, kernelConstraint: first.constraint,
      biasConstraint: second.constraint),
    Embedding(
      inputDim: 8, outputDim: 4, embeddingsInitializer: first.initializer,
      embeddingsRegularizer: first.regularizer, activityRegularizer: penalty,
      embeddingsConstraint: first.constraint, maskZero: true),
    ReversibleEmbedding(
      inputDim: 8, outputDim: 4, tieWeights: false, embeddingsInitializer: first.initializer,
      embeddingsRegularizer: first.regularizer, activityRegularizer: penalty,
      embeddingsConstraint: first.constraint, maskZero: true, reverseDType: .float32,
      logitSoftCap: 30),
    PReLU(
      alphaInitializer: first.initializer, alphaRegularizer: first.regularizer,
      alphaConstraint: first.constraint, sharedAxes: [1, 2]),
  ]

  private static let convolutions: [any Layer] = [
    Conv1D(
      filters: 6, kernelSize: 3, strides: 2, padding: .same, dataFormat: .channelsFirst,
      groups: 2, activation: .gelu(approximate: false), useBias: false,
      kernelInitializer: first.initializer, biasInitializer: second.initializer,
      kernelRegularizer: first.regularizer, biasRegularizer: second.regularizer,
      activityRegularizer: penalty, kernelConstraint: first.constraint,
      biasConstraint: second.constraint),
    Conv2D(
      filters: 6, kernelSize: (2, 3), strides: (2, 1), padding: .same, dataFormat: .channelsFirst,
      groups: 2, activation: .gelu(approximate: false), useBias: false,
      kernelInitializer: first.initializer, biasInitializer: second.initializer,
      kernelRegularizer: first.regularizer, biasRegularizer: second.regularizer,
      activityRegularizer: penalty, kernelConstraint: first.constraint,
      biasConstraint: second.constraint),
    Conv3D(
      filters: 6, kernelSize: (2, 3, 4), strides: (2, 1, 2), padding: .same,
      dataFormat: .channelsFirst, groups: 2, activation: .gelu(approximate: false),
      useBias: false, kernelInitializer: first.initializer, biasInitializer: second.initializer,
      kernelRegularizer: first.regularizer, biasRegularizer: second.regularizer,
      activityRegularizer: penalty, kernelConstraint: first.constraint,
      biasConstraint: second.constraint),
  ]

  private static let transposed: [any Layer] = [
    Conv1DTranspose(
      filters: 6, kernelSize: 3, strides: 2, padding: .same, outputPadding: 1,
      dataFormat: .channelsFirst, activation: .gelu(approximate: false), useBias: false,
      kernelInitializer: first.initializer, biasInitializer: second.initializer,
      kernelRegularizer: first.regularizer, biasRegularizer: second.regularizer,
      activityRegularizer: penalty, kernelConstraint: first.constraint,
      biasConstraint: second.constraint),
    Conv2DTranspose(
      filters: 6, kernelSize: (2, 3), strides: (2, 1), padding: .same, outputPadding: (1, 0),
      dataFormat: .channelsFirst, activation: .gelu(approximate: false), useBias: false,
      kernelInitializer: first.initializer, biasInitializer: second.initializer,
      kernelRegularizer: first.regularizer, biasRegularizer: second.regularizer,
      activityRegularizer: penalty, kernelConstraint: first.constraint,
      biasConstraint: second.constraint),
    Conv3DTranspose(
      filters: 6, kernelSize: (2, 3, 4), strides: (2, 1, 2), padding: .same,
      outputPadding: (1, 0, 1), dataFormat: .channelsFirst, activation: .gelu(approximate: false),
      useBias: false, kernelInitializer: first.initializer, biasInitializer: second.initializer,
      kernelRegularizer: first.regularizer, biasRegularizer: second.regularizer,
      activityRegularizer: penalty, kernelConstraint: first.constraint,
      biasConstraint: second.constraint),
  ]

  private static let depthwise: [any Layer] = [
    DepthwiseConv1D(
      kernelSize: 3, strides: 2, padding: .same, depthMultiplier: 3, dataFormat: .channelsFirst,
      activation: .elu(alpha: 1), useBias: false, depthwiseInitializer: first.initializer,
      biasInitializer: second.initializer, depthwiseRegularizer: first.regularizer,
      biasRegularizer: second.regularizer, activityRegularizer: penalty,
      depthwiseConstraint: first.constraint, biasConstraint: second.constraint),
    DepthwiseConv2D(
      kernelSize: (2, 3), strides: (2, 2), padding: .same, depthMultiplier: 3,
      dataFormat: .channelsFirst, activation: .elu(alpha: 1), useBias: false,
      depthwiseInitializer: first.initializer, biasInitializer: second.initializer,
      depthwiseRegularizer: first.regularizer, biasRegularizer: second.regularizer,
      activityRegularizer: penalty, depthwiseConstraint: first.constraint,
      biasConstraint: second.constraint),
    SeparableConv1D(
      filters: 6, kernelSize: 3, strides: 2, padding: .same, dataFormat: .channelsFirst,
      depthMultiplier: 2, activation: .elu(alpha: 1), useBias: false,
      depthwiseInitializer: first.initializer, pointwiseInitializer: second.initializer,
      biasInitializer: third.initializer, depthwiseRegularizer: first.regularizer,
      pointwiseRegularizer: second.regularizer, biasRegularizer: third.regularizer,
      activityRegularizer: penalty, depthwiseConstraint: first.constraint,
      pointwiseConstraint: second.constraint, biasConstraint: third.constraint),
    SeparableConv2D(
      filters: 6, kernelSize: (2, 3), strides: (2, 2), padding: .same,
      dataFormat: .channelsFirst, depthMultiplier: 2, activation: .elu(alpha: 1), useBias: false,
      depthwiseInitializer: first.initializer, pointwiseInitializer: second.initializer,
      biasInitializer: third.initializer, depthwiseRegularizer: first.regularizer,
      pointwiseRegularizer: second.regularizer, biasRegularizer: third.regularizer,
      activityRegularizer: penalty, depthwiseConstraint: first.constraint,
      pointwiseConstraint: second.constraint, biasConstraint: third.constraint),
  ]

  private static let normalizations: [any Layer] = [
    BatchNormalization(
      axis: 1, momentum: 0.5, epsilon: 0.125, center: false, scale: false,
      betaInitializer: first.initializer, gammaInitializer: second.initializer,
      movingMeanInitializer: .constant(0.5), movingVarianceInitializer: .heNormal(),
      betaRegularizer: first.regularizer, gammaRegularizer: second.regularizer,
      betaConstraint: first.constraint, gammaConstraint: second.constraint, synchronized: false),
    GroupNormalization(
      groups: 2, axis: 1, epsilon: 0.125, center: false, scale: false,
      betaInitializer: first.initializer, gammaInitializer: second.initializer,
      betaRegularizer: first.regularizer, gammaRegularizer: second.regularizer,
      betaConstraint: first.constraint, gammaConstraint: second.constraint),
    LayerNormalization(
      axes: [1, 2], epsilon: 0.125, center: false, scale: false,
      betaInitializer: first.initializer, gammaInitializer: second.initializer,
      betaRegularizer: first.regularizer, gammaRegularizer: second.regularizer,
      betaConstraint: first.constraint, gammaConstraint: second.constraint),
    RMSNormalization(axes: [1], epsilon: 0.125),
  ]

  private static let networks: [any Layer] = [
    // Keras gives neither the penalty on the output nor the seed.
    SimpleRNN(
      units: 4, activation: .relu(), useBias: false, kernelInitializer: first.initializer,
      recurrentInitializer: second.initializer, biasInitializer: third.initializer,
      kernelRegularizer: first.regularizer, recurrentRegularizer: second.regularizer,
      biasRegularizer: third.regularizer,
      kernelConstraint: first.constraint, recurrentConstraint: second.constraint,
      biasConstraint: third.constraint, dropout: 0.25, recurrentDropout: 0.5,
      returnSequences: true, returnState: true, goBackwards: true, stateful: true, unroll: true),
    GRU(
      units: 4, activation: .relu(), recurrentActivation: .hardSigmoid, useBias: false,
      kernelInitializer: first.initializer, recurrentInitializer: second.initializer,
      biasInitializer: third.initializer, kernelRegularizer: first.regularizer,
      recurrentRegularizer: second.regularizer, biasRegularizer: third.regularizer,
      activityRegularizer: penalty, kernelConstraint: first.constraint,
      recurrentConstraint: second.constraint, biasConstraint: third.constraint, dropout: 0.25,
      recurrentDropout: 0.5, seed: 7, returnSequences: true, returnState: true,
      goBackwards: true, stateful: true, unroll: true, resetAfter: false),
    LSTM(
      units: 4, activation: .relu(), recurrentActivation: .hardSigmoid, useBias: false,
      kernelInitializer: first.initializer, recurrentInitializer: second.initializer,
      biasInitializer: third.initializer, unitForgetBias: false,
      kernelRegularizer: first.regularizer, recurrentRegularizer: second.regularizer,
      biasRegularizer: third.regularizer, activityRegularizer: penalty,
      kernelConstraint: first.constraint, recurrentConstraint: second.constraint,
      biasConstraint: third.constraint, dropout: 0.25, recurrentDropout: 0.5, seed: 7,
      returnSequences: true, returnState: true, goBackwards: true, stateful: true, unroll: true),
  ]

  private static let cells: [any Layer] = [
    SimpleRNNCell(
      units: 4, activation: .relu(), useBias: false, kernelInitializer: first.initializer,
      recurrentInitializer: second.initializer, biasInitializer: third.initializer,
      kernelRegularizer: first.regularizer, recurrentRegularizer: second.regularizer,
      biasRegularizer: third.regularizer, kernelConstraint: first.constraint,
      recurrentConstraint: second.constraint, biasConstraint: third.constraint, dropout: 0.25,
      recurrentDropout: 0.5, seed: 7),
    GRUCell(
      units: 4, activation: .relu(), recurrentActivation: .hardSigmoid, useBias: false,
      kernelInitializer: first.initializer, recurrentInitializer: second.initializer,
      biasInitializer: third.initializer, kernelRegularizer: first.regularizer,
      recurrentRegularizer: second.regularizer, biasRegularizer: third.regularizer,
      kernelConstraint: first.constraint, recurrentConstraint: second.constraint,
      biasConstraint: third.constraint, dropout: 0.25, recurrentDropout: 0.5,
      resetAfter: false, seed: 7),
    LSTMCell(
      units: 4, activation: .relu(), recurrentActivation: .hardSigmoid, useBias: false,
      kernelInitializer: first.initializer, recurrentInitializer: second.initializer,
      biasInitializer: third.initializer, unitForgetBias: false,
      kernelRegularizer: first.regularizer, recurrentRegularizer: second.regularizer,
      biasRegularizer: third.regularizer, kernelConstraint: first.constraint,
      recurrentConstraint: second.constraint, biasConstraint: third.constraint, dropout: 0.25,
      recurrentDropout: 0.5, seed: 7),
  ]

  private static let convolutionalLSTMs: [any Layer] = [
    ConvLSTM1D(
      filters: 5, kernelSize: 3, strides: 2, padding: .same, dataFormat: .channelsFirst,
      activation: .relu(), recurrentActivation: .hardSigmoid, useBias: false,
      kernelInitializer: first.initializer, recurrentInitializer: second.initializer,
      biasInitializer: third.initializer, unitForgetBias: false,
      kernelRegularizer: first.regularizer, recurrentRegularizer: second.regularizer,
      biasRegularizer: third.regularizer, activityRegularizer: penalty,
      kernelConstraint: first.constraint, recurrentConstraint: second.constraint,
      biasConstraint: third.constraint, dropout: 0.25, recurrentDropout: 0.5, seed: 7,
      returnSequences: true, returnState: true, goBackwards: true, stateful: true),
    ConvLSTM2D(
      filters: 5, kernelSize: (2, 3), strides: (2, 2), padding: .same,
      dataFormat: .channelsFirst, activation: .relu(), recurrentActivation: .hardSigmoid,
      useBias: false, kernelInitializer: first.initializer,
      recurrentInitializer: second.initializer, biasInitializer: third.initializer,
      unitForgetBias: false, kernelRegularizer: first.regularizer,
      recurrentRegularizer: second.regularizer, biasRegularizer: third.regularizer,
      activityRegularizer: penalty, kernelConstraint: first.constraint,
      recurrentConstraint: second.constraint, biasConstraint: third.constraint, dropout: 0.25,
      recurrentDropout: 0.5, seed: 7, returnSequences: true, returnState: true,
      goBackwards: true, stateful: true),
    ConvLSTM3D(
      filters: 5, kernelSize: (2, 3, 4), strides: (2, 2, 2), padding: .same,
      dataFormat: .channelsFirst, activation: .relu(), recurrentActivation: .hardSigmoid,
      useBias: false, kernelInitializer: first.initializer,
      recurrentInitializer: second.initializer, biasInitializer: third.initializer,
      unitForgetBias: false, kernelRegularizer: first.regularizer,
      recurrentRegularizer: second.regularizer, biasRegularizer: third.regularizer,
      activityRegularizer: penalty, kernelConstraint: first.constraint,
      recurrentConstraint: second.constraint, biasConstraint: third.constraint, dropout: 0.25,
      recurrentDropout: 0.5, seed: 7, returnSequences: true, returnState: true,
      goBackwards: true, stateful: true),
  ]

  private static let attentions: [any Layer] = [
    Attention(useScale: true, scoreMode: .concat, dropout: 0.25, seed: 7),
    AdditiveAttention(useScale: false, dropout: 0.25),
    MultiHeadAttention(
      numHeads: 4, keyDim: 5, valueDim: 6, dropout: 0.25, useBias: false, outputShape: [7],
      attentionAxes: [1, 2], useGate: true, kernelInitializer: first.initializer,
      biasInitializer: second.initializer, kernelRegularizer: first.regularizer,
      biasRegularizer: second.regularizer, activityRegularizer: penalty,
      kernelConstraint: first.constraint, biasConstraint: second.constraint, seed: 7),
    GroupQueryAttention(
      headDim: 2, numQueryHeads: 4, numKeyValueHeads: 2, dropout: 0.25, useBias: false,
      useGate: true, kernelInitializer: first.initializer, biasInitializer: second.initializer,
      kernelRegularizer: first.regularizer, biasRegularizer: second.regularizer,
      activityRegularizer: penalty, kernelConstraint: first.constraint,
      biasConstraint: second.constraint, seed: 7),
  ]

  private static let wrappers: [any Layer] = [
    SpectralNormalization(
      LayerInstance(Conv1D(filters: 3, kernelSize: 2), name: "inner"), powerIterations: 3),
    RNN(
      cell: LayerInstance(LSTMCell(units: 3), name: "cell"), returnSequences: true,
      returnState: true, goBackwards: true, stateful: true, unroll: true,
      zeroOutputForMask: true),
    Bidirectional(
      LayerInstance(GRU(units: 3, returnSequences: true), name: "gru"), mergeMode: .ave,
      backwardLayer: LayerInstance(
        GRU(units: 3, returnSequences: true, goBackwards: true), name: "back")),
  ]
}

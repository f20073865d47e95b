public import HornbillCore

/// One step of a fully connected recurrent layer whose output is its next state.
///
///     h' = activation(x · kernel + bias + h · recurrent_kernel)
///
/// - Input: `(batch, in)` and the state `(batch, units)`. Output: `h'`, and `h'` as the state, `(batch, units)`.
/// - Weights: `kernel` (in, units), `recurrent_kernel` (units, units), `bias` (units) unless `useBias` is false.
/// - Source: Keras 3, `keras/src/layers/rnn/simple_rnn.py`.
public struct SimpleRNNCell: LayerCell {
  public static let className = "SimpleRNNCell"

  /// The extent of the state.
  public let units: Int
  /// The activation.
  public let activation: ActivationFunction
  /// Whether there is a bias.
  public let useBias: Bool
  /// How the variables are made and trained.
  public internal(set) var training: RecurrentTraining
  package var isMadeByLayer = false

  /// Makes a cell.
  ///
  /// Building a model throws ``LayerError`` when `units` is not above 0 or a share is not from 0 to 1.
  public init(
    units: Int, activation: Activation = .tanh, useBias: Bool = true,
    kernelInitializer: Initializer? = .glorotUniform(),
    recurrentInitializer: Initializer? = .orthogonal(), biasInitializer: Initializer? = .zeros,
    kernelRegularizer: Regularizer? = nil,
    recurrentRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    kernelConstraint: Constraint? = nil, recurrentConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil, dropout: Double = 0, recurrentDropout: Double = 0,
    seed: Int? = nil
  ) {
    self.init(
      units: units, activation: activation, useBias: useBias,
      training: RecurrentTraining(
        kernel: (kernelInitializer, kernelRegularizer, kernelConstraint),
        recurrent: (recurrentInitializer, recurrentRegularizer, recurrentConstraint),
        bias: (biasInitializer, biasRegularizer, biasConstraint), dropout: dropout,
        recurrentDropout: recurrentDropout, seed: seed))
  }

  init(
    units: Int, activation: Activation, useBias: Bool, training: RecurrentTraining
  ) {
    self.units = units
    self.activation = .function(activation)
    self.useBias = useBias
    self.training = training
  }

  public init(config: LayerConfig) throws(LayerError) {
    units = try config.positive("units")
    activation = try config.activation("activation", default: "tanh")
    useBias = try config.bool("use_bias", default: true)
    training = try RecurrentTraining(config: config)
  }

  package func encode(to config: inout ConfigEncoder, activityRegularizer: Regularizer?) {
    config.set("units", units)
    config.set("activation", activation)
    config.set("use_bias", useBias)
    training.encodeInitializers(to: &config)
    training.encodeRestrictions(
      to: &config, activityRegularizer: activityRegularizer, isLayer: isMadeByLayer)
    if !isMadeByLayer || training.seed != nil { config.set("seed", training.seed) }
  }

  public var sublayers: [Sublayer] { ownActivation() }

  public func stateShapes(_ input: Shape) -> [Shape] {
    [Shape([input.dimensions.first ?? nil, units])]
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(positive: units, "units")
    try training.check()
    let input = try call.inputShape(rank: 2)
    build.weight(
      "kernel", [try call.knownExtent(-1), units], initializer: training.kernel.initializer)
    build.weight(
      "recurrent_kernel", [units, units], initializer: training.recurrent.initializer)
    if useBias { build.weight("bias", [units], initializer: training.bias.initializer) }
    let state = TensorSpec([input[0], units])
    return [try activation.build(state, in: &build), state]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let h = try call.states(1)[0]
    let w = call.weights
    let fromInput = try lowering.graph.affine(call.input, w[0], useBias ? w[2] : nil)
    let sum = try lowering.graph.add(fromInput, lowering.graph.matmul(h, w[1]))
    let output = try activation.lower(sum, into: &lowering)
    return [output, output]
  }

  package func sequence(
    _ sequence: CellSequence, into lowering: inout Lowering
  ) throws(LayerError) -> SequenceResult {
    guard let activation = activation.fused else { return try lowering.unrolled(sequence) }
    return try sequence.fused(
      Op.simpleRNN, activation: activation, weights: lowering.weights(of: sequence.cell),
      into: &lowering)
  }
}

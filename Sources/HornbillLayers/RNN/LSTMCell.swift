public import HornbillCore

/// One step of a long short-term memory.
///
///     i, f, o = recurrentActivation(x · W + b + h · U)      (the columns of each gate)
///     c' = f · c + i · activation(x · W + b + h · U)
///     h' = o · activation(c')
///
/// - Input: `(batch, in)` and the states `h`, `c`, each `(batch, units)`. Output: `h'`; the states `h'`, `c'`.
/// - Weights: `kernel` W (in, 4 · units), `recurrent_kernel` U (units, 4 · units), `bias` b (4 · units) unless
///   `useBias` is false; columns in the order i, f, c, o.
/// - Source: Keras 3, `keras/src/layers/rnn/lstm.py`.
public struct LSTMCell: LayerCell {
  public static let className = "LSTMCell"

  /// The extent of each state.
  public let units: Int
  /// The activation of the candidate and of the output.
  public let activation: ActivationFunction
  /// The activation of the gates.
  public let recurrentActivation: ActivationFunction
  /// Whether there is a bias.
  public let useBias: Bool
  /// Whether the bias of the forget gate begins at 1.
  public let unitForgetBias: Bool
  /// How the variables are made and trained.
  public internal(set) var training: RecurrentTraining
  package var isMadeByLayer = false

  /// Makes a cell.
  ///
  /// Building a model throws ``LayerError`` when `units` is not above 0 or a share is not from 0 to 1.
  public init(
    units: Int, activation: Activation = .tanh, recurrentActivation: Activation = .sigmoid,
    useBias: Bool = true, kernelInitializer: Initializer? = .glorotUniform(),
    recurrentInitializer: Initializer? = .orthogonal(), biasInitializer: Initializer? = .zeros,
    unitForgetBias: Bool = true, kernelRegularizer: Regularizer? = nil,
    recurrentRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    kernelConstraint: Constraint? = nil, recurrentConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil, dropout: Double = 0, recurrentDropout: Double = 0,
    seed: Int? = nil
  ) {
    self.init(
      units: units, activation: activation, recurrentActivation: recurrentActivation,
      useBias: useBias, unitForgetBias: unitForgetBias,
      training: RecurrentTraining(
        kernel: (kernelInitializer, kernelRegularizer, kernelConstraint),
        recurrent: (recurrentInitializer, recurrentRegularizer, recurrentConstraint),
        bias: (biasInitializer, biasRegularizer, biasConstraint), dropout: dropout,
        recurrentDropout: recurrentDropout, seed: seed))
  }

  init(
    units: Int, activation: Activation, recurrentActivation: Activation, useBias: Bool,
    unitForgetBias: Bool, training: RecurrentTraining
  ) {
    self.units = units
    self.activation = .function(activation)
    self.recurrentActivation = .function(recurrentActivation)
    self.useBias = useBias
    self.unitForgetBias = unitForgetBias
    self.training = training
  }

  public init(config: LayerConfig) throws(LayerError) {
    units = try config.positive("units")
    activation = try config.activation("activation", default: "tanh")
    recurrentActivation = try config.activation("recurrent_activation", default: "sigmoid")
    useBias = try config.bool("use_bias", default: true)
    unitForgetBias = try config.bool("unit_forget_bias", default: true)
    training = try RecurrentTraining(config: config)
  }

  package func encode(to config: inout ConfigEncoder, activityRegularizer: Regularizer?) {
    config.set("units", units)
    config.set("activation", activation)
    config.set("recurrent_activation", recurrentActivation)
    config.set("use_bias", useBias)
    if !isMadeByLayer { config.set("unit_forget_bias", unitForgetBias) }
    training.encodeInitializers(to: &config)
    if isMadeByLayer { config.set("unit_forget_bias", unitForgetBias) }
    training.encodeRestrictions(
      to: &config, activityRegularizer: activityRegularizer, isLayer: isMadeByLayer)
    config.set("seed", training.seed)
  }

  public var sublayers: [Sublayer] {
    ownActivation() + recurrentActivation.sublayers("recurrent_activation")
  }

  public func stateShapes(_ input: Shape) -> [Shape] {
    let state = Shape([input.dimensions.first ?? nil, units])
    return [state, state]
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(positive: units, "units")
    try training.check()
    let input = try call.inputShape(rank: 2)
    let width = try build.gates(4, units: units)
    build.weight(
      "kernel", [try call.knownExtent(-1), width], initializer: training.kernel.initializer)
    build.weight(
      "recurrent_kernel", [units, width], initializer: training.recurrent.initializer)
    if useBias {
      build.weight(
        "bias", [width],
        initial: training.longShortTermBias(unitForgetBias: unitForgetBias, units: units))
    }
    let state = TensorSpec([input[0], units])
    _ = try recurrentActivation.build(state, in: &build)
    return [try activation.build(state, in: &build), state, state]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let states = try call.states(2)
    let w = call.weights
    let fromInput = try lowering.graph.affine(call.input, w[0], useBias ? w[2] : nil)
    let sum = try lowering.graph.add(fromInput, lowering.graph.matmul(states[0], w[1]))
    let gates = LongShortTermGates(
      activation: activation, recurrentActivation: recurrentActivation, units: units)
    return try gates.step(sum, carry: states[1], into: &lowering)
  }

  package func sequence(
    _ sequence: CellSequence, into lowering: inout Lowering
  ) throws(LayerError) -> SequenceResult {
    guard let activation = activation.fused, let gate = recurrentActivation.fused else {
      return try lowering.unrolled(sequence)
    }
    return try sequence.fused(
      Op.lstm, activation: activation, recurrentActivation: gate,
      weights: lowering.weights(of: sequence.cell), into: &lowering)
  }
}

/// What a long short-term memory, dense or convolutional, makes of its gates' sums.
struct LongShortTermGates {
  let activation: ActivationFunction
  let recurrentActivation: ActivationFunction
  let units: Int

  /// The output and the states `h'`, `c'`, from sums `(…, 4 · units)` in the order i, f, c, o.
  func step(
    _ sum: Value, carry: Value, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let i = try gate(sum, 0, into: &lowering)
    let f = try gate(sum, 1, into: &lowering)
    let candidate = try activation.lower(
      lowering.graph.gate(sum, 2, units: units), into: &lowering)
    let o = try gate(sum, 3, into: &lowering)
    let kept = try lowering.graph.multiply(f, carry)
    let c = try lowering.graph.add(kept, lowering.graph.multiply(i, candidate))
    let h = try lowering.graph.multiply(o, activation.lower(c, into: &lowering))
    return [h, h, c]
  }

  private func gate(
    _ sum: Value, _ index: Int, into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    try recurrentActivation.lower(
      lowering.graph.gate(sum, index, units: units), into: &lowering)
  }
}

extension LayerBuild {
  /// The columns of a kernel with so many gates.
  func gates(_ count: Int, units: Int) throws(LayerError) -> Int {
    let (width, overflow) = units.multipliedReportingOverflow(by: count)
    guard !overflow else {
      throw LayerError(.shape, "\(count) gates of \(units) units are beyond the integers")
    }
    return width
  }
}

public import HornbillCore

/// One step of a gated recurrent unit.
///
///     z, r = recurrentActivation(x · W + b₀ + h · U + b₁)      (the columns of each gate)
///     g = activation(x · W + b₀ + r · (h · U + b₁))            with resetAfter
///     g = activation(x · W + b + (r · h) · U)                  without
///     h' = z · h + (1 − z) · g
///
/// - Input: `(batch, in)` and the state `(batch, units)`. Output: `h'`, and `h'` as the state.
/// - Weights: `kernel` W (in, 3 · units), `recurrent_kernel` U (units, 3 · units), and unless `useBias` is false
///   `bias`: (2, 3 · units) with `resetAfter`, else (3 · units); columns in the order z, r, g.
/// - Source: Keras 3, `keras/src/layers/rnn/gru.py`.
public struct GRUCell: LayerCell {
  public static let className = "GRUCell"

  /// The extent of the state.
  public let units: Int
  /// The activation of the candidate.
  public let activation: ActivationFunction
  /// The activation of the gates.
  public let recurrentActivation: ActivationFunction
  /// Whether there is a bias.
  public let useBias: Bool
  package var isMadeByLayer = false
  /// Whether the reset gate is applied after the recurrent product.
  public let resetAfter: Bool
  /// How the variables are made and trained.
  public internal(set) var training: RecurrentTraining

  /// Makes a cell.
  ///
  /// Building a model throws ``LayerError`` when `units` is not above 0 or a share is not from 0 to 1.
  public init(
    units: Int, activation: Activation = .tanh, recurrentActivation: Activation = .sigmoid,
    useBias: Bool = true, kernelInitializer: Initializer? = .glorotUniform(),
    recurrentInitializer: Initializer? = .orthogonal(), biasInitializer: Initializer? = .zeros,
    kernelRegularizer: Regularizer? = nil,
    recurrentRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    kernelConstraint: Constraint? = nil, recurrentConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil, dropout: Double = 0, recurrentDropout: Double = 0,
    resetAfter: Bool = true, seed: Int? = nil
  ) {
    self.init(
      units: units, activation: activation, recurrentActivation: recurrentActivation,
      useBias: useBias, resetAfter: resetAfter,
      training: RecurrentTraining(
        kernel: (kernelInitializer, kernelRegularizer, kernelConstraint),
        recurrent: (recurrentInitializer, recurrentRegularizer, recurrentConstraint),
        bias: (biasInitializer, biasRegularizer, biasConstraint), dropout: dropout,
        recurrentDropout: recurrentDropout, seed: seed))
  }

  init(
    units: Int, activation: Activation, recurrentActivation: Activation, useBias: Bool,
    resetAfter: Bool, training: RecurrentTraining
  ) {
    self.units = units
    self.activation = .function(activation)
    self.recurrentActivation = .function(recurrentActivation)
    self.useBias = useBias
    self.resetAfter = resetAfter
    self.training = training
  }

  public init(config: LayerConfig) throws(LayerError) {
    units = try config.positive("units")
    activation = try config.activation("activation", default: "tanh")
    recurrentActivation = try config.activation("recurrent_activation", default: "sigmoid")
    useBias = try config.bool("use_bias", default: true)
    resetAfter = try config.bool("reset_after", default: config.context.rules.kerasMajor >= 3)
    training = try RecurrentTraining(config: config)
  }

  package func encode(to config: inout ConfigEncoder, activityRegularizer: Regularizer?) {
    config.set("units", units)
    config.set("activation", activation)
    config.set("recurrent_activation", recurrentActivation)
    config.set("use_bias", useBias)
    training.encodeInitializers(to: &config)
    training.encodeRestrictions(
      to: &config, activityRegularizer: activityRegularizer, isLayer: isMadeByLayer)
    config.set("reset_after", resetAfter)
    config.set("seed", training.seed)
  }

  public var sublayers: [Sublayer] {
    ownActivation() + recurrentActivation.sublayers("recurrent_activation")
  }

  public func stateShapes(_ input: Shape) -> [Shape] {
    [Shape([input.dimensions.first ?? nil, units])]
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(positive: units, "units")
    try training.check()
    let input = try call.inputShape(rank: 2)
    let width = try build.gates(3, units: units)
    build.weight(
      "kernel", [try call.knownExtent(-1), width], initializer: training.kernel.initializer)
    build.weight(
      "recurrent_kernel", [units, width], initializer: training.recurrent.initializer)
    if useBias {
      build.weight(
        "bias", resetAfter ? [2, width] : [width], initializer: training.bias.initializer)
    }
    let state = TensorSpec([input[0], units])
    _ = try recurrentActivation.build(state, in: &build)
    return [try activation.build(state, in: &build), state]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let h = try call.states(1)[0]
    let w = call.weights
    var biases: [Value?] = [nil, nil]
    if useBias, resetAfter {
      biases = [
        try lowering.graph.select(w[2], axis: 0, index: 0),
        try lowering.graph.select(w[2], axis: 0, index: 1),
      ]
    } else if useBias {
      biases[0] = w[2]
    }
    let x = try lowering.graph.affine(call.input, w[0], biases[0])
    let product = try lowering.graph.affine(h, w[1], biases[1])
    let z = try gate(0, x, product, into: &lowering)
    let r = try gate(1, x, product, into: &lowering)
    let recurrent: Value
    if resetAfter {
      recurrent = try lowering.graph.multiply(r, lowering.graph.gate(product, 2, units: units))
    } else {
      let kernel = try lowering.graph.gate(w[1], 2, units: units)
      recurrent = try lowering.graph.matmul(lowering.graph.multiply(r, h), kernel)
    }
    let sum = try lowering.graph.add(lowering.graph.gate(x, 2, units: units), recurrent)
    let candidate = try activation.lower(sum, into: &lowering)
    let one = lowering.graph.scalar(1, lowering.graph.dtype(z))
    let rest = try lowering.graph.multiply(lowering.graph.subtract(one, z), candidate)
    let output = try lowering.graph.add(lowering.graph.multiply(z, h), rest)
    return [output, output]
  }

  private func gate(
    _ index: Int, _ x: Value, _ product: Value, into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    let fromInput = try lowering.graph.gate(x, index, units: units)
    let fromState = try lowering.graph.gate(product, index, units: units)
    return try recurrentActivation.lower(
      lowering.graph.add(fromInput, fromState), into: &lowering)
  }

  package func sequence(
    _ sequence: CellSequence, into lowering: inout Lowering
  ) throws(LayerError) -> SequenceResult {
    guard let activation = activation.fused, let gate = recurrentActivation.fused else {
      return try lowering.unrolled(sequence)
    }
    return try sequence.fused(
      Op.gru, activation: activation, recurrentActivation: gate, resetAfter: resetAfter,
      weights: lowering.weights(of: sequence.cell), into: &lowering)
  }
}

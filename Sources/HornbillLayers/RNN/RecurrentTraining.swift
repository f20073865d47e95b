import HornbillCore

/// How the variables of a recurrent cell are made, and what training does to them and to the cell's inputs.
public struct RecurrentTraining: Sendable, Hashable {
  /// How the kernel is made and trained.
  public var kernel: VariableOptions
  /// How the recurrent kernel is made and trained.
  public var recurrent: VariableOptions
  /// How the bias is made and trained.
  public var bias: VariableOptions
  /// The share of inputs that training sets to zero.
  public var dropout: Double
  /// The share of states that training sets to zero.
  public var recurrentDropout: Double
  /// The seed of the choice in training; the system's randomness when absent.
  public var seed: Int?

  /// Keras's defaults.
  public init() {
    kernel = VariableOptions(.glorotUniform(), nil, nil)
    recurrent = VariableOptions(.orthogonal(), nil, nil)
    bias = VariableOptions(.zeros, nil, nil)
    dropout = 0
    recurrentDropout = 0
  }

  /// The arguments of a constructor: for each variable its initializer, regularizer and constraint.
  init(
    kernel: (Initializer?, Regularizer?, Constraint?),
    recurrent: (Initializer?, Regularizer?, Constraint?),
    bias: (Initializer?, Regularizer?, Constraint?), dropout: Double, recurrentDropout: Double,
    seed: Int?
  ) {
    self.kernel = VariableOptions(kernel.0, kernel.1, kernel.2)
    self.recurrent = VariableOptions(recurrent.0, recurrent.1, recurrent.2)
    self.bias = VariableOptions(bias.0, bias.1, bias.2)
    self.dropout = dropout
    self.recurrentDropout = recurrentDropout
    self.seed = seed
  }

  init(config: LayerConfig) throws(LayerError) {
    kernel = config.variable("kernel", initializer: .glorotUniform())
    recurrent = config.variable("recurrent", initializer: .orthogonal())
    bias = config.variable("bias", initializer: .zeros)
    dropout = try config.number("dropout", default: 0)
    recurrentDropout = try config.number("recurrent_dropout", default: 0)
    seed = try config.seed()
  }

  func check() throws(LayerError) {
    try LayerError.check(share: dropout, "dropout")
    try LayerError.check(share: recurrentDropout, "recurrentDropout")
  }

  func encodeInitializers(to config: inout ConfigEncoder) {
    config.setInitializers(("kernel", kernel), ("recurrent", recurrent), ("bias", bias))
  }

  /// Sets the penalties and constraints, that on the output of a layer between them.
  func encodeRestrictions(
    to config: inout ConfigEncoder, activityRegularizer: Regularizer?, isLayer: Bool
  ) {
    config.setRegularizers(("kernel", kernel), ("recurrent", recurrent), ("bias", bias))
    if isLayer { config.set("activity_regularizer", activityRegularizer) }
    config.setConstraints(("kernel", kernel), ("recurrent", recurrent), ("bias", bias))
    config.set("dropout", dropout)
    config.set("recurrent_dropout", recurrentDropout)
  }

  /// The bias of gates in the order i, f, c, o, whose second may begin at 1.
  func longShortTermBias(unitForgetBias: Bool, units: Int) -> InitialValue? {
    guard unitForgetBias else { return bias.initializer.map { .initializer($0) } }
    let other = bias.initializer ?? .glorotUniform()
    return .joined([
      InitialValue.Part(initializer: other, extent: units),
      InitialValue.Part(initializer: .ones, extent: units),
      InitialValue.Part(initializer: other, extent: 2 * units),
    ])
  }
}

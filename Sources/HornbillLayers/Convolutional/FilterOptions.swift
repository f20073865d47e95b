import HornbillCore

/// What the layers of this folder have in common beside their window: activation, bias, and how their variables are made and
/// trained.
package struct FilterOptions: Sendable {
  /// The activation.
  package let activation: ActivationFunction
  /// Whether there is a bias.
  package let useBias: Bool
  /// How each kernel is made and trained, by the prefix of its fields.
  package let kernels: [(name: String, options: VariableOptions)]
  /// How the bias is made and trained.
  package let bias: VariableOptions
  /// The penalty on the output in training.
  package let activityRegularizer: Regularizer?

  init(
    activation: Activation, useBias: Bool, kernels: KeyValuePairs<String, VariableOptions>,
    bias: VariableOptions = VariableOptions(.zeros, nil, nil),
    activityRegularizer: Regularizer? = nil
  ) {
    self.activation = .function(activation)
    self.useBias = useBias
    self.kernels = kernels.map { ($0.key, $0.value) }
    self.bias = bias
    self.activityRegularizer = activityRegularizer
  }

  init(config: LayerConfig, kernels names: [String]) throws(LayerError) {
    activation = try config.activation("activation")
    useBias = try config.bool("use_bias", default: true)
    var kernels: [(name: String, options: VariableOptions)] = []
    for name in names {
      kernels.append((name, config.variable(name, initializer: .glorotUniform())))
    }
    self.kernels = kernels
    bias = config.variable("bias", initializer: .zeros)
    activityRegularizer = config.regularizer("activity_regularizer")
  }

  /// What makes the first value of a kernel.
  func initializer(_ index: Int) -> Initializer? { kernels[index].options.initializer }

  /// Gives the fields in the order of Keras 3, after those that stand before them.
  ///
  /// - Parameter others: sets the fields of the layer's own, which stand between the penalty on the output and the rest.
  func encode(to config: inout ConfigEncoder, after others: (inout ConfigEncoder) -> Void) {
    config.setOutputPenalty(activityRegularizer)
    others(&config)
    config.set("activation", activation)
    config.set("use_bias", useBias)
    let variables = kernels + [(name: "bias", options: bias)]
    for (name, options) in variables { config.set(name + "_initializer", options.initializer) }
    for (name, options) in variables { config.set(name + "_regularizer", options.regularizer) }
    if activityRegularizer == nil { config.setNone("activity_regularizer") }
    for (name, options) in variables { config.set(name + "_constraint", options.constraint) }
  }
}

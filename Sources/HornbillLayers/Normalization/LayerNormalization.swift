public import HornbillCore

/// Normalization of each element of the batch along some axes.
///
///     y = gamma · (x − mean) / √(variance + epsilon) + beta
///
/// - Input: any shape with known extents of `axes`. Output: the same.
/// - Weights: `gamma` (extents of the axes) unless `scale` is false, `beta` (the same) unless `center` is false. With `rmsScaling` there
///   is a `gamma` and no `beta`, and the mean is not subtracted: `y = gamma · x / √(variance + epsilon)`.
/// - Half types are computed in `float32`.
/// - Source: Keras 3, `keras/src/layers/normalization/layer_normalization.py`.
public struct LayerNormalization: Layer {
  public static let className = "LayerNormalization"

  /// The axes, in the order in which the weights have them.
  public let axes: [Int]
  /// What is added to the variance.
  public let epsilon: Double
  /// Whether there is a `beta`.
  public let center: Bool
  /// Whether there is a `gamma`.
  public let scale: Bool
  /// Whether the input is only scaled.
  public let rmsScaling: Bool
  /// How `beta` is made and trained.
  public let beta: VariableOptions
  /// How `gamma` is made and trained.
  public let gamma: VariableOptions
  private let given: (center: Bool, scale: Bool, isList: Bool)

  /// Makes a normalization.
  public init(
    axes: [Int] = [-1], epsilon: Double = 1e-3, center: Bool = true, scale: Bool = true,
    rmsScaling: Bool = false, betaInitializer: Initializer? = .zeros,
    gammaInitializer: Initializer? = .ones, betaRegularizer: Regularizer? = nil,
    gammaRegularizer: Regularizer? = nil, betaConstraint: Constraint? = nil,
    gammaConstraint: Constraint? = nil
  ) {
    beta = VariableOptions(betaInitializer, betaRegularizer, betaConstraint)
    gamma = VariableOptions(gammaInitializer, gammaRegularizer, gammaConstraint)
    given = (center, scale, axes.count > 1)
    self.axes = axes.sorted()
    self.epsilon = epsilon
    self.center = center && !rmsScaling
    self.scale = scale || rmsScaling
    self.rmsScaling = rmsScaling
  }

  public init(config: LayerConfig) throws(LayerError) {
    let given = try config.axes("axis", default: [-1])
    guard !given.isEmpty else {
      throw config.invalid("axis", expected: "an axis or a list of axes")
    }
    axes = config.context.rules.kerasMajor < 3 ? given : given.sorted()
    epsilon = try config.number("epsilon", default: 1e-3)
    rmsScaling = try config.bool("rms_scaling", default: false)
    let center = try config.bool("center", default: true)
    let scale = try config.bool("scale", default: true)
    self.center = center && !rmsScaling
    self.scale = scale || rmsScaling
    beta = config.variable("beta", initializer: .zeros)
    gamma = config.variable("gamma", initializer: .ones)
    self.given = (center, scale, config["axis"]?.array != nil)
  }

  public func encode(to config: inout ConfigEncoder) {
    config["axis"] = given.isList ? .integers(axes) : .axes(axes)
    config.set("epsilon", epsilon)
    config.set("center", given.center)
    config.set("scale", given.scale)
    config.set("rms_scaling", rmsScaling)
    config.setVariables(("beta", beta), ("gamma", gamma))
  }

  public var supportsMasking: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(present: axes, "axes")
    var extents: [Int] = []
    for axis in axes { extents.append(try call.knownExtent(axis)) }
    if scale { build.weight("gamma", extents, initializer: gamma.initializer) }
    if center { build.weight("beta", extents, initializer: beta.initializer) }
    return [try call.input]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let input = try call.input
    let x = try lowering.graph.normalizable(input)
    var spread = [Int](repeating: 1, count: lowering.graph.rank(x))
    for axis in axes {
      let axis = try lowering.graph.axis(axis, of: x)
      spread[axis] = lowering.graph.shape(x)[axis]
    }
    var parameters: [Value] = []
    for parameter in try lowering.variables(of: call, as: lowering.graph.dtype(x)) {
      parameters.append(try lowering.graph.reshape(parameter, to: spread))
    }
    let (centered, variance) = try lowering.graph.centered(x, axes: axes)
    let inverse = try lowering.graph.inverseDeviation(variance, epsilon: epsilon)
    var y = try lowering.graph.multiply(rmsScaling ? x : centered, inverse)
    if scale { y = try lowering.graph.multiply(y, parameters[0]) }
    if center { y = try lowering.graph.add(y, parameters[scale ? 1 : 0]) }
    return [try lowering.graph.cast(y, to: lowering.graph.dtype(input))]
  }
}

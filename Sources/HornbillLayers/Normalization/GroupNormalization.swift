public import HornbillCore

/// Normalization of groups of channels of each element of the batch.
///
///     y = gamma · (x − mean) / √(variance + epsilon) + beta, mean and variance over a group's channels and all other axes but the batch
///
/// - Input: any shape with a known extent of `axis`. Output: the same.
/// - Weights: `gamma` (extent of the axis) unless `scale` is false, `beta` (the same) unless `center` is false.
/// - Half types are computed in `float32`.
/// - Mask: Keras 2 leaves masked elements out of mean and variance; Keras 3 takes no mask.
/// - Source: Keras 3, `keras/src/layers/normalization/group_normalization.py`.
public struct GroupNormalization: Layer {
  public static let className = "GroupNormalization"

  /// The number of groups; −1 for one group per channel.
  public let groups: Int
  /// The axis that is divided into groups.
  public let axis: Int
  /// What is added to the variance.
  public let epsilon: Double
  /// Whether there is a `beta`.
  public let center: Bool
  /// Whether there is a `gamma`.
  public let scale: Bool
  /// How `beta` is made and trained.
  public let beta: VariableOptions
  /// How `gamma` is made and trained.
  public let gamma: VariableOptions

  /// Makes a normalization.
  ///
  /// Building a model throws ``LayerError`` when the channels do not divide into `groups`.
  public init(
    groups: Int = 32, axis: Int = -1, epsilon: Double = 1e-3, center: Bool = true,
    scale: Bool = true, betaInitializer: Initializer? = .zeros,
    gammaInitializer: Initializer? = .ones, betaRegularizer: Regularizer? = nil,
    gammaRegularizer: Regularizer? = nil, betaConstraint: Constraint? = nil,
    gammaConstraint: Constraint? = nil
  ) {
    beta = VariableOptions(betaInitializer, betaRegularizer, betaConstraint)
    gamma = VariableOptions(gammaInitializer, gammaRegularizer, gammaConstraint)
    self.groups = groups
    self.axis = axis
    self.epsilon = epsilon
    self.center = center
    self.scale = scale
  }

  public init(config: LayerConfig) throws(LayerError) {
    groups = try config.integer("groups", default: 32)
    axis = try config.integer("axis", default: -1)
    epsilon = try config.number("epsilon", default: 1e-3)
    center = try config.bool("center", default: true)
    scale = try config.bool("scale", default: true)
    beta = config.variable("beta", initializer: .zeros)
    gamma = config.variable("gamma", initializer: .ones)
    guard groups == -1 || groups > 0 else {
      throw config.invalid("groups", expected: "an integer above 0, or -1")
    }
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("groups", groups)
    config.set("axis", axis)
    config.set("epsilon", epsilon)
    config.set("center", center)
    config.set("scale", scale)
    config.setVariables(("beta", beta), ("gamma", gamma))
  }

  public var supportsMasking: Bool { true }

  private func size(of extent: Int) throws(LayerError) -> Int {
    let count = groups == -1 ? extent : groups
    guard count > 0, extent % count == 0 else {
      throw LayerError(.shape, "\(extent) channels do not divide into \(groups) groups")
    }
    return extent / count
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let extent = try call.knownExtent(axis)
    _ = try size(of: extent)
    if scale { build.weight("gamma", [extent], initializer: gamma.initializer) }
    if center { build.weight("beta", [extent], initializer: beta.initializer) }
    return [try call.input]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let input = try call.input
    let position = try lowering.graph.axis(axis, of: input)
    let extents = lowering.graph.shape(input)
    let size = try size(of: extents[position])
    var grouped = extents
    grouped.replaceSubrange(position...position, with: [extents[position] / size, size])
    let x = try lowering.graph.reshape(lowering.graph.normalizable(input), to: grouped)
    let axes = (1..<grouped.count).filter { $0 != position }
    var spread = [Int](repeating: 1, count: grouped.count)
    spread[position] = grouped[position]
    spread[position + 1] = size
    var parameters: [Value] = []
    for parameter in try lowering.variables(of: call, as: lowering.graph.dtype(x)) {
      parameters.append(try lowering.graph.reshape(parameter, to: spread))
    }
    let (centered, variance) = try moments(
      x, axes: axes, mask: call.mask, shape: extents, in: &lowering)
    let inverse = try lowering.graph.inverseDeviation(variance, epsilon: epsilon)
    var y = try lowering.graph.multiply(centered, inverse)
    if scale { y = try lowering.graph.multiply(y, parameters[0]) }
    if center { y = try lowering.graph.add(y, parameters[scale ? 1 : 0]) }
    y = try lowering.graph.cast(y, to: lowering.graph.dtype(input))
    return [try lowering.graph.reshape(y, to: extents)]
  }

  private func moments(
    _ x: Value, axes: [Int], mask: Value?, shape: [Int], in lowering: inout Lowering
  ) throws(LayerError) -> (centered: Value, variance: Value) {
    guard let mask, lowering.rules.kerasMajor < 3 else {
      return try lowering.graph.centered(x, axes: axes)
    }
    let dtype = lowering.graph.dtype(x)
    let spread = try lowering.graph.broadcast(lowering.graph.cast(mask, to: dtype), to: shape)
    let weights = try lowering.graph.reshape(spread, to: lowering.graph.shape(x))
    let count = try lowering.graph.sum(weights, axes: axes, keepDimensions: true)
    let total = try lowering.graph.sum(
      lowering.graph.multiply(x, weights), axes: axes, keepDimensions: true)
    let centered = try lowering.graph.subtract(x, lowering.graph.divide(total, count))
    let squares = try lowering.graph.multiply(lowering.graph.square(centered), weights)
    let variance = try lowering.graph.divide(
      lowering.graph.sum(squares, axes: axes, keepDimensions: true), count)
    return (centered, variance)
  }
}

public import HornbillCore

/// Normalization by the moving statistics of training.
///
///     y = gamma · (x − movingMean) / √(movingVariance + epsilon) + beta
///
/// - Input: any shape with a known extent of `axes`. Output: the same.
/// - Weights: `gamma` unless `scale` is false, `beta` unless `center` is false, `moving_mean`, `moving_variance`, each (extent of the axis);
///   over several axes each has the input's rank, with 1 for the other axes. With `renorm` also `moving_stddev`, `renorm_mean`
///   and `renorm_stddev`, which inference does not use.
/// - Half types are computed in `float32`.
/// - Source: Keras 3, `keras/src/layers/normalization/batch_normalization.py`; several axes: Keras 2.
public struct BatchNormalization: Layer {
  public static let className = "BatchNormalization"

  /// The axes that keep statistics of their own, most often that of the channels.
  public let axes: [Int]
  /// What is added to the variance.
  public let epsilon: Double
  /// Whether there is a `beta`.
  public let center: Bool
  /// Whether there is a `gamma`.
  public let scale: Bool
  /// Whether training corrected its statistics, which needs more variables.
  public let renorm: Bool
  /// What training keeps of the moving statistics at each step.
  public let momentum: Double
  /// How `beta` is made and trained.
  public let beta: VariableOptions
  /// How `gamma` is made and trained.
  public let gamma: VariableOptions
  /// How the moving mean is made.
  public let movingMeanInitializer: Initializer?
  /// How the moving variance is made.
  public let movingVarianceInitializer: Initializer?
  /// Whether training takes its statistics over all devices.
  public let synchronized: Bool
  /// The bounds of the corrections in training: `rmin`, `rmax`, `dmax`.
  public let renormClipping: [String: Double]?
  /// What training keeps of the corrected statistics at each step.
  public let renormMomentum: Double
  private let clippingOrder: [String]

  /// Makes a normalization along one axis.
  public init(
    axis: Int = -1, momentum: Double = 0.99, epsilon: Double = 1e-3, center: Bool = true,
    scale: Bool = true, betaInitializer: Initializer? = .zeros,
    gammaInitializer: Initializer? = .ones, movingMeanInitializer: Initializer? = .zeros,
    movingVarianceInitializer: Initializer? = .ones, betaRegularizer: Regularizer? = nil,
    gammaRegularizer: Regularizer? = nil, betaConstraint: Constraint? = nil,
    gammaConstraint: Constraint? = nil, synchronized: Bool = false, renorm: Bool = false,
    renormClipping: [String: Double]? = nil, renormMomentum: Double = 0.99
  ) {
    axes = [axis]
    self.momentum = momentum
    self.epsilon = epsilon
    self.center = center
    self.scale = scale
    beta = VariableOptions(betaInitializer, betaRegularizer, betaConstraint)
    gamma = VariableOptions(gammaInitializer, gammaRegularizer, gammaConstraint)
    self.movingMeanInitializer = movingMeanInitializer
    self.movingVarianceInitializer = movingVarianceInitializer
    self.synchronized = synchronized
    self.renorm = renorm
    self.renormClipping = renormClipping
    self.renormMomentum = renormMomentum
    clippingOrder = (renormClipping ?? [:]).keys.sorted()
  }

  public init(config: LayerConfig) throws(LayerError) {
    axes = try config.axes("axis", default: [-1])
    epsilon = try config.number("epsilon", default: 1e-3)
    center = try config.bool("center", default: true)
    scale = try config.bool("scale", default: true)
    renorm = try config.bool("renorm", default: false)
    momentum = try config.number("momentum", default: 0.99)
    beta = config.variable("beta", initializer: .zeros)
    gamma = config.variable("gamma", initializer: .ones)
    movingMeanInitializer = config.initializer("moving_mean_initializer", default: .zeros)
    movingVarianceInitializer = config.initializer("moving_variance_initializer", default: .ones)
    synchronized = try config.bool("synchronized", default: false)
    renormMomentum = try config.number("renorm_momentum", default: 0.99)
    let clipping = config["renorm_clipping"]?.object
    clippingOrder = clipping?.keys ?? []
    renormClipping = clipping.map { object in
      Dictionary(
        uniqueKeysWithValues: object.pairs.compactMap { pair in
          pair.value.number.map { (pair.key, $0) }
        })
    }
    guard !axes.isEmpty else {
      throw config.invalid("axis", expected: "an axis or a list of axes")
    }
  }

  public func encode(to config: inout ConfigEncoder) {
    config.setAxes("axis", axes)
    config.set("momentum", momentum)
    config.set("epsilon", epsilon)
    config.set("center", center)
    config.set("scale", scale)
    config.setInitializers(("beta", beta), ("gamma", gamma))
    config.set("moving_mean_initializer", movingMeanInitializer)
    config.set("moving_variance_initializer", movingVarianceInitializer)
    config.setRegularizers(("beta", beta), ("gamma", gamma))
    config.setConstraints(("beta", beta), ("gamma", gamma))
    config.set("synchronized", synchronized)
    config.set("renorm", renorm)
    config["renorm_clipping"] =
      renormClipping.map { bounds in
        .object(
          JSONObject(clippingOrder.compactMap { key in bounds[key].map { (key, .double($0)) } }))
      } ?? .null
    config.set("renorm_momentum", renormMomentum)
  }

  public var supportsMasking: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let rank = try call.inputShape.rank
    var extents = [Int](repeating: 1, count: rank)
    for axis in axes {
      let extent = try call.knownExtent(axis)
      extents[axis < 0 ? axis + rank : axis] = extent
      if axes.count == 1 { extents = [extent] }
    }
    if scale { build.weight("gamma", extents, initializer: gamma.initializer) }
    if center { build.weight("beta", extents, initializer: beta.initializer) }
    let mean = movingMeanInitializer
    build.weight("moving_mean", extents, trainable: false, initializer: mean)
    build.weight(
      "moving_variance", extents, trainable: false, initializer: movingVarianceInitializer)
    if renorm {
      build.weight("moving_stddev", extents, trainable: false, initializer: .ones)
      build.weight("renorm_mean", extents, trainable: false, initializer: mean)
      build.weight("renorm_stddev", extents, trainable: false, initializer: .ones)
    }
    return [try call.input]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let input = try call.input
    let x = try lowering.graph.normalizable(input)
    var parameters: [Value] = []
    for parameter in try lowering.variables(of: call, as: lowering.graph.dtype(x)) {
      parameters.append(try spread(parameter, over: x, in: &lowering.graph))
    }
    let statistics = (scale ? 1 : 0) + (center ? 1 : 0)
    var factor = try lowering.graph.inverseDeviation(
      parameters[statistics + 1], epsilon: epsilon)
    if scale { factor = try lowering.graph.multiply(factor, parameters[0]) }
    var y = try lowering.graph.multiply(
      lowering.graph.subtract(x, parameters[statistics]), factor)
    if center { y = try lowering.graph.add(y, parameters[scale ? 1 : 0]) }
    return [try lowering.graph.cast(y, to: lowering.graph.dtype(input))]
  }

  /// A parameter in a shape that broadcasts along the other axes.
  private func spread(
    _ parameter: Value, over x: Value, in graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    guard axes.count == 1 else { return parameter }
    let axis = try graph.axis(axes[0], of: x)
    let rank = graph.rank(x)
    if axis == rank - 1 { return parameter }
    return try graph.reshape(
      parameter, to: graph.shape(parameter) + [Int](repeating: 1, count: rank - 1 - axis))
  }
}

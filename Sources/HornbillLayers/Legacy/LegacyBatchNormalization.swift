public import HornbillCore

/// Batch normalisation of Keras 1 in its modes 1 and 2, which do not use the moving statistics.
///
///     mode 1: s = √(var(x) + ε) over the last axis, y = gamma · (x − mean(x)) / (s + ε) + beta
///     mode 2: y = gamma · (x − mean(x)) / √(var(x) + ε) + beta over all axes but `axis`
///
/// Mode 1 adds ε twice. Mode 2 takes the statistics of the batch at inference too, so that a sample's result
/// depends on the others.
///
/// - Input: `(batch, …)`, any rank ≥ 2. Output: the same.
/// - Weights: `gamma`, `beta` (trainable), `running_mean`, `running_std`, all of the extent of `axis`.
/// - Source: Keras 1.2.2, `keras/layers/normalization.py`.
public struct LegacyBatchNormalization: Layer {
  public static let className = "LegacyBatchNormalization"

  /// Over what the statistics are taken.
  public enum Mode: Int, Sendable {
    /// Over the features of each sample.
    case featureWise = 1
    /// Over the batch.
    case batchWise = 2
  }

  /// Over what the statistics are taken.
  public let mode: Mode
  /// The axis of the features.
  public let axis: Int
  /// The constant that keeps the divisor from zero.
  public let epsilon: Double
  private let fields: JSONObject

  /// Makes a normalisation of mode 1 or 2.
  public init(mode: Mode, axis: Int = -1, epsilon: Double = 1e-3) {
    self.mode = mode
    self.axis = axis
    self.epsilon = epsilon
    fields = JSONObject()
  }

  public init(config: LayerConfig) throws(LayerError) {
    guard let mode = Mode(rawValue: try config.integer("mode")) else {
      throw config.invalid("mode", expected: "1 or 2")
    }
    self.mode = mode
    axis = try config.integer("axis", default: -1)
    epsilon = try config.number("epsilon", default: 1e-3)
    fields = LegacyFields.kept(config)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("mode", mode.rawValue)
    config.set("axis", axis)
    config.set("epsilon", epsilon)
    LegacyFields.encode(fields, to: &config)
  }

  public var supportsMasking: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let extent = try call.knownExtent(axis)
    build.weight("gamma", [extent], initializer: .ones)
    build.weight("beta", [extent], initializer: .zeros)
    build.weight("running_mean", [extent], trainable: false, initializer: .zeros)
    build.weight("running_std", [extent], trainable: false, initializer: .ones)
    return [try call.input]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try call.input
    let rank = lowering.graph.rank(x)
    let axis = try lowering.graph.axis(axis, of: x)
    let axes = mode == .featureWise ? [rank - 1] : (0..<rank).filter { $0 != axis }
    let mean = try lowering.graph.mean(x, axes: axes, keepDimensions: true)
    let offset = try lowering.graph.subtract(x, mean)
    let square = try lowering.graph.square(offset)
    let variance = try lowering.graph.mean(square, axes: axes, keepDimensions: true)
    var deviation = try lowering.graph.unary(
      .sqrt, lowering.graph.add(variance, epsilon))
    if mode == .featureWise { deviation = try lowering.graph.add(deviation, epsilon) }
    let normal = try lowering.graph.divide(offset, deviation)
    var shape = [Int](repeating: 1, count: rank)
    shape[mode == .featureWise ? rank - 1 : axis] = lowering.graph.shape(call.weights[0])[0]
    let gamma = try lowering.graph.reshape(call.weights[0], to: shape)
    let beta = try lowering.graph.reshape(call.weights[1], to: shape)
    return [try lowering.graph.add(lowering.graph.multiply(normal, gamma), beta)]
  }
}

public import HornbillCore

/// Scaling of each element of the batch by its root mean square along some axes.
///
///     y = scale · x / √(mean(x²) + epsilon)
///
/// - Input: any shape with known extents of `axes`. Output: the same.
/// - Weights: `scale` (extents of the axes, which broadcast to the last ones).
/// - Half types are computed in `float32`.
/// - Source: Keras 3, `keras/src/layers/normalization/rms_normalization.py`.
public struct RMSNormalization: Layer {
  public static let className = "RMSNormalization"

  /// The axes, in the order in which the weight has them.
  public let axes: [Int]
  /// What is added to the mean of the squares.
  public let epsilon: Double

  /// Makes a normalization.
  public init(axes: [Int] = [-1], epsilon: Double = 1e-6) {
    self.axes = axes.sorted()
    self.epsilon = epsilon
  }

  public init(config: LayerConfig) throws(LayerError) {
    axes = try config.axes("axis", default: [-1]).sorted()
    epsilon = try config.number("epsilon", default: 1e-6)
    guard !axes.isEmpty else {
      throw config.invalid("axis", expected: "an axis or a list of axes")
    }
  }

  public func encode(to config: inout ConfigEncoder) {
    config.setAxes("axis", axes)
    config.set("epsilon", epsilon)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(present: axes, "axes")
    var extents: [Int] = []
    for axis in axes { extents.append(try call.knownExtent(axis)) }
    build.weight("scale", extents, initializer: .ones)
    return [try call.input]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let input = try call.input
    let x = try lowering.graph.normalizable(input)
    let scale = try lowering.graph.cast(call.weights[0], to: lowering.graph.dtype(x))
    let squares = try lowering.graph.mean(
      lowering.graph.square(x), axes: axes, keepDimensions: true)
    let inverse = try lowering.graph.inverseDeviation(squares, epsilon: epsilon)
    let y = try lowering.graph.multiply(lowering.graph.multiply(x, inverse), scale)
    return [try lowering.graph.cast(y, to: lowering.graph.dtype(input))]
  }
}

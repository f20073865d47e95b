public import HornbillCore

/// Scaling of each element of the batch to length 1 along some axes.
///
///     y = x / √(sum(x²))
///
/// - Input: any shape. Output: the same. Weights: none.
/// - A length below 1e-12 counts as that; in Keras 2, one below 1e-6.
/// - Source: Keras 3, `keras/src/layers/normalization/unit_normalization.py`.
public struct UnitNormalization: Layer {
  public static let className = "UnitNormalization"

  /// The axes, taken together.
  public let axes: [Int]

  /// Makes a normalization.
  public init(axes: [Int] = [-1]) {
    self.axes = axes
  }

  public init(config: LayerConfig) throws(LayerError) {
    axes = try config.axes("axis", default: [-1])
  }

  public func encode(to config: inout ConfigEncoder) {
    config.setAxes("axis", axes)
  }

  public var supportsMasking: Bool { true }

  public var isBuiltFromStart: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let shape = try call.inputShape
    for axis in axes where !(-shape.rank..<shape.rank).contains(axis) {
      throw LayerError(.shape, "axis \(axis) does not exist in shape \(shape)")
    }
    return [try call.input]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let least = lowering.rules.kerasMajor < 3 ? 1e-12 : 1e-24
    return [try lowering.graph.unitLength(call.input, axes: axes, leastSquare: least)]
  }
}

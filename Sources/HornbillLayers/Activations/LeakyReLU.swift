public import HornbillCore

/// A rectifier with a slope for negative inputs.
///
///     y = x ≥ 0: x; else negativeSlope · x
///
/// - Input: any shape. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/activations/leaky_relu.py`.
public struct LeakyReLU: ElementwiseActivation {
  public static let className = "LeakyReLU"

  /// The slope for negative inputs.
  public let negativeSlope: Double

  /// Makes a leaky rectifier.
  public init(negativeSlope: Double = 0.3) {
    self.negativeSlope = negativeSlope
  }

  public init(config: LayerConfig) throws(LayerError) {
    negativeSlope = try config.number("negative_slope", default: 0.3)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("negative_slope", negativeSlope)
  }

  package var function: Activation { .relu(negativeSlope: negativeSlope) }
}

public import HornbillCore

/// A rectifier that passes what exceeds a threshold.
///
///     y = x > theta: x; else 0
///
/// - Input: any shape. Output: the same. Weights: none.
/// - Source: Keras 2, `keras/src/layers/activation/thresholded_relu.py`; Keras 3 does not have the class.
public struct ThresholdedReLU: ElementwiseActivation {
  public static let className = "ThresholdedReLU"

  /// The threshold.
  public let theta: Double

  /// Makes a thresholded rectifier.
  public init(theta: Double = 1) {
    self.theta = theta
  }

  public init(config: LayerConfig) throws(LayerError) {
    theta = try config.number("theta", default: 1)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("theta", theta)
  }

  package var function: Activation { .threshold(threshold: theta, value: 0) }
}

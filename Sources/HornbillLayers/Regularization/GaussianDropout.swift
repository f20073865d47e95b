public import HornbillCore

/// Multiplication with noise around 1 in training; the identity at inference.
///
/// - Input: any shape. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/regularization/gaussian_dropout.py`.
public struct GaussianDropout: InferenceIdentity {
  public static let className = "GaussianDropout"

  /// The share that sets the deviation of the noise, `√(rate / (1 − rate))`.
  public let rate: Double

  /// Makes a dropout layer.
  public init(rate: Double) {
    self.rate = rate
  }

  public init(config: LayerConfig) throws(LayerError) {
    rate = try config.dropoutRate()
  }
}

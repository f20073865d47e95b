public import HornbillCore

/// Addition of noise around 0 in training; the identity at inference.
///
/// - Input: any shape. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/regularization/gaussian_noise.py`.
public struct GaussianNoise: InferenceIdentity {
  public static let className = "GaussianNoise"

  /// The standard deviation of the noise.
  public let standardDeviation: Double

  /// Makes a noise layer.
  public init(standardDeviation: Double) {
    self.standardDeviation = standardDeviation
  }

  public init(config: LayerConfig) throws(LayerError) {
    standardDeviation = try config.number("stddev")
  }
}

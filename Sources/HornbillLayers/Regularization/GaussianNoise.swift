public import HornbillCore

/// Addition of noise around 0 in training; the identity at inference.
///
/// - Input: any shape. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/regularization/gaussian_noise.py`.
public struct GaussianNoise: InferenceIdentity {
  public static let className = "GaussianNoise"

  /// The standard deviation of the noise.
  public let stddev: Double
  /// The seed of the noise in training; the system's randomness when absent.
  public let seed: Int?

  /// Makes a noise layer.
  public init(stddev: Double, seed: Int? = nil) {
    self.stddev = stddev
    self.seed = seed
  }

  public init(config: LayerConfig) throws(LayerError) {
    stddev = try config.number("stddev")
    seed = try config.seed()
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("stddev", stddev)
    config.set("seed", seed)
  }
}

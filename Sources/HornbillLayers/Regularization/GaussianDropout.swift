public import HornbillCore

/// Multiplication with noise around 1 in training; the identity at inference.
///
/// - Input: any shape. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/regularization/gaussian_dropout.py`.
public struct GaussianDropout: DropoutLayer {
  public static let className = "GaussianDropout"

  /// The share that sets the deviation of the noise, `√(rate / (1 − rate))`.
  public let rate: Double
  /// The seed of the choice in training; the system's randomness when absent.
  public let seed: Int?

  /// Makes a dropout layer.
  ///
  /// Building a model throws ``LayerError`` when `rate` is not from 0 to 1.
  public init(rate: Double, seed: Int? = nil) {
    self.rate = rate
    self.seed = seed
  }

  public init(config: LayerConfig) throws(LayerError) {
    rate = try config.dropoutRate()
    seed = try config.seed()
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("rate", rate)
    config.set("seed", seed)
  }
}

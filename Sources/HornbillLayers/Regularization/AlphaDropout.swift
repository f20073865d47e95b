public import HornbillCore

/// Dropout that keeps mean and variance of self-normalizing networks; the identity at inference.
///
/// - Input: any shape. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/regularization/alpha_dropout.py`.
public struct AlphaDropout: DropoutLayer {
  public static let className = "AlphaDropout"

  /// The share of elements that training replaces.
  public let rate: Double
  /// The seed of the choice in training; the system's randomness when absent.
  public let seed: Int?
  /// The extents of the noise, those left open as the input's; every element its own when absent.
  public let noiseShape: [Int?]?

  /// Makes a dropout layer.
  ///
  /// Building a model throws ``LayerError`` when `rate` is not from 0 to 1.
  public init(rate: Double, noiseShape: [Int?]? = nil, seed: Int? = nil) {
    self.rate = rate
    self.noiseShape = noiseShape
    self.seed = seed
  }

  public init(config: LayerConfig) throws(LayerError) {
    rate = try config.dropoutRate()
    noiseShape = try config.shape("noise_shape")?.dimensions
    seed = try config.seed()
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("rate", rate)
    config.set("seed", seed)
    config["noise_shape"] = noiseShape.map { Shape($0).json } ?? .null
  }
}

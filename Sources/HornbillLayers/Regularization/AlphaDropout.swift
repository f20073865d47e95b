public import HornbillCore

/// Dropout that keeps mean and variance of self-normalizing networks; the identity at inference.
///
/// - Input: any shape. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/regularization/alpha_dropout.py`.
public struct AlphaDropout: InferenceIdentity {
  public static let className = "AlphaDropout"

  /// The share of elements that training replaces.
  public let rate: Double

  /// Makes a dropout layer.
  public init(rate: Double) {
    self.rate = rate
  }

  public init(config: LayerConfig) throws(LayerError) {
    rate = try config.dropoutRate()
  }
}

public import HornbillCore

/// Dropout of whole channels of an image; the identity at inference.
///
/// - Input: any shape. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/regularization/spatial_dropout.py`.
public struct SpatialDropout2D: InferenceIdentity {
  public static let className = "SpatialDropout2D"

  /// The share of channels that training sets to zero.
  public let rate: Double

  /// Makes a dropout layer.
  public init(rate: Double) {
    self.rate = rate
  }

  public init(config: LayerConfig) throws(LayerError) {
    rate = try config.dropoutRate()
  }
}

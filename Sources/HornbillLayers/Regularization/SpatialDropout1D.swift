public import HornbillCore

/// Dropout of whole channels of a sequence; the identity at inference.
///
/// - Input: any shape. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/regularization/spatial_dropout.py`.
public struct SpatialDropout1D: InferenceIdentity {
  public static let className = "SpatialDropout1D"

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

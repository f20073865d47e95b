public import HornbillCore

/// Dropout of single elements; the identity at inference.
///
/// - Input: any shape. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/regularization/dropout.py`.
public struct Dropout: InferenceIdentity {
  public static let className = "Dropout"

  /// The share of elements that training sets to zero.
  public let rate: Double

  /// Makes a dropout layer.
  public init(rate: Double) {
    self.rate = rate
  }

  public init(config: LayerConfig) throws(LayerError) {
    rate = try config.dropoutRate()
  }
}

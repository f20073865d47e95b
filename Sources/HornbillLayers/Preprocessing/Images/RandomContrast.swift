public import HornbillCore

/// Contrast changed at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_contrast.py`.
public struct RandomContrast: ImageAugmentation {
  public static let className = "RandomContrast"
  package let castsImages: Bool

  /// Makes a layer.
  public init() { castsImages = false }

  public init(config: LayerConfig) throws(LayerError) {
    castsImages = config.context.rules.kerasMajor < 3
  }
}

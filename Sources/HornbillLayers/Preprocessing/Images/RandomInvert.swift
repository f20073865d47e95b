/// Colours inverted at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_invert.py`.
public struct RandomInvert: ImageAugmentation {
  public static let className = "RandomInvert"
  package var castsImages: Bool { false }

  /// Makes a layer.
  public init() {}
}

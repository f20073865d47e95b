/// Brightness, contrast, saturation and hue changed at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_color_jitter.py`.
public struct RandomColorJitter: ImageAugmentation {
  public static let className = "RandomColorJitter"
  package var castsImages: Bool { false }

  /// Makes a layer.
  public init() {}
}

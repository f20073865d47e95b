/// Bright colours inverted at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/solarization.py`.
public struct Solarization: ImageAugmentation {
  public static let className = "Solarization"

  /// Makes a layer.
  public init() {}
}

/// Images sheared at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_shear.py`.
public struct RandomShear: ImageAugmentation {
  public static let className = "RandomShear"

  /// Makes a layer.
  public init() {}
}

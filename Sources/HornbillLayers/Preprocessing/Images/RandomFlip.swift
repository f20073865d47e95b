/// Images mirrored at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_flip.py`.
public struct RandomFlip: ImageAugmentation {
  public static let className = "RandomFlip"

  /// Makes a layer.
  public init() {}
}

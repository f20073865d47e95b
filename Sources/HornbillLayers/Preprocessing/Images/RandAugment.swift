/// Augmentations chosen at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/rand_augment.py`.
public struct RandAugment: ImageAugmentation {
  public static let className = "RandAugment"

  /// Makes a layer.
  public init() {}
}

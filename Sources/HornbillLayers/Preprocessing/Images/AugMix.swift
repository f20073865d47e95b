/// Chains of augmentations of an image, mixed; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/aug_mix.py`.
public struct AugMix: ImageAugmentation {
  public static let className = "AugMix"

  /// Makes a layer.
  public init() {}
}

/// Images mixed in pairs; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/mix_up.py`.
public struct MixUp: ImageAugmentation {
  public static let className = "MixUp"
  package var castsImages: Bool { false }

  /// Makes a layer.
  public init() {}
}

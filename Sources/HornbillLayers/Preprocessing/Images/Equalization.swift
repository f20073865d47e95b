/// The histogram of each channel made even; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/equalization.py`.
public struct Equalization: ImageAugmentation {
  public static let className = "Equalization"
  package var castsImages: Bool { false }

  /// Makes a layer.
  public init() {}
}

/// Patches of images pasted into others; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/cut_mix.py`.
public struct CutMix: ImageAugmentation {
  public static let className = "CutMix"

  /// Makes a layer.
  public init() {}
}

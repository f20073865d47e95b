/// Images deformed at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_elastic_transform.py`.
public struct RandomElasticTransform: ImageAugmentation {
  public static let className = "RandomElasticTransform"

  /// Makes a layer.
  public init() {}
}

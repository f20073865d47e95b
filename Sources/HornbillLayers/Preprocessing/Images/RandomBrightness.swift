public import HornbillCore

/// Brightness changed at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_brightness.py`.
public struct RandomBrightness: ImageAugmentation {
  public static let className = "RandomBrightness"

  /// The change of brightness as a share of the range of colours, from −1 to 1.
  public let factor: AugmentationFactor
  /// The lowest and the highest colour.
  public let valueRange: (Double, Double)
  /// The seed of the random numbers; `nil` for a new one.
  public let seed: Int?
  package let castsImages: Bool
  package let images: ImageFields

  /// Makes a layer.
  public init(
    factor: AugmentationFactor, valueRange: (Double, Double) = (0, 255), seed: Int? = nil
  ) {
    self.factor = factor
    self.valueRange = valueRange
    self.seed = seed
    castsImages = false
    images = ImageFields()
  }

  public init(config: LayerConfig) throws(LayerError) {
    factor = try config.factor("factor")
    valueRange = try config.colours("value_range")
    seed = try config.seed()
    castsImages = config.context.rules.kerasMajor < 3
    images = try ImageFields(config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("factor", factor, least: -1)
    config.set("value_range", colours: valueRange)
    config.set("seed", seed)
  }
}

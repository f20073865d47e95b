public import HornbillCore

/// Sharpness changed at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_sharpness.py`.
public struct RandomSharpness: ImageAugmentation {
  public static let className = "RandomSharpness"

  /// The change of sharpness, from 0 to 1, where 0.5 changes nothing.
  public let factor: AugmentationFactor
  /// The lowest and the highest colour.
  public let valueRange: (Double, Double)
  /// The seed of the random numbers; `nil` for a new one.
  public let seed: Int?
  package let images: ImageFields

  /// Makes a layer.
  public init(
    factor: AugmentationFactor, valueRange: (Double, Double) = (0, 255),
    dataFormat: DataFormat = .channelsLast, seed: Int? = nil
  ) {
    self.factor = factor
    self.valueRange = valueRange
    self.seed = seed
    images = ImageFields(dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(LayerError) {
    factor = try config.factor("factor")
    valueRange = try config.colours("value_range")
    seed = try config.seed()
    images = try ImageFields(config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("factor", factor, least: 0)
    config.set("value_range", colours: valueRange)
    config.set("seed", seed)
  }
}

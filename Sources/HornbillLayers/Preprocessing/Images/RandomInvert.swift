public import HornbillCore

/// Colours inverted at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_invert.py`.
public struct RandomInvert: ImageAugmentation {
  public static let className = "RandomInvert"

  /// The share of images that are inverted, from 0 to 1.
  public let factor: AugmentationFactor
  /// The lowest and the highest colour.
  public let valueRange: (Double, Double)
  /// The seed of the random numbers; `nil` for a new one.
  public let seed: Int?
  package var castsImages: Bool { false }
  package let images: ImageFields

  /// Makes a layer.
  public init(
    factor: AugmentationFactor = 1, valueRange: (Double, Double) = (0, 255), seed: Int? = nil,
    dataFormat: DataFormat = .channelsLast
  ) {
    self.factor = factor
    self.valueRange = valueRange
    self.seed = seed
    images = ImageFields(dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(LayerError) {
    factor = try config.factor("factor", default: 1)
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

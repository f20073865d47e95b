public import HornbillCore

/// Bright colours inverted at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/solarization.py`.
public struct Solarization: ImageAugmentation {
  public static let className = "Solarization"

  /// What is added to colours first, as a share of their range, from 0 to 1.
  public let additionFactor: AugmentationFactor
  /// The colour from which on colours are inverted, as a share of their range, from 0 to 1.
  public let thresholdFactor: AugmentationFactor
  /// The lowest and the highest colour.
  public let valueRange: (Double, Double)
  /// The seed of the random numbers; `nil` for a new one.
  public let seed: Int?
  package let images: ImageFields

  /// Makes a layer.
  public init(
    additionFactor: AugmentationFactor = 0, thresholdFactor: AugmentationFactor = 0,
    valueRange: (Double, Double) = (0, 255), seed: Int? = nil
  ) {
    self.additionFactor = additionFactor
    self.thresholdFactor = thresholdFactor
    self.valueRange = valueRange
    self.seed = seed
    images = ImageFields()
  }

  public init(config: LayerConfig) throws(LayerError) {
    additionFactor = try config.factor("addition_factor", default: 0)
    thresholdFactor = try config.factor("threshold_factor", default: 0)
    valueRange = try config.colours()
    seed = try config.seed()
    images = try ImageFields(config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("value_range", colours: valueRange)
    config.set("addition_factor", additionFactor, least: 0)
    config.set("threshold_factor", thresholdFactor, least: 0)
    config.set("seed", seed)
  }
}

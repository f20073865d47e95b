public import HornbillCore

/// Patches erased at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_erasing.py`.
public struct RandomErasing: ImageAugmentation {
  public static let className = "RandomErasing"

  /// The share of images in which a patch is erased, from 0 to 1.
  public let factor: AugmentationFactor
  /// The area of a patch as a share of the image, from 0 to 1.
  public let scale: AugmentationFactor
  /// The colour of a patch; noise when absent.
  public let fillValue: Double?
  /// The lowest and the highest colour.
  public let valueRange: (Double, Double)
  /// The seed of the random numbers; `nil` for a new one.
  public let seed: Int?
  package let images: ImageFields

  /// Makes a layer.
  public init(
    factor: AugmentationFactor = 1, scale: AugmentationFactor = .range(0.02, 0.33),
    fillValue: Double? = nil, valueRange: (Double, Double) = (0, 255), seed: Int? = nil,
    dataFormat: DataFormat = .channelsLast
  ) {
    self.factor = factor
    self.scale = scale
    self.fillValue = fillValue
    self.valueRange = valueRange
    self.seed = seed
    images = ImageFields(dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(LayerError) {
    factor = try config.factor("factor", default: 1)
    scale = try config.factor("scale", default: .range(0.02, 0.33))
    fillValue = try config.optionalNumber("fill_value")
    valueRange = try config.colours()
    seed = try config.seed()
    images = try ImageFields(config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("factor", factor, least: 0)
    config.set("scale", scale, least: 0)
    config.set("fill_value", fillValue)
    config.set("value_range", colours: valueRange)
    config.set("seed", seed)
  }
}

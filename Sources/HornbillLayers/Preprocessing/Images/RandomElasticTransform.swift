public import HornbillCore

/// Images deformed at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_elastic_transform.py`.
public struct RandomElasticTransform: ImageAugmentation {
  public static let className = "RandomElasticTransform"

  /// The share of images that are bent, from 0 to 1.
  public let factor: AugmentationFactor
  /// The strength of the bending, from 0 to 1.
  public let scale: AugmentationFactor
  /// How the cells between are found.
  public let interpolation: Interpolation
  /// What fills the cells that come from outside the image.
  public let fillMode: FillMode
  /// The colour of these cells with ``FillMode/constant``.
  public let fillValue: Double
  /// The lowest and the highest colour.
  public let valueRange: (Double, Double)
  /// The seed of the random numbers; `nil` for a new one.
  public let seed: Int?
  package let images: ImageFields

  /// Makes a layer.
  public init(
    factor: AugmentationFactor = 1, scale: AugmentationFactor = 1,
    interpolation: Interpolation = .bilinear, fillMode: FillMode = .reflect, fillValue: Double = 0,
    valueRange: (Double, Double) = (0, 255), seed: Int? = nil,
    dataFormat: DataFormat = .channelsLast
  ) {
    self.factor = factor
    self.scale = scale
    self.interpolation = interpolation
    self.fillMode = fillMode
    self.fillValue = fillValue
    self.valueRange = valueRange
    self.seed = seed
    images = ImageFields(dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(LayerError) {
    factor = try config.factor("factor", default: 1)
    scale = try config.factor("scale", default: 1)
    interpolation = try config.choice("interpolation", default: Interpolation.bilinear)
    fillMode = try config.choice("fill_mode", default: FillMode.reflect)
    fillValue = try config.number("fill_value", default: 0)
    valueRange = try config.colours()
    seed = try config.seed()
    images = try ImageFields(config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("factor", factor, least: 0)
    config.set("scale", scale, least: 0)
    config.set("interpolation", interpolation)
    config.set("fill_mode", fillMode)
    config.set("fill_value", fillValue)
    config.set("value_range", colours: valueRange)
    config.set("seed", seed)
  }
}

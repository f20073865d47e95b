public import HornbillCore

/// The perspective changed at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_perspective.py`.
public struct RandomPerspective: ImageAugmentation {
  public static let className = "RandomPerspective"

  /// The share of images that are changed, from 0 to 1.
  public let factor: AugmentationFactor
  /// How far corners move, from 0 to 1.
  public let scale: Double
  /// How the cells between are found.
  public let interpolation: Interpolation
  /// The colour of cells from outside the image.
  public let fillValue: Double
  /// The seed of the random numbers; `nil` for a new one.
  public let seed: Int?
  package let images: ImageFields

  /// Makes a layer.
  public init(
    factor: AugmentationFactor = 1, scale: Double = 1, interpolation: Interpolation = .bilinear,
    fillValue: Double = 0, seed: Int? = nil, dataFormat: DataFormat = .channelsLast
  ) {
    self.factor = factor
    self.scale = scale
    self.interpolation = interpolation
    self.fillValue = fillValue
    self.seed = seed
    images = ImageFields(dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(LayerError) {
    factor = try config.factor("factor", default: 1)
    scale = try config.number("scale", default: 1)
    interpolation = try config.choice("interpolation", default: Interpolation.bilinear)
    fillValue = try config.number("fill_value", default: 0)
    seed = try config.seed()
    images = try ImageFields(config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("factor", factor, least: 0)
    config.set("scale", scale)
    config.set("interpolation", interpolation)
    config.set("fill_value", fillValue)
    config.set("seed", seed)
  }
}

public import HornbillCore

/// Augmentations chosen at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/rand_augment.py`.
public struct RandAugment: ImageAugmentation {
  public static let className = "RandAugment"

  /// The lowest and the highest colour.
  public let valueRange: (Double, Double)
  /// The number of augmentations of an image.
  public let numOps: Int
  /// The strength of an augmentation, from 0 to 1.
  public let factor: AugmentationFactor
  /// How the cells between are found.
  public let interpolation: Interpolation
  /// The seed of the random numbers; `nil` for a new one.
  public let seed: Int?
  package let images: ImageFields

  /// Makes a layer.
  public init(
    valueRange: (Double, Double) = (0, 255), numOps: Int = 2, factor: AugmentationFactor = 0.5,
    interpolation: Interpolation = .bilinear, seed: Int? = nil,
    dataFormat: DataFormat = .channelsLast
  ) {
    self.valueRange = valueRange
    self.numOps = numOps
    self.factor = factor
    self.interpolation = interpolation
    self.seed = seed
    images = ImageFields(dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(LayerError) {
    valueRange = try config.colours()
    numOps = try config.positive("num_ops", default: 2)
    factor = try config.factor("factor", default: 0.5)
    interpolation = try config.choice("interpolation", default: Interpolation.bilinear)
    seed = try config.seed()
    images = try ImageFields(config: config)
  }

  package func check() throws(LayerError) {
    try LayerError.check(positive: numOps, "numOps")
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("value_range", colours: valueRange)
    config.set("num_ops", numOps)
    config.set("factor", factor, least: 0)
    config.set("interpolation", interpolation)
    config.set("seed", seed)
  }
}

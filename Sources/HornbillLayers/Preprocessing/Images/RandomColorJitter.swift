public import HornbillCore

/// Brightness, contrast, saturation and hue changed at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_color_jitter.py`.
public struct RandomColorJitter: ImageAugmentation {
  public static let className = "RandomColorJitter"

  /// The lowest and the highest colour.
  public let valueRange: (Double, Double)
  /// The change of brightness, as that of ``RandomBrightness``; none when absent.
  public let brightnessFactor: AugmentationFactor?
  /// The change of contrast, as that of ``RandomContrast``; none when absent.
  public let contrastFactor: AugmentationFactor?
  /// The change of saturation, as that of ``RandomSaturation``; none when absent.
  public let saturationFactor: AugmentationFactor?
  /// The change of hue, as that of ``RandomHue``; none when absent.
  public let hueFactor: AugmentationFactor?
  /// The seed of the random numbers; `nil` for a new one.
  public let seed: Int?
  package var castsImages: Bool { false }
  package let images: ImageFields

  /// Makes a layer.
  public init(
    valueRange: (Double, Double) = (0, 255), brightnessFactor: AugmentationFactor? = nil,
    contrastFactor: AugmentationFactor? = nil, saturationFactor: AugmentationFactor? = nil,
    hueFactor: AugmentationFactor? = nil, seed: Int? = nil, dataFormat: DataFormat = .channelsLast
  ) {
    self.valueRange = valueRange
    self.brightnessFactor = brightnessFactor
    self.contrastFactor = contrastFactor
    self.saturationFactor = saturationFactor
    self.hueFactor = hueFactor
    self.seed = seed
    images = ImageFields(dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(LayerError) {
    valueRange = try config.colours()
    brightnessFactor = try config.optionalFactor("brightness_factor")
    contrastFactor = try config.optionalFactor("contrast_factor")
    saturationFactor = try config.optionalFactor("saturation_factor")
    hueFactor = try config.optionalFactor("hue_factor")
    seed = try config.seed()
    images = try ImageFields(config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("value_range", colours: valueRange)
    config.set("brightness_factor", brightnessFactor)
    config.set("contrast_factor", contrastFactor)
    config.set("saturation_factor", saturationFactor)
    config.set("hue_factor", hueFactor)
    config.set("seed", seed)
  }
}

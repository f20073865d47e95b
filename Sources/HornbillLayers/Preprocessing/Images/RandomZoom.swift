public import HornbillCore

/// Images enlarged or reduced at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_zoom.py`.
public struct RandomZoom: ImageAugmentation {
  public static let className = "RandomZoom"

  /// The change of height as a share of it, from −1 to 1; negative numbers enlarge.
  public let heightFactor: AugmentationFactor
  /// The change of width as a share of it; that of the height when absent.
  public let widthFactor: AugmentationFactor?
  /// What fills the cells that come from outside the image.
  public let fillMode: FillMode
  /// How the cells between are found.
  public let interpolation: Interpolation
  /// The seed of the random numbers; `nil` for a new one.
  public let seed: Int?
  /// The colour of these cells with ``FillMode/constant``.
  public let fillValue: Double
  package let images: ImageFields

  /// Makes a layer.
  public init(
    heightFactor: AugmentationFactor, widthFactor: AugmentationFactor? = nil,
    fillMode: FillMode = .reflect, interpolation: Interpolation = .bilinear, seed: Int? = nil,
    fillValue: Double = 0, dataFormat: DataFormat = .channelsLast
  ) {
    self.heightFactor = heightFactor
    self.widthFactor = widthFactor
    self.fillMode = fillMode
    self.interpolation = interpolation
    self.seed = seed
    self.fillValue = fillValue
    images = ImageFields(dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(LayerError) {
    heightFactor = try config.factor("height_factor")
    widthFactor = try config.optionalFactor("width_factor")
    fillMode = try config.choice("fill_mode", default: FillMode.reflect)
    interpolation = try config.choice("interpolation", default: Interpolation.bilinear)
    seed = try config.seed()
    fillValue = try config.number("fill_value", default: 0)
    images = try ImageFields(config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("height_factor", heightFactor)
    config.set("width_factor", widthFactor)
    config.set("fill_mode", fillMode)
    config.set("interpolation", interpolation)
    config.set("seed", seed)
    config.set("fill_value", fillValue)
  }
}

public import HornbillCore

/// Images sheared at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_shear.py`.
public struct RandomShear: ImageAugmentation {
  public static let className = "RandomShear"

  /// The shear along the width as a share of it, from 0 to 1.
  public let xFactor: AugmentationFactor
  /// The shear along the height as a share of it, from 0 to 1.
  public let yFactor: AugmentationFactor
  /// How the cells between are found.
  public let interpolation: Interpolation
  /// What fills the cells that come from outside the image.
  public let fillMode: FillMode
  /// The colour of these cells with ``FillMode/constant``.
  public let fillValue: Double
  /// The seed of the random numbers; `nil` for a new one.
  public let seed: Int?
  package let images: ImageFields

  /// Makes a layer.
  public init(
    xFactor: AugmentationFactor = 0, yFactor: AugmentationFactor = 0,
    interpolation: Interpolation = .bilinear, fillMode: FillMode = .reflect, fillValue: Double = 0,
    dataFormat: DataFormat = .channelsLast, seed: Int? = nil
  ) {
    self.xFactor = xFactor
    self.yFactor = yFactor
    self.interpolation = interpolation
    self.fillMode = fillMode
    self.fillValue = fillValue
    self.seed = seed
    images = ImageFields(dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(LayerError) {
    xFactor = try config.factor("x_factor", default: 0)
    yFactor = try config.factor("y_factor", default: 0)
    interpolation = try config.choice("interpolation", default: Interpolation.bilinear)
    fillMode = try config.choice("fill_mode", default: FillMode.reflect)
    fillValue = try config.number("fill_value", default: 0)
    seed = try config.seed()
    images = try ImageFields(config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("x_factor", shear: xFactor)
    config.set("y_factor", shear: yFactor)
    config.set("fill_mode", fillMode)
    config.set("interpolation", interpolation)
    config.set("seed", seed)
    config.set("fill_value", fillValue)
  }
}

extension ConfigEncoder {
  /// Sets the factor of a shear.
  ///
  /// For a number Keras writes the range from its negative, which it then refuses to read; so the number itself is written.
  ///
  /// Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_shear.py`, `_set_factor_with_name`.
  fileprivate mutating func set(_ field: String, shear factor: AugmentationFactor) {
    switch factor {
    case .number(let number) where number != 0: self[field] = .double(abs(number))
    case .range(let first, let last) where first == -last && last != 0:
      self[field] = .double(abs(last))
    default: set(field, factor, least: -1)
    }
  }
}

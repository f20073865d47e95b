package import HornbillCore

/// The arguments of layers that change colours by chance.
package struct ColorArguments: Sendable {
  /// How much they change.
  package let factor: AugmentationFactor
  /// The lowest and the highest colour.
  package let valueRange: (Double, Double)
  /// The seed of the random numbers; `nil` for a new one.
  package let seed: Int?
  /// Whether a file of Keras 1 or 2 holds the layer.
  let isBeforeKeras3: Bool
  let images: ImageFields

  init(
    factor: AugmentationFactor, valueRange: (Double, Double), seed: Int?,
    dataFormat: DataFormat = .channelsLast
  ) {
    self.factor = factor
    self.valueRange = valueRange
    self.seed = seed
    isBeforeKeras3 = false
    images = ImageFields(dataFormat: dataFormat)
  }

  init(config: LayerConfig, factor fallback: AugmentationFactor?) throws(LayerError) {
    factor = try config.factor("factor", default: fallback)
    valueRange = try config.colours()
    seed = try config.seed()
    isBeforeKeras3 = config.context.rules.kerasMajor < 3
    images = try ImageFields(config: config)
  }
}

/// A layer that changes colours by a factor.
package protocol ColorAugmentation: ImageAugmentation {
  /// The least factor of the range that Keras makes of a single number.
  static var leastFactor: Double { get }
  /// The factor when a file gives none; the field must be there when this is `nil`.
  static var defaultFactor: AugmentationFactor? { get }
  /// The arguments.
  var arguments: ColorArguments { get }
  init(arguments: ColorArguments)
}

extension ColorAugmentation {
  package static var leastFactor: Double { 0 }
  package static var defaultFactor: AugmentationFactor? { nil }
  package var castsImages: Bool { false }

  public init(config: LayerConfig) throws(LayerError) {
    self.init(arguments: try ColorArguments(config: config, factor: Self.defaultFactor))
  }

  public func encode(to config: inout ConfigEncoder) {
    arguments.images.encode(to: &config)
    config.set("factor", arguments.factor, least: Self.leastFactor)
    config.set("value_range", colours: arguments.valueRange)
    config.set("seed", arguments.seed)
  }
}

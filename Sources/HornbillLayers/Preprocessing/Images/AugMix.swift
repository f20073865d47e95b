public import HornbillCore

/// Chains of augmentations of an image, mixed; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/aug_mix.py`.
public struct AugMix: ImageAugmentation {
  public static let className = "AugMix"

  /// The lowest and the highest colour.
  public let valueRange: (Double, Double)
  /// The number of chains.
  public let numChains: Int
  /// The greatest length of a chain.
  public let chainDepth: Int
  /// The strength of an augmentation, from 0 to 1.
  public let factor: AugmentationFactor
  /// The parameter of the distributions by which chains are mixed.
  public let alpha: Double
  /// Whether brightness, colour and sharpness are changed too.
  public let allOps: Bool
  /// How the cells between are found.
  public let interpolation: Interpolation
  /// The seed of the random numbers; `nil` for a new one.
  public let seed: Int?
  package let images: ImageFields

  /// Makes a layer.
  public init(
    valueRange: (Double, Double) = (0, 255), numChains: Int = 3, chainDepth: Int = 3,
    factor: AugmentationFactor = 0.3, alpha: Double = 1, allOps: Bool = true,
    interpolation: Interpolation = .bilinear, seed: Int? = nil,
    dataFormat: DataFormat = .channelsLast
  ) {
    self.valueRange = valueRange
    self.numChains = numChains
    self.chainDepth = chainDepth
    self.factor = factor
    self.alpha = alpha
    self.allOps = allOps
    self.interpolation = interpolation
    self.seed = seed
    images = ImageFields(dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(LayerError) {
    valueRange = try config.colours()
    numChains = try config.positive("num_chains", default: 3)
    chainDepth = try config.positive("chain_depth", default: 3)
    factor = try config.factor("factor", default: 0.3)
    alpha = try config.number("alpha", default: 1)
    allOps = try config.bool("all_ops", default: true)
    interpolation = try config.choice("interpolation", default: Interpolation.bilinear)
    seed = try config.seed()
    images = try ImageFields(config: config)
  }

  package func check() throws(LayerError) {
    try LayerError.check(positive: numChains, "numChains")
    try LayerError.check(positive: chainDepth, "chainDepth")
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("value_range", colours: valueRange)
    config.set("num_chains", numChains)
    config.set("chain_depth", chainDepth)
    config.set("factor", factor, least: 0)
    config.set("alpha", alpha)
    config.set("all_ops", allOps)
    config.set("interpolation", interpolation)
    config.set("seed", seed)
  }
}

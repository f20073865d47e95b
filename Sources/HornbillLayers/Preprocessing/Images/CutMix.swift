public import HornbillCore

/// Patches of images pasted into others; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/cut_mix.py`.
public struct CutMix: ImageAugmentation {
  public static let className = "CutMix"

  /// The share of an image that is replaced, from 0 to 1.
  public let factor: AugmentationFactor
  /// The seed of the random numbers; `nil` for a new one.
  public let seed: Int?
  package let images: ImageFields

  /// Makes a layer.
  public init(
    factor: AugmentationFactor = 1, seed: Int? = nil, dataFormat: DataFormat = .channelsLast
  ) {
    self.factor = factor
    self.seed = seed
    images = ImageFields(dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(LayerError) {
    factor = try config.factor("factor", default: 1)
    seed = try config.seed()
    images = try ImageFields(config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("factor", factor, least: 0)
    config.set("seed", seed)
  }
}

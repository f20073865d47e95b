public import HornbillCore

/// Images mixed in pairs; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/mix_up.py`.
public struct MixUp: ImageAugmentation {
  public static let className = "MixUp"

  /// The parameter of the distribution by which images are mixed.
  public let alpha: Double
  /// The seed of the random numbers; `nil` for a new one.
  public let seed: Int?
  package var castsImages: Bool { false }
  package let images: ImageFields

  /// Makes a layer.
  public init(alpha: Double = 0.2, dataFormat: DataFormat = .channelsLast, seed: Int? = nil) {
    self.alpha = alpha
    self.seed = seed
    images = ImageFields(dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(LayerError) {
    alpha = try config.number("alpha", default: 0.2)
    seed = try config.seed()
    images = try ImageFields(config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("alpha", alpha)
    config.set("seed", seed)
  }
}

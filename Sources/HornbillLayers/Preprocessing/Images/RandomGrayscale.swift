public import HornbillCore

/// Images made grey at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_grayscale.py`.
public struct RandomGrayscale: ImageAugmentation {
  public static let className = "RandomGrayscale"

  /// The share of images that become grey, from 0 to 1.
  public let factor: Double
  /// The seed of the random numbers; `nil` for a new one.
  public let seed: Int?
  package var castsImages: Bool { false }
  package let images: ImageFields

  /// Makes a layer.
  public init(factor: Double = 0.5, dataFormat: DataFormat = .channelsLast, seed: Int? = nil) {
    self.factor = factor
    self.seed = seed
    images = ImageFields(dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(LayerError) {
    factor = try config.number("factor", default: 0.5)
    seed = try config.seed()
    images = try ImageFields(config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("factor", factor)
  }
}

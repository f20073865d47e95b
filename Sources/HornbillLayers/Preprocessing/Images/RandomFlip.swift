public import HornbillCore

/// Images mirrored at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_flip.py`.
public struct RandomFlip: ImageAugmentation {
  public static let className = "RandomFlip"

  /// The directions in which images are mirrored.
  public enum Mode: String, Sendable, Hashable, CaseIterable {
    /// Left and right change places.
    case horizontal
    /// Above and below change places.
    case vertical
    /// Either, or both.
    case horizontalAndVertical = "horizontal_and_vertical"
  }

  /// The directions in which images are mirrored.
  public let mode: Mode
  /// The seed of the random numbers; `nil` for a new one.
  public let seed: Int?
  package let images: ImageFields

  /// Makes a layer.
  public init(
    mode: Mode = .horizontalAndVertical, seed: Int? = nil, dataFormat: DataFormat = .channelsLast
  ) {
    self.mode = mode
    self.seed = seed
    images = ImageFields(dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(LayerError) {
    mode = try config.choice("mode", default: Mode.horizontalAndVertical)
    seed = try config.seed()
    images = try ImageFields(config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("seed", seed)
    config.set("mode", mode)
  }
}

public import HornbillCore

/// The histogram of each channel made even; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/equalization.py`.
public struct Equalization: ImageAugmentation {
  public static let className = "Equalization"

  /// The lowest and the highest colour.
  public let valueRange: (Double, Double)
  /// The number of classes of a histogram.
  public let bins: Int
  package var castsImages: Bool { false }
  package let images: ImageFields

  /// Makes a layer.
  public init(
    valueRange: (Double, Double) = (0, 255), bins: Int = 256,
    dataFormat: DataFormat = .channelsLast
  ) {
    self.valueRange = valueRange
    self.bins = bins
    images = ImageFields(dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(LayerError) {
    valueRange = try config.colours()
    bins = try config.positive("bins", default: 256)
    images = try ImageFields(config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("bins", bins)
    config.set("value_range", colours: valueRange)
  }
}

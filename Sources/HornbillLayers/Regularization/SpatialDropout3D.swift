public import HornbillCore

/// Dropout of whole channels of a volume; the identity at inference.
///
/// - Input: any shape. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/regularization/spatial_dropout.py`.
public struct SpatialDropout3D: SpatialDropoutLayer {
  public static let className = "SpatialDropout3D"

  /// The share of channels that training sets to zero.
  public let rate: Double
  /// The seed of the choice in training; the system's randomness when absent.
  public let seed: Int?
  /// Where the channels are.
  public let dataFormat: DataFormat

  /// Makes a dropout layer.
  ///
  /// Building a model throws ``LayerError`` when `rate` is not from 0 to 1.
  public init(rate: Double, dataFormat: DataFormat = .channelsLast, seed: Int? = nil) {
    self.rate = rate
    self.dataFormat = dataFormat
    self.seed = seed
  }

  public init(config: LayerConfig) throws(LayerError) {
    rate = try config.dropoutRate()
    dataFormat = try config.dataFormat()
    seed = try config.seed()
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("rate", rate)
    config.set("seed", seed)
    config.set("data_format", dataFormat)
  }
}

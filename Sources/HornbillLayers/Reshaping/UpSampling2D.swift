public import HornbillCore

/// An image enlarged by whole factors.
///
/// - Input: `(batch, height, width, channels)`, or channels first. Output: the spatial extents times `size`.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/reshaping/up_sampling2d.py`.
public struct UpSampling2D: UpSampling {
  public static let className = "UpSampling2D"
  package static let spatialRank = 2

  /// The factor of each spatial axis.
  public let size: [Int]
  /// Where the channels stand.
  public let dataFormat: DataFormat
  /// How the cells between are found.
  public let interpolation: Interpolation

  /// Makes an enlarging layer.
  public init(
    size: (Int, Int) = (2, 2), dataFormat: DataFormat = .channelsLast,
    interpolation: Interpolation = .nearest
  ) {
    self.size = [size.0, size.1]
    self.dataFormat = dataFormat
    self.interpolation = interpolation
  }

  public init(config: LayerConfig) throws(LayerError) {
    size = try config.extents("size", axes: 2, default: 2)
    dataFormat = try config.dataFormat()
    interpolation = try config.choice("interpolation", default: Interpolation.nearest)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("size", size)
    config.set("data_format", dataFormat)
    config.set("interpolation", interpolation)
  }
}

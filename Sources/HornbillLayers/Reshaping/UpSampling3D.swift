public import HornbillCore

/// Each cell of a volume repeated.
///
/// - Input: `(batch, depth, height, width, channels)`, or channels first. Output: the spatial extents times `size`.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/reshaping/up_sampling3d.py`.
public struct UpSampling3D: UpSampling {
  public static let className = "UpSampling3D"
  package static let spatialRank = 3

  /// The factor of each spatial axis.
  public let size: [Int]
  /// Where the channels stand.
  public let dataFormat: DataFormat
  package let interpolation = Interpolation.nearest

  /// Makes an enlarging layer.
  public init(
    size: (Int, Int, Int) = (2, 2, 2), dataFormat: DataFormat = .channelsLast
  ) {
    self.size = [size.0, size.1, size.2]
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(LayerError) {
    size = try config.extents("size", axes: 3, default: 2)
    dataFormat = try config.dataFormat()
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("size", size)
    config.set("data_format", dataFormat)
  }
}

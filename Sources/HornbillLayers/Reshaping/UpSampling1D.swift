public import HornbillCore

/// Each cell of a sequence repeated.
///
/// - Input: `(batch, steps, channels)`. Output: the spatial extents times `size`.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/reshaping/up_sampling1d.py`.
public struct UpSampling1D: UpSampling {
  public static let className = "UpSampling1D"
  package static let spatialRank = 1

  /// The factor of each spatial axis.
  public let size: [Int]
  package let dataFormat = DataFormat.channelsLast
  package let interpolation = Interpolation.nearest

  /// Makes an enlarging layer.
  public init(size: Int = 2) {
    self.size = [size]
  }

  public init(config: LayerConfig) throws(LayerError) {
    size = try config.extents("size", axes: 1, default: 2)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("size", size[0])
  }
}

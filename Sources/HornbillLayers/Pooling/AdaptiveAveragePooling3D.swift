package import HornbillCore

/// The mean of as many overlapping windows of a volume as the result is to have positions.
///
/// Position `i` of `o` covers the cells from `floor(i · n / o)` up to `ceil((i + 1) · n / o)` of an axis of extent `n`.
///
/// - Input: `(batch, depth, height, width, channels)`, or channels first. Output: the same with spatial extents `outputSize`.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/pooling/adaptive_average_pooling3d.py`.
public struct AdaptiveAveragePooling3D: AdaptivePooling {
  public static let className = "AdaptiveAveragePooling3D"
  package static let spatialRank = 3
  package static let kind = PoolKind.average

  /// The number of positions per spatial axis.
  public let outputSize: [Int]
  /// Where the channels stand.
  public let dataFormat: DataFormat

  /// Makes a pooling layer.
  public init(outputSize: (Int, Int, Int), dataFormat: DataFormat = .channelsLast) {
    self.init(sizes: [outputSize.0, outputSize.1, outputSize.2], dataFormat: dataFormat)
  }

  package init(sizes: [Int], dataFormat: DataFormat) {
    outputSize = sizes
    self.dataFormat = dataFormat
  }
}

package import HornbillCore

/// The mean of as many overlapping windows of an image as the result is to have positions.
///
/// Position `i` of `o` covers the cells from `floor(i · n / o)` up to `ceil((i + 1) · n / o)` of an axis of extent `n`.
///
/// - Input: `(batch, height, width, channels)`, or channels first. Output: the same with spatial extents `outputSize`.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/pooling/adaptive_average_pooling2d.py`.
public struct AdaptiveAveragePooling2D: AdaptivePooling {
  public static let className = "AdaptiveAveragePooling2D"
  package static let spatialRank = 2
  package static let kind = PoolKind.average

  /// The number of positions per spatial axis.
  public let outputSize: [Int]
  /// Where the channels stand.
  public let dataFormat: DataFormat

  /// Makes a pooling layer.
  public init(outputSize: (Int, Int), dataFormat: DataFormat = .channelsLast) {
    self.init(sizes: [outputSize.0, outputSize.1], dataFormat: dataFormat)
  }

  package init(sizes: [Int], dataFormat: DataFormat) {
    outputSize = sizes
    self.dataFormat = dataFormat
  }
}

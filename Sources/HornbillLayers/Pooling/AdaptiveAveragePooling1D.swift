package import HornbillCore

/// The mean of as many overlapping windows of a sequence as the result is to have positions.
///
/// Position `i` of `o` covers the cells from `floor(i · n / o)` up to `ceil((i + 1) · n / o)` of an axis of extent `n`.
///
/// - Input: `(batch, steps, channels)`, or channels first. Output: the same with spatial extents `outputSize`.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/pooling/adaptive_average_pooling1d.py`.
public struct AdaptiveAveragePooling1D: AdaptivePooling {
  public static let className = "AdaptiveAveragePooling1D"
  package static let spatialRank = 1
  package static let kind = PoolKind.average

  /// The number of positions per spatial axis.
  public let outputSize: [Int]
  /// Where the channels stand.
  public let dataFormat: DataFormat

  /// Makes a pooling layer.
  public init(outputSize: Int, dataFormat: DataFormat = .channelsLast) {
    self.init(sizes: [outputSize], dataFormat: dataFormat)
  }

  package init(sizes: [Int], dataFormat: DataFormat) {
    outputSize = sizes
    self.dataFormat = dataFormat
  }
}

package import HornbillCore

/// The maximum of as many overlapping windows of an image as the result is to have positions.
///
/// Position `i` of `o` covers the cells from `floor(i · n / o)` up to `ceil((i + 1) · n / o)` of an axis of extent `n`.
///
/// - Input: `(batch, height, width, channels)`, or channels first. Output: the same with spatial extents `outputSize`.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/pooling/adaptive_max_pooling2d.py`.
public struct AdaptiveMaxPooling2D: AdaptivePooling {
  public static let className = "AdaptiveMaxPooling2D"
  package static let spatialRank = 2
  package static let kind = PoolKind.maximum

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

package import HornbillCore

/// The mean of each channel over an image.
///
/// - Input: `(batch, height, width, channels)`, or channels first. Output: `(batch, channels)`, or with spatial extents of 1.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/pooling/global_average_pooling2d.py`.
public struct GlobalAveragePooling2D: GlobalPooling {
  public static let className = "GlobalAveragePooling2D"
  public static let aliases = ["GlobalAvgPool2D"]
  package static let spatialRank = 2
  package static let kind = PoolKind.average

  /// Where the channels stand.
  public let dataFormat: DataFormat
  /// Whether the spatial axes stay, with extent 1.
  public let keepDims: Bool

  /// Makes a pooling layer.
  public init(dataFormat: DataFormat = .channelsLast, keepDims: Bool = false) {
    self.dataFormat = dataFormat
    self.keepDims = keepDims
  }
}

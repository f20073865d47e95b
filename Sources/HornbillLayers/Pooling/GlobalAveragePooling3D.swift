package import HornbillCore

/// The mean of each channel over a volume.
///
/// - Input: `(batch, depth, height, width, channels)`, or channels first. Output: `(batch, channels)`, or with spatial extents of 1.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/pooling/global_average_pooling3d.py`.
public struct GlobalAveragePooling3D: GlobalPooling {
  public static let className = "GlobalAveragePooling3D"
  public static let aliases = ["GlobalAvgPool3D"]
  package static let spatialRank = 3
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

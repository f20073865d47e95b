public import HornbillCore

/// Zeros at the ends of height and width.
///
/// - Input: `(batch, height, width, channels)`, or channels first. Output: the same with longer spatial axes.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/reshaping/zero_padding2d.py`.
public struct ZeroPadding2D: ZeroPadding {
  public static let className = "ZeroPadding2D"
  package static let spatialRank = 2

  /// The numbers of cells that are added at the ends of each spatial axis.
  public let padding: [EdgeCounts]
  /// Where the channels stand.
  public let dataFormat: DataFormat

  /// Makes a padding layer.
  public init(
    padding: (EdgeCounts, EdgeCounts) = (EdgeCounts(1, 1), EdgeCounts(1, 1)),
    dataFormat: DataFormat = .channelsLast
  ) {
    self.padding = [padding.0, padding.1]
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(LayerError) {
    padding = try config.edges("padding", axes: 2, default: 1)
    dataFormat = try config.dataFormat()
  }
}

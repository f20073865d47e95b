public import HornbillCore

/// Zeros at the ends of the three spatial axes.
///
/// - Input: `(batch, depth, height, width, channels)`, or channels first. Output: the same with longer spatial axes.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/reshaping/zero_padding3d.py`.
public struct ZeroPadding3D: ZeroPadding {
  public static let className = "ZeroPadding3D"
  package static let spatialRank = 3

  /// The numbers of cells that are added at the ends of each spatial axis.
  public let padding: [EdgeCounts]
  /// Where the channels stand.
  public let dataFormat: DataFormat

  /// Makes a padding layer.
  public init(
    padding: (EdgeCounts, EdgeCounts, EdgeCounts) = (
      EdgeCounts(1, 1), EdgeCounts(1, 1), EdgeCounts(1, 1)
    ),
    dataFormat: DataFormat = .channelsLast
  ) {
    self.padding = [padding.0, padding.1, padding.2]
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(LayerError) {
    padding = try config.edges("padding", axes: 3, default: 1)
    dataFormat = try config.dataFormat()
  }
}

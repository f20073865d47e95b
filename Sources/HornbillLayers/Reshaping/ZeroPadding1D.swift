public import HornbillCore

/// Zeros at the ends of the steps.
///
/// - Input: `(batch, steps, channels)`, or channels first. Output: the same with longer spatial axes.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/reshaping/zero_padding1d.py`.
public struct ZeroPadding1D: ZeroPadding {
  public static let className = "ZeroPadding1D"
  package static let spatialRank = 1

  /// The numbers of cells that are added at the ends of each spatial axis.
  public let padding: [EdgeCounts]
  /// Where the channels stand.
  public let dataFormat: DataFormat

  /// Makes a padding layer.
  public init(padding: EdgeCounts = EdgeCounts(1, 1), dataFormat: DataFormat = .channelsLast) {
    self.padding = [padding]
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(LayerError) {
    padding = try config.edges("padding", axes: 1, default: 1)
    dataFormat = try config.dataFormat()
  }
}

public import HornbillCore

/// Cells at the ends of height and width left out.
///
/// - Input: `(batch, height, width, channels)`, or channels first. Output: the same with shorter spatial axes.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/reshaping/cropping2d.py`.
public struct Cropping2D: Cropping {
  public static let className = "Cropping2D"
  package static let spatialRank = 2

  /// The numbers of cells that are cut off at the ends of each spatial axis.
  public let cropping: [EdgeCounts]
  /// Where the channels stand.
  public let dataFormat: DataFormat

  /// Makes a cropping layer.
  public init(
    cropping: (EdgeCounts, EdgeCounts) = (EdgeCounts(0, 0), EdgeCounts(0, 0)),
    dataFormat: DataFormat = .channelsLast
  ) {
    self.cropping = [cropping.0, cropping.1]
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(LayerError) {
    cropping = try config.edges("cropping", axes: 2, default: 0)
    dataFormat = try config.dataFormat()
  }
}

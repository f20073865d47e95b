public import HornbillCore

/// Cells at the ends of the three spatial axes left out.
///
/// - Input: `(batch, depth, height, width, channels)`, or channels first. Output: the same with shorter spatial axes.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/reshaping/cropping3d.py`.
public struct Cropping3D: Cropping {
  public static let className = "Cropping3D"
  package static let spatialRank = 3

  /// The numbers of cells that are cut off at the ends of each spatial axis.
  public let cropping: [EdgeCounts]
  /// Where the channels stand.
  public let dataFormat: DataFormat

  /// Makes a cropping layer.
  public init(
    cropping: (EdgeCounts, EdgeCounts, EdgeCounts) = (
      EdgeCounts(1, 1), EdgeCounts(1, 1), EdgeCounts(1, 1)
    ),
    dataFormat: DataFormat = .channelsLast
  ) {
    self.cropping = [cropping.0, cropping.1, cropping.2]
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(LayerError) {
    cropping = try config.edges("cropping", axes: 3, default: 1)
    dataFormat = try config.dataFormat()
  }
}

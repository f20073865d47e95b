public import HornbillCore

/// Cells at the ends of the steps left out.
///
/// - Input: `(batch, steps, channels)`. Output: the same with shorter spatial axes.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/reshaping/cropping1d.py`.
public struct Cropping1D: Cropping {
  public static let className = "Cropping1D"
  package static let spatialRank = 1

  /// The numbers of cells that are cut off at the ends of each spatial axis.
  public let cropping: [EdgeCounts]
  package let dataFormat = DataFormat.channelsLast

  /// Makes a cropping layer.
  public init(cropping: EdgeCounts = EdgeCounts(1, 1)) {
    self.cropping = [cropping]
  }

  public init(config: LayerConfig) throws(LayerError) {
    cropping = try config.edges("cropping", axes: 1, default: 1)
  }
}

package import HornbillCore

/// The maximum of each channel over a sequence.
///
/// - Input: `(batch, steps, channels)`, or channels first. Output: `(batch, channels)`, or with spatial extents of 1.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/pooling/global_max_pooling1d.py`.
public struct GlobalMaxPooling1D: GlobalPooling {
  public static let className = "GlobalMaxPooling1D"
  public static let aliases = ["GlobalMaxPool1D"]
  package static let spatialRank = 1
  package static let kind = PoolKind.maximum

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

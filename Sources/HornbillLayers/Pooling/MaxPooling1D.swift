package import HornbillCore

/// The maximum of each window of a sequence.
///
/// - Input: `(batch, steps, channels)`, or channels first. Output: the same with the numbers of window positions.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/pooling/max_pooling1d.py`.
public struct MaxPooling1D: WindowPooling {
  public static let className = "MaxPooling1D"
  public static let aliases = ["MaxPool1D"]
  package static let spatialRank = 1
  package static let kind = PoolKind.maximum

  package let window: WindowGeometry

  /// Makes a pooling layer; the window moves by its own size unless `strides` says otherwise.
  public init(
    poolSize: Int = 2, strides: Int? = nil, padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast
  ) {
    let strides = strides ?? poolSize
    window = WindowGeometry(
      size: [poolSize], strides: [strides], padding: padding, format: dataFormat)
  }

  package init(window: WindowGeometry) {
    self.window = window
  }
}

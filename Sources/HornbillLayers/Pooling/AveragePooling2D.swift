package import HornbillCore

/// The mean of each window of an image; cells outside do not count.
///
/// - Input: `(batch, height, width, channels)`, or channels first. Output: the same with the numbers of window positions.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/pooling/average_pooling2d.py`.
public struct AveragePooling2D: WindowPooling {
  public static let className = "AveragePooling2D"
  public static let aliases = ["AvgPool2D"]
  package static let spatialRank = 2
  package static let kind = PoolKind.average

  package let window: WindowGeometry

  /// Makes a pooling layer; the window moves by its own size unless `strides` says otherwise.
  public init(
    poolSize: (Int, Int) = (2, 2), strides: (Int, Int)? = nil, padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast
  ) {
    let strides = strides ?? poolSize
    window = WindowGeometry(
      size: [poolSize.0, poolSize.1], strides: [strides.0, strides.1], padding: padding,
      format: dataFormat)
  }

  package init(window: WindowGeometry) {
    self.window = window
  }
}

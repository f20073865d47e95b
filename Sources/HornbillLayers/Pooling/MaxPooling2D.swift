package import HornbillCore

/// The maximum of each window of an image.
///
/// - Input: `(batch, height, width, channels)`, or channels first. Output: the same with the numbers of window positions.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/pooling/max_pooling2d.py`.
public struct MaxPooling2D: WindowPooling {
  public static let className = "MaxPooling2D"
  public static let aliases = ["MaxPool2D"]
  package static let spatialRank = 2
  package static let kind = PoolKind.maximum

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

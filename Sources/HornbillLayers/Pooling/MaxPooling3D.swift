package import HornbillCore

/// The maximum of each window of a volume.
///
/// - Input: `(batch, depth, height, width, channels)`, or channels first. Output: the same with the numbers of window positions.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/pooling/max_pooling3d.py`.
public struct MaxPooling3D: WindowPooling {
  public static let className = "MaxPooling3D"
  public static let aliases = ["MaxPool3D"]
  package static let spatialRank = 3
  package static let kind = PoolKind.maximum

  package let window: WindowGeometry

  /// Makes a pooling layer; the window moves by its own size unless `strides` says otherwise.
  public init(
    poolSize: (Int, Int, Int) = (2, 2, 2), strides: (Int, Int, Int)? = nil,
    padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast
  ) {
    let strides = strides ?? poolSize
    window = WindowGeometry(
      size: [poolSize.0, poolSize.1, poolSize.2], strides: [strides.0, strides.1, strides.2],
      padding: padding, format: dataFormat)
  }

  package init(window: WindowGeometry) {
    self.window = window
  }
}

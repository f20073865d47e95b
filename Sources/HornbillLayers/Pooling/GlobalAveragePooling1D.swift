public import HornbillCore

/// The mean of each channel over a sequence.
///
/// - Input: `(batch, steps, channels)`, or channels first. Output: `(batch, channels)`, or with spatial extents of 1.
/// - Weights: none.
/// - Mask: (batch, steps); masked steps do not count. A wholly masked sequence gives NaN.
/// - Source: Keras 3, `keras/src/layers/pooling/global_average_pooling1d.py`.
public struct GlobalAveragePooling1D: GlobalPooling {
  public static let className = "GlobalAveragePooling1D"
  public static let aliases = ["GlobalAvgPool1D"]
  package static let spatialRank = 1
  package static let kind = PoolKind.average

  /// Where the channels stand.
  public let dataFormat: DataFormat
  /// Whether the spatial axes stay, with extent 1.
  public let keepDims: Bool

  /// Makes a pooling layer.
  public init(dataFormat: DataFormat = .channelsLast, keepDims: Bool = false) {
    self.dataFormat = dataFormat
    self.keepDims = keepDims
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try call.input
    let axis = dataFormat == .channelsLast ? 1 : 2
    guard let given = call.mask else {
      return [try lowering.graph.mean(x, axes: [axis], keepDimensions: keepDims)]
    }
    let dtype = lowering.graph.dtype(x)
    let mask = try lowering.graph.expand(
      lowering.graph.cast(given, to: .bool), axis: dataFormat == .channelsLast ? 2 : 1)
    let kept = try lowering.graph.select(mask, x, lowering.graph.scalar(0, dtype))
    let total = try lowering.graph.sum(kept, axes: [axis], keepDimensions: keepDims)
    let count = try lowering.graph.sum(
      lowering.graph.cast(mask, to: dtype), axes: [axis], keepDimensions: keepDims)
    return [try lowering.graph.divide(total, count)]
  }
}

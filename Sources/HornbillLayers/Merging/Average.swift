public import HornbillCore

/// The mean of tensors.
///
///     y = (x₁ + x₂ + … + xₙ) / n
///
/// - Input: several tensors that broadcast; those of lower rank get axes of extent 1 after the batch. Output: the broadcast shape.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/merging/average.py`.
public struct Average: MergeLayer {
  public static let className = "Average"

  /// Makes a merging layer.
  public init() {}

  public init(config: LayerConfig) throws(LayerError) {}

  public func encode(to config: inout ConfigEncoder) {}

  package func merge(
    _ operands: [Value], masks: [Value?], into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    var total = try lowering.graph.folded(.add, operands)
    if !lowering.graph.dtype(total).isFloatingPoint {
      total = try lowering.graph.cast(total, to: .float32)
    }
    let count = lowering.graph.scalar(Double(operands.count), lowering.graph.dtype(total))
    return try lowering.graph.divide(total, count)
  }
}

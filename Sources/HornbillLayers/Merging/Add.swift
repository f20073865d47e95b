public import HornbillCore

/// The sum of tensors.
///
///     y = x₁ + x₂ + …
///
/// - Input: several tensors that broadcast; those of lower rank get axes of extent 1 after the batch. Output: the broadcast shape.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/merging/add.py`.
public struct Add: MergeLayer {
  public static let className = "Add"

  /// Makes a merging layer.
  public init() {}

  public init(config: LayerConfig) throws(LayerError) {}

  public func encode(to config: inout ConfigEncoder) {}

  package func merge(
    _ operands: [Value], masks: [Value?], into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    try lowering.graph.folded(.add, operands)
  }
}

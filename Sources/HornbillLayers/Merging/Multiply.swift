public import HornbillCore

/// The product of tensors.
///
///     y = x₁ · x₂ · …
///
/// - Input: several tensors that broadcast; those of lower rank get axes of extent 1 after the batch. Output: the broadcast shape.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/merging/multiply.py`.
public struct Multiply: MergeLayer {
  public static let className = "Multiply"

  /// Makes a merging layer.
  public init() {}

  public init(config: LayerConfig) throws(LayerError) {}

  package func merge(
    _ operands: [Value], masks: [Value?], into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    try lowering.graph.folded(.multiply, operands)
  }
}

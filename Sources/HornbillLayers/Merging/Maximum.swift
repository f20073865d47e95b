public import HornbillCore

/// The greatest of each element of several tensors.
///
/// In Keras 3 an element that its tensor's mask hides gives way to the other tensors'.
///
/// - Input: several tensors that broadcast; those of lower rank get axes of extent 1 after the batch. Output: the broadcast shape.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/merging/maximum.py`.
public struct Maximum: MergeLayer {
  public static let className = "Maximum"

  /// Makes a merging layer.
  public init() {}

  public init(config: LayerConfig) throws(LayerError) {}

  public func encode(to config: inout ConfigEncoder) {}

  package func merge(
    _ operands: [Value], masks: [Value?], into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    if lowering.rules.kerasMajor < 3 { return try lowering.graph.folded(.maximum, operands) }
    return try lowering.graph.folded(.maximum, operands, masks: masks)
  }
}

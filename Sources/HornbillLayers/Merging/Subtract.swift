public import HornbillCore

/// The difference of two tensors.
///
///     y = x₁ − x₂
///
/// - Input: two tensors that broadcast; one of lower rank gets axes of extent 1 after the batch. Output: the broadcast shape.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/merging/subtract.py`.
public struct Subtract: MergeLayer {
  public static let className = "Subtract"

  /// Makes a merging layer.
  public init() {}

  public init(config: LayerConfig) throws(LayerError) {}

  public func encode(to config: inout ConfigEncoder) {}

  package func merge(
    _ operands: [Value], masks: [Value?], into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    guard operands.count == 2 else {
      throw LayerError(.wiring, "Subtract takes two tensors, found \(operands.count)")
    }
    return try lowering.graph.subtract(operands[0], operands[1])
  }
}

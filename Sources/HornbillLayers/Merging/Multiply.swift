public import HornbillCore

/// The product of tensors.
///
///     y = x₁ · x₂ · …
///
/// In Keras 3 an element that its tensor's mask hides counts as 1; one that all of several masks hide gives 0.
///
/// - Input: several tensors that broadcast; those of lower rank get axes of extent 1 after the batch. Output: the broadcast shape.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/merging/multiply.py`.
public struct Multiply: MergeLayer {
  public static let className = "Multiply"

  /// Makes a merging layer.
  public init() {}

  public init(config: LayerConfig) throws(LayerError) {}

  public func encode(to config: inout ConfigEncoder) {}

  package func merge(
    _ operands: [Value], masks: [Value?], into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    guard lowering.rules.kerasMajor >= 3, masks.count == operands.count else {
      return try lowering.graph.folded(.multiply, operands)
    }
    return try lowering.graph.maskedProduct(operands, masks: masks)
  }
}

extension GraphBuilder {
  /// The product of tensors of one type and rank, each where its mask is true.
  fileprivate mutating func maskedProduct(
    _ operands: [Value], masks: [Value?]
  ) throws(LayerError) -> Value {
    var factors: [Value] = []
    var kept: Value?
    for (operand, mask) in zip(operands, masks) {
      guard let mask else {
        factors.append(operand)
        continue
      }
      let shown = try expand(mask, axis: -1)
      factors.append(try select(shown, operand, scalar(1, dtype(operand))))
      kept =
        try kept.map { (other: Value) throws(LayerError) in
          try binary(.logicalOr, other, shown)
        } ?? shown
    }
    let product = try folded(.multiply, factors)
    guard let kept, !masks.contains(where: { $0 == nil }) else { return product }
    return try select(kept, product, scalar(0, dtype(product)))
  }
}

import HornbillCore

extension GraphBuilder {
  /// Tensors folded by an operation from the left.
  mutating func folded(_ op: BinaryOp, _ operands: [Value]) throws(LayerError) -> Value {
    guard var result = operands.first else {
      throw LayerError(.wiring, "a merging layer needs at least one tensor")
    }
    for operand in operands.dropFirst() { result = try binary(op, result, operand) }
    return result
  }

  /// Tensors folded by an operation from the left, where a masked element gives way to the other side.
  ///
  /// Source: Keras 3, `keras/src/layers/merging/base_merge.py`, `_apply_merge_op_and_or_mask`.
  mutating func folded(
    _ op: BinaryOp, _ operands: [Value], masks: [Value?]
  ) throws(LayerError) -> Value {
    guard var result = operands.first, masks.count == operands.count else {
      throw LayerError(.wiring, "a merging layer needs at least one tensor")
    }
    var kept = try masks[0].map { (mask: Value) throws(LayerError) in
      try expand(mask, axis: -1)
    }
    for (operand, mask) in zip(operands, masks).dropFirst() {
      var right = operand
      let mask = try mask.map { (mask: Value) throws(LayerError) in try expand(mask, axis: -1) }
      if let mask { right = try select(mask, right, result) }
      if let kept { result = try select(kept, result, right) }
      if let left = kept, let mask {
        kept = try binary(.logicalOr, left, mask)
      } else {
        kept = nil
      }
      result = try binary(op, result, right)
    }
    return result
  }
}

import HornbillCore

/// Numbers of 4 bits, two to a byte, and what they stand for.
///
/// Source: Keras 3, `keras/src/quantizers/quantizers.py`, `unpack_int4`, `dequantize_with_sz_map`.
extension GraphBuilder {
  /// The numbers in the bytes of a tensor, along an axis, of which the first `count` stay: the low half first, then the high one.
  ///
  /// - Parameter isSigned: whether they go from −8 to 7 and not from 0 to 15.
  mutating func unpacked(
    _ bytes: Value, axis: Int, count: Int, isSigned: Bool
  ) throws(LayerError) -> Value {
    let dtype = dtype(bytes)
    let axis = try self.axis(axis, of: bytes)
    let mask = scalar(15, dtype)
    var halves = [
      try binary(.bitwiseAnd, bytes, mask),
      try binary(.bitwiseAnd, binary(.rightShift, bytes, scalar(4, dtype)), mask),
    ]
    if isSigned {
      let eight = scalar(8, dtype)
      for index in halves.indices {
        halves[index] = try subtract(binary(.bitwiseXor, halves[index], eight), eight)
      }
    }
    var extents = shape(bytes)
    extents[axis] = try Extent.product(extents[axis], 2)
    let numbers = try reshape(stack(halves, axis: axis + 1), to: extents)
    guard count <= extents[axis] else {
      throw LayerError(
        .shape, "\(count) numbers of 4 bits do not fit in bytes of shape \(Shape(shape(bytes)))")
    }
    return try slice(numbers, axis: axis, start: 0, count: count)
  }

  /// `(q − zero) · scale` in the type of `scale`, each position along an axis with the numbers of its group.
  mutating func dequantized(
    _ q: Value, scale: Value, zero: Value, groups: Value, axis: Int
  ) throws(LayerError) -> Value {
    let dtype = dtype(scale)
    let indices = try cast(groups, to: .int32)
    let scales = try gather(scale, indices, axis: axis)
    let zeros = try cast(gather(zero, indices, axis: axis), to: dtype)
    return try multiply(subtract(cast(q, to: dtype), zeros), scales)
  }
}

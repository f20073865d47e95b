import HornbillCore

/// Casts and selections.
extension Definition {
  /// Between floating-point types nothing changes, for nothing is rounded here.
  static func cast(_ x: Operand, to dtype: DType) throws(ExecutionError) -> Operand {
    let elements: Operand.Elements
    switch x.elements {
    case .real(let values):
      if dtype.isFloatingPoint {
        elements = x.elements
      } else if dtype == .bool {
        elements = .whole(values.map { $0 == 0 ? 0 : 1 })
      } else {
        elements = .whole(values.map { dtype.wrapping(whole($0, dtype)) })
      }
    case .whole(let values):
      elements =
        dtype.isFloatingPoint
        ? .real(values.map(x.dtype.double)) : .whole(values.map(dtype.wrapping))
    case .text:
      throw ExecutionError("a cast of text to \(dtype) is not possible")
    }
    return Operand(shape: x.shape, dtype: dtype, elements: elements)
  }

  /// `uint64` holds more than `Int64` does.
  private static func whole(_ x: Double, _ dtype: DType) -> Int64 {
    guard dtype == .uint64, x >= 0x1p63 else { return Int64(saturating: x) }
    return x < 0x1p64 ? Int64(bitPattern: UInt64(x)) : -1
  }

  static func select(
    _ condition: Operand, _ a: Operand, _ b: Operand
  ) throws(ExecutionError) -> Operand {
    let shape = Layout.broadcastShape(
      condition.shape, Layout.broadcastShape(a.shape, b.shape))
    let flags = try broadcast(condition, to: shape).whole()
    let x = broadcast(a, to: shape)
    let y = broadcast(b, to: shape)
    let both = try concatenate(
      [reshape(x, to: [flags.count]), reshape(y, to: [flags.count])], axis: 0)
    let offsets = flags.enumerated().map { index, flag in flag != 0 ? index : flags.count + index }
    return both.taking(offsets, shape: shape)
  }
}

extension Tensor {
  /// The tensor in another numeric type: fractions are truncated towards zero, integers wrap, halves are rounded to nearest even.
  ///
  /// Text stays text, whatever is asked for.
  public func converted(to dtype: DType) -> Tensor {
    if dtype == self.dtype { return self }
    switch (storage, dtype) {
    case (.text, _), (_, .string):
      return self
    case (.integer(let values), .bool):
      return Tensor(shape: shape, integers: values.map { $0 == 0 ? 0 : 1 }, dtype: .bool)
    case (.integer(let values), _) where dtype.isInteger:
      return Tensor(shape: shape, integers: values.map(dtype.wrapped), dtype: dtype)
    case (_, .float64):
      return Tensor(shape: shape, doubles ?? [])
    case (_, .float32), (_, .float16), (_, .bfloat16):
      return Tensor(
        shape: shape, dtype: dtype, storage: .float((floats ?? []).map(dtype.rounded)))
    case (_, .bool):
      let values = doubles ?? []
      return Tensor(shape: shape, integers: values.map { $0 == 0 ? 0 : 1 }, dtype: .bool)
    default:
      let values = doubles ?? []
      return Tensor(
        shape: shape, integers: values.map { dtype.wrapped(Int64(saturating: $0)) }, dtype: dtype)
    }
  }
}

extension DType {
  /// The number rounded to the type, when the type is a half-precision one.
  package func rounded(_ number: Float) -> Float {
    switch self {
    case .float16: return Float(Float16(number))
    case .bfloat16:
      guard number.isFinite else { return number }
      let bits = number.bitPattern
      let rounding = 0x7FFF + ((bits >> 16) & 1)
      return Float(bitPattern: (bits &+ rounding) & 0xFFFF_0000)
    default: return number
    }
  }

  /// The integer wrapped to the type's width; unchanged for types that hold no integers.
  package func wrapped(_ number: Int64) -> Int64 {
    switch self {
    case .int8: Int64(Int8(truncatingIfNeeded: number))
    case .int16: Int64(Int16(truncatingIfNeeded: number))
    case .int32: Int64(Int32(truncatingIfNeeded: number))
    case .uint8: Int64(UInt8(truncatingIfNeeded: number))
    case .uint16: Int64(UInt16(truncatingIfNeeded: number))
    case .uint32: Int64(UInt32(truncatingIfNeeded: number))
    default: number
    }
  }
}

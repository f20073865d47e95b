import HornbillCore

/// Bits read as another type; a floating-point number is rounded to its own type first.
extension Definition {
  static func bitcast(_ x: Operand, to dtype: DType) -> Operand {
    let bits: [UInt64] =
      switch x.elements {
      case .real(let values): values.map { pattern($0, x.dtype) }
      case .whole(let values): values.map { UInt64(bitPattern: $0) }
      case .text: []
      }
    let elements: Operand.Elements =
      dtype.isFloatingPoint
      ? .real(bits.map { number($0, dtype) })
      : .whole(bits.map { dtype.wrapping(Int64(bitPattern: $0)) })
    return Operand(shape: x.shape, dtype: dtype, elements: elements)
  }

  private static func pattern(_ x: Double, _ dtype: DType) -> UInt64 {
    switch dtype {
    case .float64: return x.bitPattern
    case .float32: return UInt64(Float(x).bitPattern)
    case .bfloat16:
      if x.isNaN { return 0x7FC0 }
      let bits = UInt64(Float(x).bitPattern)
      return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16
    default: return half(x)
    }
  }

  private static func half(_ x: Double) -> UInt64 {
    let sign: UInt64 = x.sign == .minus ? 0x8000 : 0
    if x.isNaN { return sign | 0x7E00 }
    let size = abs(x)
    if size >= 65520 { return sign | 0x7C00 }
    if size < 0x1p-14 { return sign | UInt64((size * 0x1p24).rounded(.toNearestOrEven)) }
    let exponent = Int(size.exponent)
    let fraction = UInt64(((size.significand - 1) * 1024).rounded(.toNearestOrEven))
    return sign | (UInt64(exponent + 15) << 10 + fraction)
  }

  private static func number(_ bits: UInt64, _ dtype: DType) -> Double {
    switch dtype {
    case .float64: return Double(bitPattern: bits)
    case .float32: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .bfloat16:
      return Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits) << 16))
    default:
      let sign: Double = bits & 0x8000 == 0 ? 1 : -1
      let exponent = Int(bits >> 10 & 0x1F)
      let fraction = Double(bits & 0x3FF)
      if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
      if exponent == 0 { return sign * fraction * 0x1p-24 }
      return sign * Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
    }
  }
}

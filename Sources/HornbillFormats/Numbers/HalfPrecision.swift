/// Conversions between `Float` and the two 16-bit formats, by bit pattern.
///
/// Swift's `Float16` is not available on every platform of the package.
package enum HalfPrecision {
  /// The value of IEEE 754 binary16 bits.
  package static func float(float16 bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10 & 0x1F)
    let fraction = UInt32(bits & 0x3FF)
    switch exponent {
    case 0:
      // A subnormal is `fraction · 2⁻²⁴`, which a Float holds exactly.
      let magnitude = Float(fraction) * 0x1p-24
      return Float(bitPattern: sign | magnitude.bitPattern)
    case 0x1F: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }

  /// IEEE 754 binary16 bits of a value, rounded to nearest, ties to even; one that is not a number keeps the upper bits
  /// of its payload.
  package static func float16(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let sign = UInt16(truncatingIfNeeded: bits >> 16 & 0x8000)
    let magnitude = bits & 0x7FFF_FFFF
    if magnitude > 0x7F80_0000 {
      return sign | 0x7C00 | max(UInt16(truncatingIfNeeded: magnitude >> 13 & 0x3FF), 1)
    }
    // From 65520 on, the nearest value is infinity.
    if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
    if magnitude < 0x3880_0000 {
      let steps = Float(bitPattern: magnitude) * 0x1p24
      return sign | UInt16(steps.rounded(.toNearestOrEven))
    }
    let rounded = magnitude - 0x3800_0000 + 0xFFF + (magnitude >> 13 & 1)
    return sign | UInt16(truncatingIfNeeded: rounded >> 13)
  }

  /// The value of bfloat16 bits, the upper half of a `Float`.
  package static func float(bfloat16 bits: UInt16) -> Float {
    Float(bitPattern: UInt32(bits) << 16)
  }

  /// bfloat16 bits of a value, rounded to nearest, ties to even; one that is not a number keeps the upper bits of its
  /// payload.
  package static func bfloat16(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if value.isNaN {
      let upper = UInt16(truncatingIfNeeded: bits >> 16)
      return upper & 0x7F == 0 ? upper | 1 : upper
    }
    return UInt16(truncatingIfNeeded: (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
  }
}

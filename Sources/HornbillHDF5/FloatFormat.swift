extension HDF5 {
  /// The order of the bytes of a number.
  public enum ByteOrder: String, Hashable, Sendable {
    /// The byte with the lowest bits comes first.
    case little
    /// The byte with the highest bits comes first.
    case big

    /// The order of the machine that runs.
    public static var native: ByteOrder { UInt16(1).littleEndian == 1 ? .little : .big }
  }

  /// The bit fields of a floating-point type.
  ///
  ///     value = (-1)^sign · 2^(exponent - bias) · mantissa
  ///
  /// Positions count bits from the lowest one of the number.
  public struct FloatFormat: Hashable, Sendable {
    /// The size of the number in bytes.
    public let size: Int
    /// The bit that holds the sign.
    public let signPosition: Int
    /// The lowest bit of the exponent.
    public let exponentPosition: Int
    /// The count of bits of the exponent.
    public let exponentSize: Int
    /// The lowest bit of the mantissa.
    public let mantissaPosition: Int
    /// The count of bits of the mantissa that are stored.
    public let mantissaSize: Int
    /// What is subtracted from the stored exponent.
    public let bias: Int
    /// Whether a highest mantissa bit of 1 is implied and not stored.
    public let hasImpliedBit: Bool

    /// IEEE 754 half precision: 5 bits of exponent, 10 of mantissa.
    public static let float16 = FloatFormat(ieee: 2, exponentSize: 5, mantissaSize: 10)
    /// The upper half of a single-precision number: 8 bits of exponent, 7 of mantissa.
    public static let bfloat16 = FloatFormat(ieee: 2, exponentSize: 8, mantissaSize: 7)
    /// IEEE 754 single precision.
    public static let float32 = FloatFormat(ieee: 4, exponentSize: 8, mantissaSize: 23)
    /// IEEE 754 double precision.
    public static let float64 = FloatFormat(ieee: 8, exponentSize: 11, mantissaSize: 52)

    /// Makes a format with the sign on top, then the exponent, then the mantissa.
    private init(ieee size: Int, exponentSize: Int, mantissaSize: Int) {
      self.init(
        size: size, signPosition: exponentSize + mantissaSize, exponentPosition: mantissaSize,
        exponentSize: exponentSize, mantissaPosition: 0, mantissaSize: mantissaSize,
        bias: 1 << (exponentSize - 1) - 1, hasImpliedBit: true)
    }

    init(
      size: Int, signPosition: Int, exponentPosition: Int, exponentSize: Int,
      mantissaPosition: Int, mantissaSize: Int, bias: Int, hasImpliedBit: Bool
    ) {
      self.size = size
      self.signPosition = signPosition
      self.exponentPosition = exponentPosition
      self.exponentSize = exponentSize
      self.mantissaPosition = mantissaPosition
      self.mantissaSize = mantissaSize
      self.bias = bias
      self.hasImpliedBit = hasImpliedBit
    }

    /// Whether the fields lie inside the number and are small enough to be decoded.
    var isDecodable: Bool {
      let bits = size * 8
      func fits(_ position: Int, _ count: Int) -> Bool {
        position >= 0 && count >= 0 && position <= bits && count <= bits - position
      }
      return (1...16).contains(size) && fits(signPosition, 1)
        && fits(exponentPosition, exponentSize) && fits(mantissaPosition, mantissaSize)
        && (1...30).contains(exponentSize) && (1...112).contains(mantissaSize)
        && (0...(1 << 30)).contains(bias)
    }

    /// The number in the bits, rounded to double precision when it has more than 53 bits.
    ///
    /// - Precondition: `isDecodable`.
    func decode(_ bits: UInt128) -> Double {
      let exponentMask = UInt128(1) << exponentSize - 1
      let exponent = Int((bits >> exponentPosition) & exponentMask)
      var mantissa = (bits >> mantissaPosition) & (UInt128(1) << mantissaSize - 1)
      let sign: FloatingPointSign = (bits >> signPosition) & 1 == 1 ? .minus : .plus
      if exponent == Int(exponentMask) {
        let fraction = hasImpliedBit ? mantissa : mantissa & (UInt128(1) << (mantissaSize - 1) - 1)
        if fraction != 0 { return .nan }
        return sign == .minus ? -.infinity : .infinity
      }
      var scale = exponent - bias - mantissaSize
      if !hasImpliedBit {
        scale += 1
      } else if exponent == 0 {
        scale += 1
      } else {
        mantissa |= UInt128(1) << mantissaSize
      }
      // Sixty-four bits with the rest gathered in the lowest one round as all bits would.
      let excess = 128 - mantissa.leadingZeroBitCount - 64
      if excess > 0 {
        let lost = mantissa & (UInt128(1) << excess - 1)
        mantissa = mantissa >> excess | (lost == 0 ? 0 : 1)
        scale += excess
      }
      let magnitude = Double(sign: .plus, exponent: scale, significand: Double(UInt64(mantissa)))
      return sign == .minus ? -magnitude : magnitude
    }

    /// The bits of the nearest number of the format; ties go to the even one, and what is too
    /// large becomes infinite.
    ///
    /// - Precondition: one of `float16`, `bfloat16`, `float32` and `float64`.
    func encode(_ value: Double) -> UInt64 {
      let double = value.bitPattern
      if self == .float64 { return double }
      let sign = (double >> 63) << signPosition
      let infinity = UInt64(1 << exponentSize - 1) << exponentPosition
      if value.isNaN {
        let payload = (double & (1 << 52 - 1)) >> (52 - mantissaSize)
        return sign | infinity | payload | 1 << (mantissaSize - 1)
      }
      if value.isInfinite { return sign | infinity }
      let exponent = Int((double >> 52) & 0x7FF) - 1023
      if exponent < -bias - mantissaSize { return sign }
      let significand = double & (1 << 52 - 1) | 1 << 52
      let isNormal = exponent > -bias
      let shift = 52 - mantissaSize + (isNormal ? 0 : 1 - bias - exponent)
      var result = significand >> shift
      let lost = significand & (1 << shift - 1)
      let half = UInt64(1) << (shift - 1)
      if lost > half || (lost == half && result & 1 == 1) { result += 1 }
      // A carry out of the mantissa moves on into the exponent, up to infinity.
      if isNormal { result += UInt64(exponent + bias - 1) << exponentPosition }
      return sign | min(result, infinity)
    }
  }
}

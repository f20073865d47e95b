import HornbillCore

/// The generator of Steele, Lea and Flood: the same numbers everywhere, from a seed.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension Tensor {
  /// Numbers of −4…4 that every floating-point type but the half ones holds exactly.
  static func sample(_ shape: [Int], seed: Int, dtype: DType = .float32) -> Tensor {
    var generator = SplitMix64(seed: seed &* 7919 &+ shape.reduce(17) { $0 &* 31 &+ $1 })
    let values = (0..<shape.reduce(1, *)).map { _ in
      Double(Int.random(in: -32768...32768, using: &generator)) / 8192
    }
    return numbers(shape, values, dtype: dtype)
  }

  /// Numbers in a floating-point or integer type; a half type rounds towards zero.
  static func numbers(_ shape: [Int], _ values: [Double], dtype: DType = .float32) -> Tensor {
    switch dtype {
    case .float64: Tensor(shape: shape, values)
    case .float32: Tensor(shape: shape, values.map { Float($0) })
    case .bfloat16:
      Tensor(
        shape: shape, dtype: dtype,
        storage: .float(values.map { Float(bitPattern: Float($0).bitPattern & 0xFFFF_0000) }))
    case .float16:
      Tensor(
        shape: shape, dtype: dtype,
        storage: .float(values.map { Float(bitPattern: Float($0).bitPattern & 0xFFFF_E000) }))
    default:
      Tensor(shape: shape, integers: values.map { Int64(saturating: $0) }, dtype: dtype)
    }
  }

  /// The same numbers in another floating-point type that holds them.
  func converted(to dtype: DType) -> Tensor {
    guard self.dtype.isFloatingPoint, let doubles else { return self }
    return Tensor.numbers(shape, doubles, dtype: dtype)
  }
}

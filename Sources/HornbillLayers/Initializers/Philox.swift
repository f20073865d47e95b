/// A counter-based generator: ten rounds turn a key and a counter into four words.
///
/// Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011), Philox 4x32-10.
struct Philox: Sendable {
  /// Four words, the lowest first.
  typealias Words = SIMD4<UInt32>

  private let key: SIMD2<UInt32>
  private let low: UInt64
  private let high: UInt64

  private static let multipliers: (UInt32, UInt32) = (0xD251_1F53, 0xCD9E_8D57)
  private static let increments = SIMD2<UInt32>(0x9E37_79B9, 0xBB67_AE85)

  /// The generator that TensorFlow's stateless operations derive from a pair of seeds.
  ///
  /// Source: TensorFlow, `tensorflow/core/kernels/stateless_random_ops.cc`, `GenerateKey`.
  init(seeds: (Int64, Int64)) {
    let first = UInt64(bitPattern: seeds.0)
    let second = UInt64(bitPattern: seeds.1)
    let mixed = Philox.rounds(
      SIMD2(0x3EC8_F720, 0x0246_1E29),
      Words(
        UInt32(truncatingIfNeeded: first), UInt32(truncatingIfNeeded: first >> 32),
        UInt32(truncatingIfNeeded: second), UInt32(truncatingIfNeeded: second >> 32)))
    key = SIMD2(mixed.x, mixed.y)
    low = 0
    high = UInt64(mixed.w) << 32 | UInt64(mixed.z)
  }

  /// The generator that Keras 3 takes on its TensorFlow backend for an integer seed.
  ///
  /// Source: Keras 3, `keras/src/backend/tensorflow/random.py`, `_cast_seed`.
  init(kerasSeed seed: Int) {
    let modulus = Int64(Int32.max) - 1
    let rest = Int64(seed) % modulus
    self.init(seeds: (rest < 0 ? rest + modulus : rest, 0))
  }

  /// The words of the counter's place `index`.
  subscript(index: UInt64) -> Words {
    let (sum, overflow) = low.addingReportingOverflow(index)
    let upper = overflow ? high &+ 1 : high
    return Philox.rounds(
      key,
      Words(
        UInt32(truncatingIfNeeded: sum), UInt32(truncatingIfNeeded: sum >> 32),
        UInt32(truncatingIfNeeded: upper), UInt32(truncatingIfNeeded: upper >> 32)))
  }

  private static func rounds(_ key: SIMD2<UInt32>, _ counter: Words) -> Words {
    var key = key
    var words = counter
    for round in 0..<10 {
      if round > 0 { key &+= increments }
      let first = multipliers.0.multipliedFullWidth(by: words.x)
      let second = multipliers.1.multipliedFullWidth(by: words.z)
      words = Words(
        second.high ^ words.y ^ key.x, second.low, first.high ^ words.w ^ key.y, first.low)
    }
    return words
  }
}

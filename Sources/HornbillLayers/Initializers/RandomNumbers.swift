import HornbillCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The numbers that TensorFlow's stateless operations draw for an integer seed of Keras.
///
/// Source: TensorFlow, `tensorflow/core/lib/random/random_distributions.h` and
/// `tensorflow/core/kernels/random_op_cpu.h`.
struct RandomNumbers {
  private let generator: Philox
  private let dtype: DType

  /// Draws from a seed; from the system's randomness when there is none.
  init(seed: Int?, dtype: DType) {
    generator = Philox(kerasSeed: seed ?? Int.random(in: 1...1_000_000_000))
    self.dtype = dtype
  }

  /// How many numbers the words of a place of the counter give.
  private var numbersPerPlace: Int { dtype == .float64 ? 2 : 4 }

  /// Numbers from 0 on below 1.
  func uniform(_ count: Int) -> [Double] {
    fill(count) { (words, numbers) in
      if dtype == .float64 {
        numbers.append(RandomNumbers.fraction(words.x, words.y))
        numbers.append(RandomNumbers.fraction(words.z, words.w))
      } else {
        for index in 0..<4 { numbers.append(fraction(words[index])) }
      }
    }
  }

  /// Normally distributed numbers of mean 0 and deviation 1.
  func normal(_ count: Int) -> [Double] {
    fill(count) { (words, numbers) in
      let draws = draws(words)
      for index in 0..<numbersPerPlace { numbers.append(rounded(draws[index])) }
    }
  }

  /// Normally distributed numbers, those of at least two deviations left out.
  ///
  /// Each group of numbers has a stretch of the counter of its own, so that how many draws one takes does not move the
  /// next.
  func truncatedNormal(_ count: Int) -> [Double] {
    let stretch = UInt64(numbersPerPlace * 256 / 4)
    var numbers: [Double] = []
    numbers.reserveCapacity(count + numbersPerPlace)
    var group: UInt64 = 0
    while numbers.count < count {
      var place = group * stretch
      let end = numbers.count + numbersPerPlace
      while numbers.count < end {
        let draws = draws(generator[place])
        for index in 0..<numbersPerPlace where abs(draws[index]) < 2 && numbers.count < end {
          numbers.append(rounded(draws[index]))
        }
        place += 1
      }
      group += 1
    }
    return Array(numbers.prefix(count))
  }

  private func fill(
    _ count: Int, _ append: (Philox.Words, inout [Double]) -> Void
  ) -> [Double] {
    var numbers: [Double] = []
    numbers.reserveCapacity(count + 4)
    var place: UInt64 = 0
    while numbers.count < count {
      append(generator[place], &numbers)
      place += 1
    }
    return Array(numbers.prefix(count))
  }

  // MARK: Words to numbers

  /// The low bits of a word as the fraction of a number from 1 on below 2, less 1.
  private func fraction(_ word: UInt32) -> Double {
    let bits: UInt32 =
      switch dtype {
      case .float16: 10
      case .bfloat16: 7
      default: 23
      }
    return Double(word & (1 << bits - 1)) / Double(1 << bits)
  }

  private static func fraction(_ high: UInt32, _ low: UInt32) -> Double {
    let bits = UInt64(high & 0xF_FFFF) << 32 | UInt64(low)
    return Double(bits) / Double(UInt64(1) << 52)
  }

  private func rounded(_ number: Double) -> Double {
    dtype == .float64 ? number : Double(dtype.rounded(Float(number)))
  }

  /// Normally distributed numbers of the words of a place, by Box and Muller's rule: in `float64` two, else four in `float32`.
  private func draws(_ words: Philox.Words) -> SIMD4<Double> {
    guard dtype == .float64 else {
      let first = RandomNumbers.pair(words.x, words.y)
      let second = RandomNumbers.pair(words.z, words.w)
      return SIMD4(
        Double(first.0), Double(first.1), Double(second.0), Double(second.1))
    }
    let u = max(RandomNumbers.fraction(words.x, words.y), 1e-7)
    let angle = 2 * Double.pi * RandomNumbers.fraction(words.z, words.w)
    let radius = (-2 * log(u)).squareRoot()
    return SIMD4(sin(angle) * radius, cos(angle) * radius, 0, 0)
  }

  private static func pair(_ first: UInt32, _ second: UInt32) -> (Float, Float) {
    let u = max(Float(first & 0x7F_FFFF) / Float(1 << 23), 1e-7)
    let angle = Float(2 * Double.pi * Double(second & 0x7F_FFFF) / Double(1 << 23))
    let radius = (-2 * logf(u)).squareRoot()
    return (sinf(angle) * radius, cosf(angle) * radius)
  }
}

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Discrete Fourier transforms of one length, in `Double`: the length is divided by its prime factors in turn, each of which is
/// transformed by its sum.
struct FourierTransform: Sendable {
  let count: Int
  private let factors: [Int]
  private let cosines: [Double]
  private let sines: [Double]

  init(count: Int, inverse: Bool) {
    self.count = count
    var factors: [Int] = []
    var rest = count
    var divisor = 2
    while rest > 1 {
      if divisor * divisor > rest { divisor = rest }
      while rest % divisor == 0 {
        factors.append(divisor)
        rest /= divisor
      }
      divisor += 1
    }
    self.factors = factors
    let turn = (inverse ? 2 : -2) * Double.pi / Double(max(count, 1))
    cosines = (0..<count).map { cos(turn * Double($0)) }
    sines = (0..<count).map { sin(turn * Double($0)) }
  }

  /// The transform of `count` complex numbers, in place.
  func run(_ real: inout [Double], _ imaginary: inout [Double]) {
    var (a, b) = (real, imaginary)
    var (x, y) = (real, imaginary)
    var length = count
    var stride = 1
    for factor in factors {
      let part = length / factor
      for position in 0..<part {
        for column in 0..<stride {
          for output in 0..<factor {
            var (p, q) = (0.0, 0.0)
            for input in 0..<factor {
              let from = column + stride * (position + part * input)
              let turn = input * output * (count / factor) % count
              p += x[from] * cosines[turn] - y[from] * sines[turn]
              q += x[from] * sines[turn] + y[from] * cosines[turn]
            }
            let twist = position * output * stride % count
            let to = column + stride * (factor * position + output)
            a[to] = p * cosines[twist] - q * sines[twist]
            b[to] = p * sines[twist] + q * cosines[twist]
          }
        }
      }
      swap(&a, &x)
      swap(&b, &y)
      length = part
      stride *= factor
    }
    real = x
    imaginary = y
  }
}

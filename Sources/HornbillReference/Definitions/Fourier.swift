import HornbillCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The discrete Fourier transform by its sum.
extension Definition {
  static func fft(
    _ real: Operand, _ imaginary: Operand, inverse: Bool
  ) throws(ExecutionError) -> [Operand] {
    let x = try real.real()
    let y = try imaginary.real()
    let count = real.shape[real.shape.count - 1]
    let sign: Double = inverse ? 1 : -1
    let cosines = (0..<count).map { cos(2 * Double.pi * Double($0) / Double(count)) }
    let sines = (0..<count).map { sign * sin(2 * Double.pi * Double($0) / Double(count)) }
    let scale = inverse ? 1 / Double(count) : 1
    var a = [Double](repeating: 0, count: x.count)
    var b = a
    for start in stride(from: 0, to: x.count, by: max(count, 1)) {
      for frequency in 0..<count {
        var (p, q) = (0.0, 0.0)
        for time in 0..<count {
          let (c, s) = (cosines[frequency * time % count], sines[frequency * time % count])
          p += x[start + time] * c - y[start + time] * s
          q += x[start + time] * s + y[start + time] * c
        }
        a[start + frequency] = p * scale
        b[start + frequency] = q * scale
      }
    }
    return [
      Operand(shape: real.shape, dtype: real.dtype, elements: .real(a)),
      Operand(shape: real.shape, dtype: real.dtype, elements: .real(b)),
    ]
  }
}

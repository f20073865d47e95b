import HornbillCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The window under which a part of a signal is looked at.
public enum SignalWindow: Sendable, Hashable {
  /// All samples alike.
  case rectangular
  /// `0.5 − 0.5 cos`.
  case hann
  /// `0.54 − 0.46 cos`.
  case hamming
  /// The given factors.
  case factors([Double])

  /// The factors for so many samples.
  ///
  /// A period is `count` samples when it is even, else `count − 1`, as TensorFlow has it.
  ///
  /// Source: TensorFlow, `tensorflow/python/ops/signal/window_ops.py`, `_raised_cosine_window` with `periodic`.
  ///
  /// - Throws: ``LayerError`` when the given factors are of another number.
  func factors(count: Int) throws(LayerError) -> [Double] {
    switch self {
    case .rectangular: return [Double](repeating: 1, count: count)
    case .hann: return SignalWindow.cosine(0.5, 0.5, count)
    case .hamming: return SignalWindow.cosine(0.54, 0.46, count)
    case .factors(let factors):
      guard factors.count == count else {
        throw LayerError(
          .configuration, "a window of \(factors.count) factors for \(count) samples")
      }
      return factors
    }
  }

  private static func cosine(_ a: Double, _ b: Double, _ count: Int) -> [Double] {
    if count == 1 { return [1] }
    let period = Double(count % 2 == 0 ? count : count - 1)
    return (0..<count).map { a - b * cos(2 * .pi * Double($0) / period) }
  }
}

extension SignalWindow {
  /// The window as a field of a configuration.
  var json: JSON {
    switch self {
    case .rectangular: .null
    case .hann: .string("hann")
    case .hamming: .string("hamming")
    case .factors(let factors): .array(factors.map { .double($0) })
    }
  }
}

extension LayerConfig {
  /// The field `window`: a name, factors, or `null`.
  func signalWindow() throws(LayerError) -> SignalWindow {
    guard let value = fields["window"] else { return .hann }
    if value.isNull { return .rectangular }
    switch value.string {
    case "hann": return .hann
    case "hamming": return .hamming
    case .some: throw invalid("window", expected: "\"hann\" or \"hamming\"")
    case nil:
      guard let factors = try array("window"), factors.rank == 1, let numbers = factors.doubles
      else { throw invalid("window", expected: "a name or a list of numbers") }
      return .factors(numbers)
    }
  }
}

/// The discrete Fourier transform as the kernel of a convolution.
enum SpectralKernel {
  /// The kernel `(fftLength, 1, 2 · bins)` under a window in the middle of the frame: the real parts of all bins from 0 to half the
  /// sampling rate, then the imaginary parts.
  ///
  /// Angles are taken modulo a turn in integers, so that they are exact.
  static func tensor(
    fftLength: Int, windowLength: Int, window: SignalWindow
  ) throws(LayerError) -> Tensor {
    let bins = fftLength / 2 + 1
    _ = try Extent.tableCount([fftLength, 2, bins])
    let before = (fftLength - windowLength) / 2
    var factors = [Double](repeating: 0, count: before)
    if window == .rectangular {
      factors = try window.factors(count: fftLength)
    } else {
      factors += try window.factors(count: windowLength)
      factors += [Double](repeating: 0, count: fftLength - factors.count)
    }
    let turn = (0..<fftLength).map { 2 * Double.pi * Double($0) / Double(fftLength) }
    let cosines = turn.map { cos($0) }
    let sines = turn.map { -sin($0) }
    var kernel: [Double] = []
    kernel.reserveCapacity(fftLength * 2 * bins)
    for (sample, factor) in factors.enumerated() {
      for table in [cosines, sines] {
        var angle = 0
        for _ in 0..<bins {
          kernel.append(factor * table[angle])
          angle += sample
          if angle >= fftLength { angle -= fftLength }
        }
      }
    }
    return Tensor(shape: [fftLength, 1, 2 * bins], kernel)
  }
}

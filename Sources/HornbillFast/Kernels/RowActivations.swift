import HornbillCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The activations that work along the last axis.
///
/// Sums are taken in `Double`.
enum RowActivations {
  static func softmax<T: BinaryFloatingPoint>(
    _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, rows: Int, extent: Int
  ) {
    for row in 0..<rows {
      let from = x + row * extent
      let to = y + row * extent
      let top = maximum(from, extent)
      var sum = 0.0
      for i in 0..<extent {
        let e = exp(Double(from[i]) - top)
        sum += e
        to[i] = T(e)
      }
      for i in 0..<extent { to[i] = T(Double(to[i]) / sum) }
    }
  }

  static func logSoftmax<T: BinaryFloatingPoint>(
    _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, rows: Int, extent: Int
  ) {
    for row in 0..<rows {
      let from = x + row * extent
      let top = maximum(from, extent)
      var sum = 0.0
      for i in 0..<extent { sum += exp(Double(from[i]) - top) }
      let shift = log(sum)
      for i in 0..<extent { y[row * extent + i] = T(Double(from[i]) - top - shift) }
    }
  }

  static func sparsemax<T: BinaryFloatingPoint>(
    _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, rows: Int, extent: Int
  ) {
    for row in 0..<rows {
      let from = x + row * extent
      let sorted = (0..<extent).map { Double(from[$0]) }.sorted(by: >)
      var running = 0.0
      var total = 0.0
      var support = 0.0
      for (place, value) in sorted.enumerated() {
        running += value
        if value - (running - 1) / Double(place + 1) > 0 {
          total += running
          support += 1
        }
      }
      let threshold = (total - 1) / support
      for i in 0..<extent { y[row * extent + i] = T(greater(Double(from[i]) - threshold, 0)) }
    }
  }

  private static func maximum<T: BinaryFloatingPoint>(_ x: UnsafePointer<T>, _ count: Int)
    -> Double
  {
    var top = -Double.infinity
    for i in 0..<count { top = greater(top, Double(x[i])) }
    return top
  }
}

/// Applies an activation to rows of elements; `x` and `y` may be the same.
func applyActivation<T: BinaryFloatingPoint>(
  _ activation: Activation, _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, rows: Int,
  extent: Int
) {
  switch activation {
  case .softmax: RowActivations.softmax(x, y, rows: rows, extent: extent)
  case .logSoftmax: RowActivations.logSoftmax(x, y, rows: rows, extent: extent)
  case .sparsemax: RowActivations.sparsemax(x, y, rows: rows, extent: extent)
  default:
    guard let function = activation.function else { return }
    for i in 0..<(rows * extent) { y[i] = T(function(Double(x[i]))) }
  }
}

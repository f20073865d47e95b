import HornbillCore
import HornbillFast

/// Statistics of one weight.
///
/// Minimum, maximum, mean and deviation are those of the finite elements; the deviation is that of the population.
package struct WeightStatistics: Sendable, Equatable {
  package private(set) var minimum: Double?
  package private(set) var maximum: Double?
  package private(set) var mean: Double?
  package private(set) var deviation: Double?
  package private(set) var zeros = 0
  package private(set) var nans = 0
  package private(set) var infinities = 0

  /// Finds out about a tensor's elements; text has none of these.
  init(_ tensor: Tensor, _ reader: StatisticsReader) {
    if tensor.dtype.isFloatingPoint, tensor.dtype != .float64 {
      self.init(tensor.withStorageBytes(reader.statistics(ofFloats:)) ?? NumberStatistics())
      return
    }
    switch tensor.storage {
    case .double(let values): self.init(values) { $0 }
    case .integer(let values): self.init(values) { Double($0) }
    case .float, .text: self.init(NumberStatistics())
    }
  }

  private init(_ known: NumberStatistics) {
    (zeros, nans, infinities) = (known.zeros, known.nans, known.infinities)
    guard known.count > 0 else { return }
    minimum = known.least
    maximum = known.greatest
    mean = known.sum / Double(known.count)
    deviation = (known.squares / Double(known.count)).squareRoot()
  }

  private init<Element>(_ values: [Element], _ number: (Element) -> Double) {
    var least = Double.infinity
    var greatest = -Double.infinity
    var sum = 0.0
    var count = 0
    for value in values {
      let x = number(value)
      guard x.isFinite else {
        if x.isNaN { nans += 1 } else { infinities += 1 }
        continue
      }
      if x == 0 { zeros += 1 }
      least = min(least, x)
      greatest = max(greatest, x)
      sum += x
      count += 1
    }
    guard count > 0 else { return }
    let mean = sum / Double(count)
    var squares = 0.0
    for value in values {
      let x = number(value)
      if x.isFinite { squares += (x - mean) * (x - mean) }
    }
    minimum = least
    maximum = greatest
    self.mean = mean
    deviation = (squares / Double(count)).squareRoot()
  }
}

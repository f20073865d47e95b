import HornbillCore

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

  package init(_ tensor: Tensor) {
    switch tensor.storage {
    case .float(let values): self.init(values) { Double($0) }
    case .double(let values): self.init(values) { $0 }
    case .integer(let values): self.init(values) { Double($0) }
    case .text: self.init([Double]()) { $0 }
    }
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

import HornbillCore

/// Resizes the middle axis of `x (outer, extent, inner)`.
struct ResamplingKernel: Sendable {
  /// A weight of a cell of the result.
  private struct Tap: Sendable {
    /// The offset of the operand's cell.
    let offset: Int
    let weight: Float
  }

  private let taps: [Tap]
  /// Where the taps of each cell begin, and where the last ones end.
  private let bounds: [Int]
  private let isLine: Bool
  private let factor: Float
  private let extent: Int
  private let inner: Int

  init(_ resampling: Resampling, extent: Int, inner: Int) {
    var taps: [Tap] = []
    var bounds = [0]
    for cell in resampling.cells {
      for (index, weight) in cell.weights.enumerated() {
        taps.append(Tap(offset: (cell.start + index) * inner, weight: weight))
      }
      bounds.append(taps.count)
    }
    self.taps = taps
    self.bounds = bounds
    switch resampling.form {
    case .line: (isLine, factor) = (true, 1)
    case .sum(let factor): (isLine, self.factor) = (false, factor)
    }
    self.extent = extent
    self.inner = inner
  }

  func callAsFunction(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, outer: Int
  ) {
    taps.withUnsafeBufferPointer { taps in
      var to = y
      for row in 0..<outer {
        let from = x + row * extent * inner
        for cell in 0..<(bounds.count - 1) {
          let own = UnsafeBufferPointer(rebasing: taps[bounds[cell]..<bounds[cell + 1]])
          if isLine { line(from, to, own) } else { sum(from, to, own) }
          to += inner
        }
      }
    }
  }

  private func line(
    _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>,
    _ taps: UnsafeBufferPointer<Tap>
  ) {
    let first = from + taps[0].offset
    guard taps.count > 1 else {
      to.update(from: first, count: inner)
      return
    }
    let second = from + taps[1].offset
    let fraction = taps[1].weight
    for i in 0..<inner { to[i] = first[i] + (second[i] - first[i]) * fraction }
  }

  private func sum(
    _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>,
    _ taps: UnsafeBufferPointer<Tap>
  ) {
    let first = from + taps[0].offset
    let weight = taps[0].weight
    for i in 0..<inner { to[i] = first[i] * weight }
    for tap in taps.dropFirst() {
      let cell = from + tap.offset
      for i in 0..<inner { to[i] += cell[i] * tap.weight }
    }
    if factor != 1 {
      for i in 0..<inner { to[i] *= factor }
    }
  }
}

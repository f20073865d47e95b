import HornbillCore

/// Folds of sliding windows.
///
/// Source: Keras 3, `max_pool` and `average_pool` of `keras/src/ops/nn.py`.
extension Definition {
  /// Cells outside do not count: the maximum of none is the type's least number, their average NaN.
  static func pool(
    _ kind: PoolKind, _ x: Operand, _ window: WindowSpec
  ) throws(ExecutionError) -> Operand {
    let batch = x.shape[0]
    let spatial = Array(x.shape[1..<x.shape.count - 1])
    let channels = x.shape[x.shape.count - 1]
    let positions = spatial.indices.map { window.positions($0, extent: spatial[$0]) }
    let (inputs, outputs) = (Layout.count(spatial), Layout.count(positions))
    let pairs = touching(window, positions: positions, extents: spatial)

    func folded<Element>(
      _ values: [Element], _ start: Element, _ join: (Element, Element) -> Element
    ) -> [Element] {
      var results = [Element](repeating: start, count: batch * outputs * channels)
      for sample in 0..<batch {
        for (position, _, place) in pairs {
          let from = (sample * inputs + place) * channels
          let to = (sample * outputs + position) * channels
          for c in 0..<channels { results[to + c] = join(results[to + c], values[from + c]) }
        }
      }
      return results
    }

    let elements: Operand.Elements
    switch (kind, x.elements) {
    case (.maximum, .real(let values)):
      elements = .real(folded(values, -.infinity, greater))
    case (.maximum, .whole(let values)):
      elements = .whole(folded(values, least(x.dtype)) { greater($0, $1, x.dtype) })
    case (.average, .real(let values)):
      let sums = folded(values, 0, +)
      let counts = folded(values, 0) { number, _ in number + 1 }
      elements = .real(zip(sums, counts).map { $0 / $1 })
    case (.average, .whole), (_, .text):
      throw ExecutionError("\(kind) pooling of \(x.dtype) is not possible")
    }
    return Operand(shape: [batch] + positions + [channels], dtype: x.dtype, elements: elements)
  }
}

import HornbillCore

/// Resized axes.
extension Definition {
  /// The sums are those of `float32`, which is the precision of Keras's own definition.
  static func resample(
    _ x: Operand, _ resampling: Resampling, axis: Int
  ) throws(ExecutionError) -> Operand {
    let values = try x.real().map { Float($0) }
    var shape = x.shape
    shape[axis] = resampling.cells.count
    var results = [Double](repeating: 0, count: Layout.count(shape))
    for (from, to) in zip(Layout.lines(x.shape, axis: axis), Layout.lines(shape, axis: axis)) {
      for (cell, place) in zip(resampling.cells, to) {
        let operands = cell.weights.indices.map { values[from[cell.start + $0]] }
        results[place] = Double(joined(operands, cell.weights, resampling.form))
      }
    }
    return Operand(shape: shape, dtype: x.dtype, elements: .real(results))
  }

  private static func joined(
    _ operands: [Float], _ weights: [Float], _ form: Resampling.Form
  ) -> Float {
    switch form {
    case .line:
      operands.count == 1
        ? operands[0] : operands[0] + (operands[1] - operands[0]) * weights[1]
    case .sum(let factor):
      zip(operands, weights).reduce(0) { $0 + $1.0 * $1.1 } * factor
    }
  }
}

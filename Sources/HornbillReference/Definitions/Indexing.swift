import HornbillCore

/// Ops that read or write at positions which are data.
///
/// Source: Keras 3, `keras/src/ops/numpy.py` (`take`, `take_along_axis`) and `keras/src/ops/core.py` (`scatter`,
/// `scatter_update`).
extension Definition {
  static func gather(
    _ x: Operand, _ indices: Operand, axis: Int, negative: Bool
  ) throws(ExecutionError) -> Operand {
    var positions = x.shape.map { Array(0..<$0) }
    positions[axis] = try resolved(indices, x, axis, negative: negative)
    let shape = Array(x.shape[..<axis]) + indices.shape + Array(x.shape[(axis + 1)...])
    return reshape(taking(x, positions), to: shape)
  }

  static func gatherElements(
    _ x: Operand, _ indices: Operand, axis: Int
  ) throws(ExecutionError) -> Operand {
    var steps = Layout.strides(x.shape)
    let stride = steps[axis]
    steps[axis] = 0
    let rows = Layout.offsets(indices.shape, steps: steps)
    let positions = try resolved(indices, x, axis, negative: true)
    return x.taking(zip(rows, positions).map { $0 + $1 * stride }, shape: indices.shape)
  }

  /// The indices as positions of the axis.
  private static func resolved(
    _ indices: Operand, _ x: Operand, _ axis: Int, negative: Bool
  ) throws(ExecutionError) -> [Int] {
    let extent = x.shape[axis]
    var result: [Int] = []
    for element in try indices.whole() {
      let isHuge = indices.dtype == .uint64 && element < 0
      let position = negative && element < 0 && !isHuge ? Int(element) + extent : Int(element)
      guard !isHuge, (0..<extent).contains(position) else {
        let index = isHuge ? "\(UInt64(bitPattern: element))" : "\(element)"
        let range = negative && !isHuge ? "\(-extent)..<\(extent)" : "0..<\(extent)"
        throw ExecutionError(
          "index \(index) is outside \(range) along axis \(axis) of shape \(Shape(x.shape))")
      }
      result.append(position)
    }
    return result
  }

  static func scatter(
    _ mode: ScatterMode, _ base: Operand, _ indices: Operand, _ updates: Operand
  ) throws(ExecutionError) -> Operand {
    let depth = indices.shape[1]
    let strides = Layout.strides(base.shape)
    let rowCount = Layout.count(Array(base.shape[depth...]))
    let positions = try indices.whole()
    var targets: [(to: Int, from: Int)] = []
    for row in 0..<indices.shape[0] {
      let index = positions[row * depth..<(row + 1) * depth]
      guard zip(index, base.shape).allSatisfy({ $0 >= 0 && $0 < $1 }) else { continue }
      let start = zip(index, strides).reduce(0) { $0 + Int($1.0) * $1.1 }
      for i in 0..<rowCount { targets.append((start + i, row * rowCount + i)) }
    }
    var result = base
    switch (base.elements, updates.elements) {
    case (.real(var values), .real(let news)):
      for (to, from) in targets {
        switch mode {
        case .update: values[to] = news[from]
        case .add: values[to] += news[from]
        case .multiply: values[to] *= news[from]
        case .maximum: values[to] = greater(values[to], news[from])
        case .minimum: values[to] = lesser(values[to], news[from])
        }
      }
      result.elements = .real(values)
    case (.whole(var values), .whole(let news)):
      for (to, from) in targets {
        let (old, new) = (values[to], news[from])
        let isNewGreater =
          base.dtype == .uint64 ? UInt64(bitPattern: new) > UInt64(bitPattern: old) : new > old
        switch mode {
        case .update: values[to] = new
        case .add: values[to] = base.dtype.wrapping(old &+ new)
        case .multiply: values[to] = base.dtype.wrapping(old &* new)
        case .maximum: values[to] = isNewGreater ? new : old
        case .minimum: values[to] = isNewGreater ? old : new
        }
      }
      result.elements = .whole(values)
    case (.text(var values), .text(let news)) where mode == .update:
      for (to, from) in targets { values[to] = news[from] }
      result.elements = .text(values)
    default:
      throw ExecutionError("scattering \(mode) of \(updates.dtype) is not possible")
    }
    return result
  }
}

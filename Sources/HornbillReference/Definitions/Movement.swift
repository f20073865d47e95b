import HornbillCore

/// Ops that say where each element of the result comes from.
extension Definition {
  static func reshape(_ x: Operand, to shape: [Int]) -> Operand {
    Operand(shape: shape, dtype: x.dtype, elements: x.elements)
  }

  static func transpose(_ x: Operand, _ permutation: [Int]) -> Operand {
    let strides = Layout.strides(x.shape)
    let shape = permutation.map { x.shape[$0] }
    return x.taking(Layout.offsets(shape, steps: permutation.map { strides[$0] }), shape: shape)
  }

  static func broadcast(_ x: Operand, to shape: [Int]) -> Operand {
    x.taking(Layout.broadcast(x.shape, to: shape), shape: shape)
  }

  static func slice(
    _ x: Operand, _ starts: [Int], _ counts: [Int], _ strides: [Int]
  ) -> Operand {
    let positions = counts.indices.map { axis in
      (0..<counts[axis]).map { starts[axis] + $0 * strides[axis] }
    }
    return taking(x, positions)
  }

  static func concatenate(_ operands: [Operand], axis: Int) throws(ExecutionError) -> Operand {
    let first = operands[0]
    let rowCount = Layout.count(Array(first.shape[..<axis]))
    let widths = operands.map { Layout.count(Array($0.shape[axis...])) }
    let starts = widths.reduce(into: [0]) { $0.append($0[$0.count - 1] + rowCount * $1) }
    var offsets: [Int] = []
    for row in 0..<rowCount {
      for (start, width) in zip(starts, widths) {
        offsets += start + row * width..<start + (row + 1) * width
      }
    }
    var shape = first.shape
    shape[axis] = operands.reduce(0) { $0 + $1.shape[axis] }
    return try joined(operands).taking(offsets, shape: shape)
  }

  static func pad(
    _ x: Operand, _ before: [Int], _ after: [Int], _ mode: PadMode
  ) -> Operand {
    let shape = x.shape.indices.map { before[$0] + x.shape[$0] + after[$0] }
    if case .constant(let number) = mode {
      let strides = Layout.strides(shape)
      let places = Layout.offsets(
        x.shape.indices.map { axis in
          (0..<x.shape[axis]).map { (before[axis] + $0) * strides[axis] }
        })
      let count = Layout.count(shape)
      let elements: Operand.Elements =
        switch x.elements {
        case .real(let values): .real(filled(count, number, places, values))
        case .whole(let values):
          .whole(
            filled(count, x.dtype.wrapping(Int64(saturating: number)), places, values))
        case .text(let values): .text(filled(count, "", places, values))
        }
      return Operand(shape: shape, dtype: x.dtype, elements: elements)
    }
    let positions = x.shape.indices.map { axis in
      let extent = x.shape[axis]
      return (-before[axis]..<extent + after[axis]).map { position in
        switch mode {
        case .constant, .edge: min(max(position, 0), extent - 1)
        case .reflect: position < 0 ? -position : min(position, 2 * (extent - 1) - position)
        case .symmetric: position < 0 ? -1 - position : min(position, 2 * extent - 1 - position)
        }
      }
    }
    return taking(x, positions)
  }

  /// The elements at the outer product of positions along each axis.
  static func taking(_ x: Operand, _ positions: [[Int]]) -> Operand {
    let lists = zip(positions, Layout.strides(x.shape)).map { list, stride in
      list.map { $0 * stride }
    }
    return x.taking(Layout.offsets(lists), shape: positions.map(\.count))
  }

  private static func filled<Element>(
    _ count: Int, _ filling: Element, _ places: [Int], _ values: [Element]
  ) -> [Element] {
    var result = [Element](repeating: filling, count: count)
    for (place, value) in zip(places, values) { result[place] = value }
    return result
  }

  /// The elements of all tensors, one tensor after the other.
  private static func joined(_ operands: [Operand]) throws(ExecutionError) -> Operand {
    let elements: Operand.Elements
    switch operands[0].elements {
    case .real:
      var values: [Double] = []
      for operand in operands { values += try operand.real() }
      elements = .real(values)
    case .whole:
      var values: [Int64] = []
      for operand in operands { values += try operand.whole() }
      elements = .whole(values)
    case .text:
      var values: [String] = []
      for operand in operands { values += try operand.text() }
      elements = .text(values)
    }
    let count = operands.reduce(0) { $0 + Layout.count($1.shape) }
    return Operand(shape: [count], dtype: operands[0].dtype, elements: elements)
  }
}

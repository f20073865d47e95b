package import HornbillCore

/// A small tensor that is known while a graph is built, such as the extents that `tf.shape` gives.
package struct FoldedTensor: Sendable, Hashable {
  /// The extents.
  package var shape: [Int]
  /// The elements in row-major order; integers are exact up to 2⁵³.
  package var values: [Double]

  /// The elements as whole numbers; `nil` when one is none.
  package var integers: [Int]? {
    var result: [Int] = []
    for value in values {
      guard let integer = Int(exactly: value) else { return nil }
      result.append(integer)
    }
    return result
  }
}

extension GraphBuilder {
  /// The elements of a value that depends on constants only; `nil` for others, and for those that take many steps.
  package func folded(_ value: Value) -> FoldedTensor? {
    var folding = Folding(graph: graph)
    return folding.tensor(value, depth: 0)
  }
}

/// One computation of a value from constants.
private struct Folding {
  private static let elementLimit = 1 << 16
  private static let depthLimit = 256

  let graph: Graph
  private var known: [Value: FoldedTensor?] = [:]

  init(graph: Graph) {
    self.graph = graph
  }

  mutating func tensor(_ value: Value, depth: Int) -> FoldedTensor? {
    if let result = known[value] { return result }
    let type = graph.type(of: value)
    guard depth < Folding.depthLimit, let count = Shape.elementCount(type.shape),
      count <= Folding.elementLimit, let node = producer(of: value), node.outputs.count == 1
    else { return nil }
    let result = compute(node, type, depth: depth + 1)
    known[value] = result
    return result
  }

  /// The node of a value; nodes stand in the order of their outputs.
  private func producer(of value: Value) -> Graph.Node? {
    var (low, high) = (0, graph.nodes.count)
    while low < high {
      let middle = (low + high) / 2
      guard let last = graph.nodes[middle].outputs.last else { return nil }
      if last.index < value.index { low = middle + 1 } else { high = middle }
    }
    guard low < graph.nodes.count, graph.nodes[low].outputs.contains(value) else { return nil }
    return graph.nodes[low]
  }

  private mutating func compute(
    _ node: Graph.Node, _ type: ValueType, depth: Int
  ) -> FoldedTensor? {
    if case .constant(let index) = node.op {
      let constant = graph.constants[index]
      return constant.doubles.map { FoldedTensor(shape: constant.shape, values: $0) }
    }
    var operands: [FoldedTensor] = []
    for input in node.inputs {
      guard let operand = tensor(input, depth: depth) else { return nil }
      operands.append(operand)
    }
    guard let first = operands.first else { return nil }
    let source = graph.type(of: node.inputs[0]).dtype
    guard let values = values(node.op, first, operands, type, source) else { return nil }
    return FoldedTensor(
      shape: type.shape,
      values: type.dtype == .float32 ? values.map { Double(Float($0)) } : values)
  }

  private func values(
    _ op: Op, _ first: FoldedTensor, _ operands: [FoldedTensor], _ type: ValueType,
    _ source: DType
  ) -> [Double]? {
    switch op {
    case .reshape: return first.values
    case .cast(let dtype):
      if dtype == .bool { return first.values.map { $0 == 0 ? 0 : 1 } }
      return dtype.isInteger ? first.values.map { $0.rounded(.towardZero) } : first.values
    case .broadcast(let shape): return spread(first, to: shape)
    case .transpose(let order):
      let strides = Folding.strides(first.shape)
      return picked(first, type.shape, order.map { strides[$0] })
    case .slice(let starts, _, let steps):
      let strides = Folding.strides(first.shape)
      let start = zip(starts, strides).reduce(0) { $0 + $1.0 * $1.1 }
      return picked(first, type.shape, zip(steps, strides).map { $0 * $1 }, start: start)
    case .concatenate(let axis): return joined(operands, axis: axis)
    case .gather(let axis, _): return gathered(first, operands[1], axis: axis)
    case .unary(let op): return Folding.unary(op, first.values)
    case .binary(let op):
      guard let a = spread(first, to: type.shape), let b = spread(operands[1], to: type.shape)
      else { return nil }
      return Folding.binary(op, a, b, isWhole: !source.isFloatingPoint)
    case .select:
      guard let condition = spread(first, to: type.shape),
        let a = spread(operands[1], to: type.shape), let b = spread(operands[2], to: type.shape)
      else { return nil }
      return condition.indices.map { condition[$0] != 0 ? a[$0] : b[$0] }
    case .reduce(let reduction, let axes, _): return reduced(reduction, first, axes: axes)
    default: return nil
    }
  }

  // MARK: Movement

  private static func strides(_ shape: [Int]) -> [Int] {
    var result = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      result[axis] = result[axis + 1] * shape[axis + 1]
    }
    return result
  }

  /// The elements at `start + Σ position · stride`.
  private func picked(
    _ x: FoldedTensor, _ shape: [Int], _ strides: [Int], start: Int = 0
  ) -> [Double]? {
    var indices = [start]
    for (extent, stride) in zip(shape, strides) {
      indices = indices.flatMap { index in (0..<extent).map { index + $0 * stride } }
    }
    guard indices.allSatisfy({ x.values.indices.contains($0) }) else { return nil }
    return indices.map { x.values[$0] }
  }

  private func spread(_ x: FoldedTensor, to shape: [Int]) -> [Double]? {
    if x.shape == shape { return x.values }
    let lead = shape.count - x.shape.count
    guard lead >= 0 else { return nil }
    let own = Folding.strides(x.shape)
    let strides = shape.indices.map { axis in
      axis < lead || x.shape[axis - lead] == 1 ? 0 : own[axis - lead]
    }
    return picked(x, shape, strides)
  }

  private func joined(_ operands: [FoldedTensor], axis: Int) -> [Double]? {
    guard let shape = operands.first?.shape, axis < shape.count else { return nil }
    let outer = shape[..<axis].reduce(1, *)
    var result: [Double] = []
    for row in 0..<outer {
      for operand in operands {
        let width = operand.shape[axis...].reduce(1, *)
        result += operand.values[(row * width)..<((row + 1) * width)]
      }
    }
    return result
  }

  private func gathered(_ x: FoldedTensor, _ indices: FoldedTensor, axis: Int) -> [Double]? {
    let extent = x.shape[axis]
    let outer = x.shape[..<axis].reduce(1, *)
    let inner = x.shape[(axis + 1)...].reduce(1, *)
    var result: [Double] = []
    for row in 0..<outer {
      for value in indices.values {
        guard let number = Int(exactly: value) else { return nil }
        let index = number < 0 ? number + extent : number
        guard (0..<extent).contains(index) else { return nil }
        let start = (row * extent + index) * inner
        result += x.values[start..<(start + inner)]
      }
    }
    return result
  }

  // MARK: Arithmetic

  private func reduced(_ reduction: Reduction, _ x: FoldedTensor, axes: [Int]) -> [Double]? {
    let strides = Folding.strides(x.shape)
    let rest = x.shape.indices.filter { !axes.contains($0) }
    guard
      let all = picked(
        x, rest.map { x.shape[$0] } + axes.map { x.shape[$0] },
        rest.map { strides[$0] } + axes.map { strides[$0] })
    else { return nil }
    let width = axes.reduce(1) { $0 * x.shape[$1] }
    guard width > 0 else { return nil }
    return stride(from: 0, to: all.count, by: width).map { start -> Double in
      let part = all[start..<(start + width)]
      return switch reduction {
      case .sum: part.reduce(0, +)
      case .mean: part.reduce(0, +) / Double(width)
      case .product: part.reduce(1, *)
      case .maximum: part.max() ?? 0
      case .minimum: part.min() ?? 0
      case .any: part.contains { $0 != 0 } ? 1 : 0
      case .all: part.allSatisfy { $0 != 0 } ? 1 : 0
      case .logSumExp: .nan
      }
    }
  }

  private static func unary(_ op: UnaryOp, _ x: [Double]) -> [Double]? {
    switch op {
    case .negate: x.map { -$0 }
    case .absolute: x.map(abs)
    case .square: x.map { $0 * $0 }
    case .sqrt: x.map { $0.squareRoot() }
    case .reciprocal: x.map { 1 / $0 }
    case .sign: x.map { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }
    case .floor: x.map { $0.rounded(.down) }
    case .ceil: x.map { $0.rounded(.up) }
    case .truncate: x.map { $0.rounded(.towardZero) }
    case .roundHalfToEven: x.map { $0.rounded(.toNearestOrEven) }
    case .logicalNot: x.map { $0 == 0 ? 1 : 0 }
    default: nil
    }
  }

  private static func binary(
    _ op: BinaryOp, _ a: [Double], _ b: [Double], isWhole: Bool
  ) -> [Double]? {
    let divides = op == .floorDivide || op == .modulo || op == .remainder
    if isWhole && divides && b.contains(0) { return nil }
    guard let function = function(op) else { return nil }
    return zip(a, b).map(function)
  }

  private static func function(_ op: BinaryOp) -> ((Double, Double) -> Double)? {
    switch op {
    case .add: { $0 + $1 }
    case .subtract: { $0 - $1 }
    case .multiply: { $0 * $1 }
    case .divide: { $0 / $1 }
    case .floorDivide: { ($0 / $1).rounded(.down) }
    case .modulo: { $0 - ($0 / $1).rounded(.down) * $1 }
    case .remainder: { $0 - ($0 / $1).rounded(.towardZero) * $1 }
    case .maximum: { max($0, $1) }
    case .minimum: { min($0, $1) }
    case .equal: { $0 == $1 ? 1 : 0 }
    case .notEqual: { $0 != $1 ? 1 : 0 }
    case .less: { $0 < $1 ? 1 : 0 }
    case .lessEqual: { $0 <= $1 ? 1 : 0 }
    case .greater: { $0 > $1 ? 1 : 0 }
    case .greaterEqual: { $0 >= $1 ? 1 : 0 }
    case .logicalAnd: { $0 != 0 && $1 != 0 ? 1 : 0 }
    case .logicalOr: { $0 != 0 || $1 != 0 ? 1 : 0 }
    case .logicalXor: { ($0 != 0) != ($1 != 0) ? 1 : 0 }
    default: nil
    }
  }
}

import HornbillCore

extension Planner {
  /// Makes one step of a normalization over the last axis, `(x - mean) / √(variance + epsilon)`, whose last product the node is,
  /// and of the fixed numbers that multiply its columns and are added to them; false for any other node.
  mutating func fuseNormalization(
    _ node: Graph.Node, _ links: Links
  ) throws(ExecutionError) -> Bool {
    guard let parts = try normalization(node, links),
      let columns = graph.type(of: node.outputs[0]).shape.last, ColumnArithmetic.takes(columns)
    else { return false }
    var fused = Fused(result: node.outputs[0], inputs: [parts.x])
    var arithmetic = ColumnArithmetic(columns: columns)
    var taken = parts.results
    while let user = onlyUser(of: fused.result, links), case .binary(let op) = user.op,
      let next = try extended(arithmetic, by: op, user, after: fused.result), next.isFinite
    {
      arithmetic = next
      fused.result = user.outputs[0]
      taken.append(fused.result.index)
    }
    let after = arithmetic.total
    fused.work.normalization = Normalization(
      epsilon: parts.epsilon, scale: arithmetic.isScaled ? try vector(arithmetic.scale) : nil,
      after: after.contains { $0 != 0 } ? try vector(after) : nil)
    absorbed.formUnion(taken)
    fusions[node.outputs[0].index] = fused
    // The mean and the difference read `x`, the step that stands for both reads it once.
    readerCounts[parts.x.index, default: 2] -= 1
    return true
  }

  /// The operand and the epsilon of a normalization, and the results that nothing else reads.
  private mutating func normalization(
    _ node: Graph.Node, _ links: Links
  ) throws(ExecutionError) -> (x: Value, epsilon: Double, results: [Int])? {
    func source(_ value: Value) -> Graph.Node? { links.position[value.index].map { nodes[$0] } }
    func isMean(_ node: Graph.Node?, of value: Value) -> Bool {
      guard let node, case .reduce(.mean, let axes, true) = node.op else { return false }
      return node.inputs == [value] && axes == [graph.type(of: value).shape.count - 1]
    }
    guard case .binary(.multiply) = node.op,
      let difference = source(node.inputs[0]), case .binary(.subtract) = difference.op,
      let root = source(node.inputs[1]), case .unary(.rsqrt) = root.op,
      let sum = source(root.inputs[0]), case .binary(.add) = sum.op,
      let variance = source(sum.inputs[0]), let square = variance.inputs.first.flatMap(source),
      case .unary(.square) = square.op
    else { return nil }
    let x = difference.inputs[0]
    guard graph.type(of: x) == graph.type(of: node.outputs[0]),
      isMean(source(difference.inputs[1]), of: x), isMean(variance, of: square.outputs[0]),
      square.inputs == difference.outputs, sum.inputs.count == 2,
      let place = try fixedOperand(sum.inputs[1]), let block = place.block, place.count == 1
    else { return nil }
    let once = [
      difference.inputs[1], square.outputs[0], variance.outputs[0], sum.outputs[0],
      root.outputs[0],
    ]
    let twice = difference.outputs[0]
    guard once.allSatisfy({ readerCounts[$0.index] == 1 }), readerCounts[twice.index] == 2,
      (once + [twice]).allSatisfy({ !wanted.contains($0) && !absorbed.contains($0.index) })
    else { return nil }
    let epsilon = (block.base + place.offset).assumingMemoryBound(to: Float.self)[0]
    return (x, Double(epsilon), (once + [twice]).map(\.index))
  }
}

internal import CHornbillKernels
import HornbillCore

/// A node with the nodes that it absorbs.
struct Fused {
  var work = Fusion()
  /// The last absorbed node's result.
  var result: Value
  /// What the step reads; in the order of the node's own operands.
  var inputs: [Value]
  /// A value that is added to the result.
  var residual: Value?
}

/// `(x + before) · scale + after` for each column, collected from nodes that add and multiply fixed numbers.
struct ColumnArithmetic {
  var before: [Double]
  var scale: [Double]
  var after: [Double]
  let columns: Int

  /// Whether so many columns are worth their numbers: there are some, and not more than a machine has memory for.
  static func takes(_ columns: Int) -> Bool { 1...1 << 22 ~= columns }

  init(columns: Int) {
    self.columns = columns
    before = [Double](repeating: 0, count: columns)
    scale = [Double](repeating: 1, count: columns)
    after = before
  }

  var isScaled: Bool { scale.contains { $0 != 1 } }

  /// Adds `op` with a number for each column, or with one for all; false when it is none of the four.
  mutating func apply(_ op: BinaryOp, _ numbers: [Double], isReversed: Bool) -> Bool {
    func number(_ column: Int) -> Double { numbers.count == 1 ? numbers[0] : numbers[column] }
    switch op {
    case .add, .subtract:
      if op == .subtract, isReversed {
        for column in 0..<columns {
          scale[column] = -scale[column]
          after[column] = number(column) - after[column]
        }
        return true
      }
      let sign = op == .add ? 1.0 : -1.0
      // What is added first is kept apart: in a sum with what is added last its digits could be lost.
      if !isScaled, after.allSatisfy({ $0 == 0 }), before.allSatisfy({ $0 == 0 }) {
        for column in 0..<columns { before[column] = sign * number(column) }
      } else {
        for column in 0..<columns { after[column] += sign * number(column) }
      }
    case .multiply:
      for column in 0..<columns {
        scale[column] *= number(column)
        after[column] *= number(column)
      }
    case .divide where !isReversed:
      for column in 0..<columns {
        scale[column] /= number(column)
        after[column] /= number(column)
      }
    default: return false
    }
    return true
  }

  /// The one positive factor that all columns are multiplied with; `nil` when there is more to do.
  var factor: Float? {
    guard let first = scale.first, first > 0, total.allSatisfy({ $0 == 0 }),
      scale.allSatisfy({ $0 == first })
    else { return nil }
    let factor = Float(first)
    return factor.isNormal ? factor : nil
  }

  /// The sum of both additions, for arithmetic that follows a product.
  var total: [Double] { (0..<columns).map { before[$0] * scale[$0] + after[$0] } }

  /// Whether every number is one that `Float` holds without overflow.
  var isFinite: Bool {
    (scale + total).allSatisfy { $0.magnitude <= Double(Float.greatestFiniteMagnitude) }
  }
}

extension Planner {
  /// Finds products and elementwise nodes that can do the work of the nodes after them while their result is in the cache.
  mutating func fuse() throws(ExecutionError) {
    var links = Links()
    for (position, node) in nodes.enumerated() {
      for input in node.inputs { links.lastUser[input.index] = position }
      for output in node.outputs { links.position[output.index] = position }
    }
    for (position, node) in nodes.enumerated() where isFusable(node) {
      if absorbed.contains(node.outputs[0].index) { continue }
      if case .binary = node.op {
        if try fuseNormalization(node, links) { continue }
        try fuseElementwise(node, position, links)
      } else {
        try fuseProduct(node, position, links)
        // What a product absorbs is made with it.
        if let fused = fusions[node.outputs[0].index] {
          links.position[fused.result.index] = position
        }
      }
    }
  }

  /// Where values are made and read.
  struct Links {
    var lastUser: [Int: Int] = [:]
    var position: [Int: Int] = [:]
  }

  private func isFusable(_ node: Graph.Node) -> Bool {
    guard node.outputs.count == 1, !isFolded.contains(node.outputs[0].index),
      ElementKind(graph.type(of: node.outputs[0]).dtype) == .float
    else { return false }
    let x = graph.type(of: node.inputs.first ?? node.outputs[0]).shape
    return switch node.op {
    case .matmul, .binary: true
    case .convolution, .transposedConvolution: x.count <= 5
    default: false
    }
  }

  // MARK: Products

  private mutating func fuseProduct(
    _ node: Graph.Node, _ position: Int, _ links: Links
  ) throws(ExecutionError) {
    guard let columns = graph.type(of: node.outputs[0]).shape.last, ColumnArithmetic.takes(columns)
    else { return }
    var fused = Fused(result: node.outputs[0], inputs: node.inputs)
    var arithmetic = ColumnArithmetic(columns: columns)
    var taken: [Int] = []
    var hasActivation = false
    if let padding = padding(of: node, links) {
      fused.work.window = padding.window
      fused.inputs[0] = padding.source
      taken.append(node.inputs[0].index)
    }
    let isScalable = isScalable(node)
    let takesResidual = takesResidual(node)
    search: while !hasActivation, let user = onlyUser(of: fused.result, links) {
      switch user.op {
      case .reshape:
        guard case .matmul = node.op, columnAxes(of: user.outputs[0], columns) != nil else {
          break search
        }
      case .binary(let op):
        if fused.residual == nil,
          let next = try extended(arithmetic, by: op, user, after: fused.result),
          isScalable || !next.isScaled
        {
          arithmetic = next
        } else if op == .add, takesResidual, fused.residual == nil,
          let other = residual(of: user, beside: fused.result, before: position, links)
        {
          fused.residual = other
        } else {
          break search
        }
      case .activation(let activation):
        guard let function = hb_activation(activation) else { break search }
        fused.work.activation = function
        hasActivation = true
      default: break search
      }
      fused.result = user.outputs[0]
      taken.append(fused.result.index)
    }
    guard !taken.isEmpty, arithmetic.isFinite else { return }
    let bias = arithmetic.total
    if bias.contains(where: { $0 != 0 }) { fused.work.bias = try vector(bias) }
    if arithmetic.isScaled { fused.work.scale = arithmetic.scale }
    absorbed.formUnion(taken)
    fusions[node.outputs[0].index] = fused
  }

  /// Whether the kernel of a product is fixed and its last axis the result's, so that its columns can be scaled.
  private func isScalable(_ node: Graph.Node) -> Bool {
    switch node.op {
    case .matmul(_, false): break
    case .convolution: break
    default: return false
    }
    let columns = graph.type(of: node.outputs[0]).shape.last
    return graph.type(of: node.inputs[1]).shape.last == columns && isFixed(node.inputs[1])
  }

  /// The window of a convolution over what zeros are added to, with the zeros as its padding.
  private func padding(
    of node: Graph.Node, _ links: Links
  ) -> (window: WindowSpec, source: Value)? {
    guard case .convolution(var window, _) = node.op,
      readerCounts[node.inputs[0].index] == 1, !wanted.contains(node.inputs[0]),
      !isFolded.contains(node.inputs[0].index), !absorbed.contains(node.inputs[0].index),
      let position = links.position[node.inputs[0].index],
      case .pad(let before, let after, .constant(0)) = nodes[position].op,
      before.first == 0, after.first == 0, before.last == 0, after.last == 0
    else { return nil }
    for axis in window.size.indices {
      window.paddingBefore[axis] += before[axis + 1]
      window.paddingAfter[axis] += after[axis + 1]
    }
    return (window, nodes[position].inputs[0])
  }

  private func takesResidual(_ node: Graph.Node) -> Bool {
    switch node.op {
    case .matmul: true
    case .convolution(_, let groups): groups == 1
    default: false
    }
  }

  /// The other operand of an addition, when it has the shape of the result and is there before the product begins.
  private func residual(
    of node: Graph.Node, beside value: Value, before position: Int, _ links: Links
  ) -> Value? {
    guard let other = node.inputs.first(where: { $0 != value }),
      graph.type(of: other) == graph.type(of: value),
      let made = links.position[other.index], made < position
    else { return nil }
    return other
  }

  // MARK: Elementwise

  /// Joins a binary node that adds or multiplies fixed numbers with those after it that do the same, and with an activation.
  private mutating func fuseElementwise(
    _ node: Graph.Node, _ position: Int, _ links: Links
  ) throws(ExecutionError) {
    guard case .binary(let op) = node.op, node.inputs[0] != node.inputs[1],
      let columns = graph.type(of: node.outputs[0]).shape.last, ColumnArithmetic.takes(columns)
    else { return }
    for x in node.inputs {
      guard graph.type(of: x) == graph.type(of: node.outputs[0]),
        let first = try extended(ColumnArithmetic(columns: columns), by: op, node, after: x)
      else { continue }
      var arithmetic = first
      var fused = Fused(result: node.outputs[0], inputs: [x])
      var taken: [Int] = []
      var hasActivation = false
      search: while !hasActivation, let user = onlyUser(of: fused.result, links) {
        switch user.op {
        case .binary(let op):
          guard let next = try extended(arithmetic, by: op, user, after: fused.result) else {
            break search
          }
          arithmetic = next
        case .activation(.softmax):
          guard let factor = arithmetic.factor else { break search }
          fused.work.softmaxFactor = factor
          hasActivation = true
        case .activation(let activation):
          guard let function = hb_activation(activation) else { break search }
          fused.work.activation = function
          hasActivation = true
        default: break search
        }
        fused.result = user.outputs[0]
        taken.append(fused.result.index)
      }
      guard !taken.isEmpty, arithmetic.isFinite else { return }
      func part(_ numbers: [Double], _ neutral: Double) throws(ExecutionError) -> Operand? {
        numbers.contains { $0 != neutral } ? try vector(numbers) : nil
      }
      fused.work.affine = Affine(
        before: try part(arithmetic.before, 0), scale: try part(arithmetic.scale, 1),
        after: try part(arithmetic.after, 0))
      absorbed.formUnion(taken)
      fusions[node.outputs[0].index] = fused
      return
    }
  }

  // MARK: Parts

  /// The node that alone reads a value, unless the value is wanted.
  func onlyUser(of value: Value, _ links: Links) -> Graph.Node? {
    guard readerCounts[value.index] == 1, !wanted.contains(value) else { return nil }
    return links.lastUser[value.index].map { nodes[$0] }
  }

  /// The arithmetic with what a binary node does to a value with fixed numbers; `nil` when it does something else.
  mutating func extended(
    _ arithmetic: ColumnArithmetic, by op: BinaryOp, _ node: Graph.Node, after value: Value
  ) throws(ExecutionError) -> ColumnArithmetic? {
    guard let other = node.inputs.first(where: { $0 != value }),
      graph.type(of: node.outputs[0]) == graph.type(of: value)
    else { return nil }
    let shape = graph.type(of: other).shape
    guard let axes = columnAxes(of: value, arithmetic.columns),
      shape.dropLast(axes.count).allSatisfy({ $0 == 1 }),
      let place = try fixedOperand(other), let block = place.block
    else { return nil }
    let elements = (block.base + place.offset).assumingMemoryBound(to: Float.self)
    let numbers = (0..<place.count).map { Double(elements[$0]) }
    var result = arithmetic
    let isDone = result.apply(
      op, Planner.numbers(numbers, shape, over: axes), isReversed: node.inputs[0] == other)
    return isDone ? result : nil
  }

  /// The extents of the last axes that columns are spread over; `nil` when no number of them makes up so many columns.
  private func columnAxes(of value: Value, _ columns: Int) -> [Int]? {
    let shape = graph.type(of: value).shape
    var (count, product) = (0, 1)
    repeat {
      guard count < shape.count, let next = Shape.elementCount(Array(shape.suffix(count + 1)))
      else { return nil }
      (count, product) = (count + 1, next)
    } while product < columns
    return product == columns ? Array(shape.suffix(count)) : nil
  }

  /// A number for each column, of numbers whose shape is broadcast over the columns' axes; one number stays one.
  private static func numbers(
    _ numbers: [Double], _ shape: [Int], over axes: [Int]
  ) -> [Double] {
    if numbers.count == 1 { return numbers }
    return (0..<axes.reduce(1, *)).map { column in
      var (rest, index, step) = (column, 0, 1)
      for (extent, own) in zip(axes.reversed(), shape.reversed()) {
        if own > 1 { index += rest % extent * step }
        step *= own
        rest /= extent
      }
      return numbers[index]
    }
  }

  /// A fixed vector of the numbers.
  func vector(_ numbers: [Double]) throws(ExecutionError) -> Operand {
    let block = try Block(byteCount: try checkedProduct(numbers.count, 4))
    let to = block.base.bindMemory(to: Float.self, capacity: numbers.count)
    for (index, number) in numbers.enumerated() { to[index] = Float(number) }
    return Operand(
      type: ValueType(shape: [numbers.count], dtype: .float32), count: numbers.count, block: block,
      offset: 0)
  }
}

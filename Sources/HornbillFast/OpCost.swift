package import HornbillCore

/// What one step of a plan does.
package struct StepLabel: Sendable {
  /// The op's name.
  package let op: String
  /// The step's first result.
  package let value: Value
  package internal(set) var cost: OpCost
}

extension Op {
  /// The name of the case, without its parameters.
  var name: String { String(String(describing: self).prefix { $0 != "(" }) }
}

/// What an op does once, counted from its shapes.
package struct OpCost: Sendable {
  /// Additions and multiplications of numbers.
  ///
  /// A fused product of both counts as two; ops that only move data have none.
  package var operations: Double
  /// The bytes of the operands and the results, each counted once.
  package var bytes: Double

  /// No work.
  init() { (operations, bytes) = (0, 0) }

  static func += (sum: inout OpCost, other: OpCost) {
    sum.operations += other.operations
    sum.bytes += other.bytes
  }

  /// Counts a node of a graph.
  init(_ node: Graph.Node, in graph: Graph) {
    func shape(_ value: Value) -> [Int] { graph.type(of: value).shape }
    func count(_ value: Value) -> Double { shape(value).reduce(1) { $0 * Double($1) } }
    bytes = 0
    for value in node.inputs + node.outputs {
      bytes += count(value) * Double(ElementKind(graph.type(of: value).dtype).byteCount)
    }
    let result = node.outputs.first.map(count) ?? 0
    switch node.op {
    case .matmul(let transposeA, _):
      let a = shape(node.inputs[0])
      operations = 2 * result * Double(transposeA ? a[a.count - 2] : a[a.count - 1])
    case .convolution:
      let filters = Double(max(shape(node.inputs[1]).last ?? 1, 1))
      operations = 2 * result * count(node.inputs[1]) / filters
    case .transposedConvolution:
      let filters = Double(max(shape(node.inputs[1]).last ?? 1, 1))
      operations = 2 * count(node.inputs[0]) * count(node.inputs[1]) / filters
    case .simpleRNN, .lstm, .gru:
      let x = shape(node.inputs[0])
      let steps = Double(x[0]) * Double(x[1])
      operations = 2 * steps * (count(node.inputs[1]) + count(node.inputs[2]))
    case .pool(_, let window):
      operations = result * window.size.reduce(1) { $0 * Double($1) }
    case .reduce, .argReduce, .accumulate: operations = count(node.inputs[0])
    case .unary, .activation, .binary: operations = result
    default: operations = 0
    }
  }
}

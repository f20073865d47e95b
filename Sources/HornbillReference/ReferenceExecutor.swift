package import HornbillCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The definition of every op: `Double` arithmetic in the plainest form, one node after another.
///
/// Floating-point values of every type are computed and returned in `float64`; nothing is rounded on the way.
/// Integers are exact and wrap to their type. Threads are not used.
package struct ReferenceExecutor: Executor {
  private let graph: Graph
  /// The variables by slot; none where no node reads the slot.
  private let weights: [Int: Tensor]

  package init(
    graph: Graph, threads: Int,
    weights: (WeightID) throws(ExecutionError) -> Tensor
  ) throws(ExecutionError) {
    for type in graph.types { try ReferenceExecutor.requireRoom(type) }
    var fetched: [Int: Tensor] = [:]
    for node in graph.nodes {
      guard case .weight(let slot) = node.op, fetched[slot] == nil else { continue }
      let tensor = try weights(graph.weights[slot])
      try ReferenceExecutor.require(
        tensor, graph.type(of: node.outputs[0]), "variable \(slot)", acceptsFloat64: false)
      fetched[slot] = tensor
    }
    self.graph = graph
    self.weights = fetched
  }

  package func run(
    inputs: [Tensor], states: [Tensor], computing values: [Value]
  ) throws(ExecutionError) -> [Tensor] {
    guard inputs.count == graph.inputs.count else {
      throw ExecutionError("\(inputs.count) inputs given, the model has \(graph.inputs.count)")
    }
    guard states.count == graph.states.count else {
      throw ExecutionError("\(states.count) states given, the model has \(graph.states.count)")
    }
    for (number, input) in inputs.enumerated() {
      let type = graph.type(of: graph.inputs[number])
      try ReferenceExecutor.require(input, type, "input \(number)", acceptsFloat64: false)
    }
    for (number, state) in states.enumerated() {
      let type = graph.type(of: graph.states[number].initial)
      try ReferenceExecutor.require(state, type, "state \(number)", acceptsFloat64: true)
    }

    let nodes = graph.nodes(needed: values)
    var remainingUses = [Int](repeating: 0, count: graph.types.count)
    for value in values + nodes.flatMap(\.inputs) { remainingUses[value.index] += 1 }
    var known: [Value: Operand] = [:]
    for node in nodes {
      var operands: [Operand] = []
      for input in node.inputs {
        guard let operand = known[input] else {
          throw ExecutionError("a value is used before the node that computes it")
        }
        operands.append(operand)
      }
      for input in node.inputs {
        remainingUses[input.index] -= 1
        if remainingUses[input.index] == 0 { known[input] = nil }
      }
      let results = try evaluate(node, operands, inputs, states)
      for (output, result) in zip(node.outputs, results) where remainingUses[output.index] > 0 {
        known[output] = result
      }
    }
    var result: [Tensor] = []
    for value in values {
      guard let operand = known[value] else {
        throw ExecutionError("a wanted value is not computed by any node")
      }
      result.append(operand.tensor)
    }
    return result
  }

  private func evaluate(
    _ node: Graph.Node, _ operands: [Operand], _ inputs: [Tensor], _ states: [Tensor]
  ) throws(ExecutionError) -> [Operand] {
    switch node.op {
    case .input(let number): [Operand(inputs[number])]
    case .weight(let slot): weights[slot].map { [Operand($0)] } ?? []
    case .constant(let number): [Operand(graph.constants[number])]
    case .state(let number): [typed(Operand(states[number]), node.outputs[0])]
    case .unary(let op): [try Definition.unary(op, operands[0])]
    case .activation(let activation): [try Definition.activation(activation, operands[0])]
    case .binary(let op): [try Definition.binary(op, operands[0], operands[1])]
    case .select: [try Definition.select(operands[0], operands[1], operands[2])]
    case .cast(let dtype): [try Definition.cast(operands[0], to: dtype)]
    case .reshape(let shape): [Definition.reshape(operands[0], to: shape)]
    case .transpose(let permutation): [Definition.transpose(operands[0], permutation)]
    case .broadcast(let shape): [Definition.broadcast(operands[0], to: shape)]
    case .concatenate(let axis): [try Definition.concatenate(operands, axis: axis)]
    case .slice(let starts, let counts, let strides):
      [Definition.slice(operands[0], starts, counts, strides)]
    case .pad(let before, let after, let mode):
      [Definition.pad(operands[0], before, after, mode)]
    case .gather(let axis, let negative):
      [try Definition.gather(operands[0], operands[1], axis: axis, negative: negative)]
    case .gatherElements(let axis):
      [try Definition.gatherElements(operands[0], operands[1], axis: axis)]
    case .scatter(let mode):
      [try Definition.scatter(mode, operands[0], operands[1], operands[2])]
    case .reduce(let reduction, let axes, let keepDimensions):
      [try Definition.reduce(reduction, operands[0], axes: axes, keep: keepDimensions)]
    case .argReduce(let reduction, let axis):
      [try Definition.argReduce(reduction, operands[0], axis: axis)]
    case .accumulate(let accumulation, let axis, let reverse):
      [try Definition.accumulate(accumulation, operands[0], axis: axis, reverse: reverse)]
    case .sort(let descending): Definition.sort(operands[0], descending: descending)
    case .matmul(let transposeA, let transposeB):
      [try Definition.matmul(operands[0], operands[1], transposeA, transposeB)]
    case .convolution(let window, let groups):
      [try Definition.convolution(operands[0], operands[1], window, groups: groups)]
    case .transposedConvolution(let window, let output):
      [try Definition.transposedConvolution(operands[0], operands[1], window, output: output)]
    case .pool(let kind, let window): [try Definition.pool(kind, operands[0], window)]
    case .resample(let resampling, let axis):
      [try Definition.resample(operands[0], resampling, axis: axis)]
    case .text(let function): [try Definition.text(function, operands[0])]
    case .tokens(let tokenizer, let width):
      [try Definition.tokens(tokenizer, width: width, operands[0])]
    case .tokenCount(let tokenizer): [try Definition.tokenCount(tokenizer, operands[0])]
    case .lookup(let required):
      [try Definition.lookup(operands[0], operands[1], required: required)]
    case .hash(let function, let bins): [try Definition.hash(function, bins: bins, operands)]
    case .linearAlgebra(let kind): try Definition.linearAlgebra(kind, operands)
    case .fft(let inverse): try Definition.fft(operands[0], operands[1], inverse: inverse)
    case .bitcast(let dtype): [Definition.bitcast(operands[0], to: dtype)]
    case .simpleRNN(let spec): try Definition.simpleRNN(operands, spec)
    case .lstm(let spec): try Definition.lstm(operands, spec)
    case .gru(let spec): try Definition.gru(operands, spec)
    }
  }

  /// The operand under the type that the graph states; a state handed over in `float64` gets its own type back.
  private func typed(_ operand: Operand, _ value: Value) -> Operand {
    Operand(
      shape: operand.shape, dtype: graph.type(of: value).dtype, elements: operand.elements)
  }

  private static func require(
    _ tensor: Tensor, _ type: ValueType, _ name: String, acceptsFloat64: Bool
  ) throws(ExecutionError) {
    let isSameType =
      tensor.dtype == type.dtype
      || acceptsFloat64 && tensor.dtype == .float64 && type.dtype.isFloatingPoint
    guard isSameType, tensor.shape == type.shape else {
      throw ExecutionError(
        "\(name) is \(tensor.dtype) of shape \(Shape(tensor.shape)), "
          + "\(type.dtype) of shape \(Shape(type.shape)) is needed")
    }
  }

  /// Refuses a tensor that this machine's memory cannot hold.
  private static func requireRoom(_ type: ValueType) throws(ExecutionError) {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let memory = pages.multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
    guard pages > 0, !memory.overflow else { return }
    let nonempty = type.shape.map { max($0, 1) }
    guard let count = Shape.elementCount(nonempty), count <= memory.partialValue / 8 else {
      throw ExecutionError(
        "a tensor of shape \(Shape(type.shape)) does not fit into this machine's memory of "
          + "\(memory.partialValue >> 20) MiB")
    }
  }
}

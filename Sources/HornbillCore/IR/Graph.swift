/// A tensor of a graph: the result of one of its nodes.
public struct Value: Sendable, Hashable {
  package let index: Int

  package init(index: Int) { self.index = index }
}

/// The static type of a value.
public struct ValueType: Sendable, Hashable {
  /// The extents of the axes.
  public var shape: [Int]
  /// The element type.
  public var dtype: DType

  /// Makes a type.
  public init(shape: [Int], dtype: DType) {
    self.shape = shape
    self.dtype = dtype
  }
}

/// Names one variable of a model: the layer that owns it and its number among the layer's own variables.
public struct WeightID: Sendable, Hashable {
  /// The owner.
  public let layer: ObjectIdentifier
  /// The position among the owner's own variables, in the order of their creation.
  public let index: Int

  /// Makes a name.
  public init(layer: ObjectIdentifier, index: Int) {
    self.layer = layer
    self.index = index
  }
}

/// Names one output of one layer call in a recording.
package struct MarkKey: Sendable, Hashable {
  /// The names from the model to the layer.
  package let path: [String]
  /// The number of the call among those of the same path, from 0.
  package let occurrence: Int
  /// The number of the output, when the call has several.
  package let output: Int?
  /// Whether the layer is itself a model.
  package let isModel: Bool

  package init(path: [String], occurrence: Int, output: Int?, isModel: Bool) {
    self.path = path
    self.occurrence = occurrence
    self.output = output
    self.isModel = isModel
  }
}

/// A model lowered to ops for one set of input shapes.
package struct Graph: Sendable {
  /// One operation.
  package struct Node: Sendable {
    package let op: Op
    package let inputs: [Value]
    package let outputs: [Value]

    package init(op: Op, inputs: [Value], outputs: [Value]) {
      self.op = op
      self.inputs = inputs
      self.outputs = outputs
    }
  }

  /// A state that a run hands to the next one, zeros at first.
  package struct State: Sendable {
    /// The value at the start of a run.
    package let initial: Value
    /// The value at the end of a run.
    package var final: Value
  }

  /// An activation worth recording: one output of a layer call.
  package struct Mark: Sendable {
    package let key: MarkKey
    package let value: Value
    /// The number of the layer call in the order of execution, from 0.
    package let call: Int
    /// Whether axis 1 is time, because a recurrent layer gave the value as a sequence.
    package let isSequence: Bool
  }

  /// The nodes, operands before their users.
  package internal(set) var nodes: [Node] = []
  /// The type of every value, by index.
  package internal(set) var types: [ValueType] = []
  package internal(set) var constants: [Tensor] = []
  /// The variable in each slot that ``Op/weight(_:)`` names.
  package internal(set) var weights: [WeightID] = []
  /// The values that the model's inputs are, in order.
  package internal(set) var inputs: [Value] = []
  package internal(set) var states: [State] = []
  package internal(set) var marks: [Mark] = []
  /// The model's outputs.
  package var outputs: [Value] = []

  /// The type of a value.
  package func type(of value: Value) -> ValueType { types[value.index] }

  /// The nodes that the given values depend on, in order.
  package func nodes(needed values: [Value]) -> [Node] {
    var isNeeded = [Bool](repeating: false, count: types.count)
    for value in values { isNeeded[value.index] = true }
    var result: [Node] = []
    for node in nodes.reversed() where node.outputs.contains(where: { isNeeded[$0.index] }) {
      result.append(node)
      for input in node.inputs { isNeeded[input.index] = true }
    }
    return result.reversed()
  }
}

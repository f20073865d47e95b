import HornbillCore

/// Names a tensor of a functional model: one output of one call of one of its entries.
public struct TensorReference: Sendable, Hashable {
  /// The entry's position in the model's list.
  public var entry: Int
  /// The number of the call, from 0.
  public var node: Int
  /// The number of the output.
  public var tensor: Int
  /// What the file says of the tensor, where it says something.
  public var stored: TensorSpec?

  package init(entry: Int, node: Int, tensor: Int, stored: TensorSpec? = nil) {
    self.entry = entry
    self.node = node
    self.tensor = tensor
    self.stored = stored
  }
}

/// One call of one entry of a functional model.
public struct NodeReference: Sendable, Hashable {
  /// The entry's position in the model's list.
  public let entry: Int
  /// The number of the call, from 0.
  public let node: Int
}

/// A layer or operation of a functional model with its calls.
public struct NetworkEntry: Sendable {
  /// The layer.
  public let instance: LayerInstance
  /// The calls, in the order of the file; empty for an input.
  public internal(set) var calls: [CallArguments<TensorReference>]
  /// Whether it is an operation (`keras.ops`) and not a layer.
  public let isOperation: Bool

  /// The number of calls, an input's own appearance included.
  package var nodeCount: Int { isInput ? 1 : calls.count }

  /// Whether it is an input of the model.
  package var isInput: Bool { instance.layer is InputLayer && calls.isEmpty }
}

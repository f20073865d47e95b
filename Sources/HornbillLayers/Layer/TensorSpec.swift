public import HornbillCore

/// What is known of a tensor before a model runs.
public struct TensorSpec: Sendable, Hashable {
  /// The extents; `nil` when even the number of axes is unknown, as for the outputs of an unknown layer.
  public var shape: Shape?
  /// The element type.
  public var dtype: DType
  /// What is known more closely, by the number that stands for unknown extents; see ``SymbolicShape``.
  package var standIns: [Int: StandIn]?

  /// Makes a specification.
  public init(_ shape: Shape?, _ dtype: DType = .float32) {
    self.shape = shape
    self.dtype = dtype
  }

  /// Nothing is known.
  public static let unknown = TensorSpec(nil)
}

/// One variable that a layer owns.
public struct WeightSpec: Sendable, Hashable {
  /// Keras's name of the variable, for example `kernel`.
  public let name: String
  /// The extents.
  public let shape: [Int]
  /// The element type.
  public let dtype: DType
  /// Whether the variable is trained, when its layer is.
  public let trainable: Bool
  /// Whether the variable counts as a weight; states of seed generators do not.
  public let isWeight: Bool
  /// How Keras makes the variable's first value.
  public let initial: InitialValue
}

/// A layer call while shapes are inferred.
public struct BuildCall: Sendable {
  /// The arguments.
  public let arguments: CallArguments<TensorSpec>
  /// The tensors of the first argument, flattened.
  public let inputs: [TensorSpec]

  /// Makes a call from its arguments.
  public init(_ arguments: CallArguments<TensorSpec>) {
    self.arguments = arguments
    inputs = arguments.positional.first?.tensors ?? []
  }

  /// Makes a call on plain tensors: one is an argument of its own, several are a list.
  public init(_ inputs: [TensorSpec]) {
    if inputs.count == 1 {
      self.init(CallArguments([.tensor(inputs[0])]))
    } else {
      self.init(CallArguments([.list(inputs.map { .tensor($0) })]))
    }
  }

  /// The first tensor.
  ///
  /// - Throws: ``LayerError`` when the call has no tensor.
  public var input: TensorSpec {
    get throws(LayerError) {
      guard let first = inputs.first else {
        throw LayerError(.wiring, "the call has no input tensor")
      }
      return first
    }
  }

  /// The shape of the first tensor.
  ///
  /// - Throws: ``LayerError`` when there is none, or when its number of axes is unknown.
  public var inputShape: Shape {
    get throws(LayerError) {
      guard let shape = try input.shape else {
        throw LayerError(.shape, "the input's number of axes is not known")
      }
      return shape
    }
  }

  /// The shape of the first tensor, which must have that number of axes.
  ///
  /// - Throws: ``LayerError`` otherwise.
  public func inputShape(rank: Int) throws(LayerError) -> Shape {
    let shape = try inputShape
    guard shape.rank == rank else {
      throw LayerError(
        .shape, "expected an input of \(rank) axes, found shape \(shape)")
    }
    return shape
  }

  /// A known extent of the first tensor, for the shape of a weight.
  ///
  /// - Throws: ``LayerError`` when it is unknown.
  public func knownExtent(_ axis: Int) throws(LayerError) -> Int {
    let shape = try inputShape
    let index = axis < 0 ? axis + shape.rank : axis
    guard shape.dimensions.indices.contains(index) else {
      throw LayerError(.shape, "axis \(axis) does not exist in shape \(shape)")
    }
    guard let extent = shape.dimensions[index] else {
      throw LayerError(.shape, "axis \(axis) of shape \(shape) must be known")
    }
    return extent
  }
}

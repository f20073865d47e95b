public import HornbillCore
import Synchronization

/// A tensor of a model that is being written: an input, or what a layer gives when it is called with others.
///
///     let x = Input(shape: [10])
///     let y = Dense(units: 2)(x)
///     let model = try Model(inputs: x, outputs: y)
///
/// A call computes nothing and checks nothing. ``Functional/init(inputs:outputs:)`` follows the calls from the outputs back to the inputs,
/// and says which layer does not fit.
public struct SymbolicTensor: Sendable {
  let call: SymbolicCall
  let index: Int

  init(_ call: SymbolicCall, index: Int = 0) {
    self.call = call
    self.index = index
  }

  /// An input of a model.
  ///
  /// - Parameters:
  ///   - shape: the extents without the batch axis; `nil` for one that varies.
  ///   - batchSize: the extent of the batch axis; any when absent.
  ///   - dtype: the element type.
  ///   - name: the input's name; Keras's automatic one when absent.
  public init(
    shape: [Int?], batchSize: Int? = nil, dtype: DType = .float32, name: String? = nil
  ) {
    let layer = InputLayer(shape: Shape(shape), batchSize: batchSize, dtype: dtype)
    let instance =
      name.map { LayerInstance(layer, name: $0) } ?? LayerInstance(automatic: layer)
    self.init(SymbolicCall(instance, CallArguments([])))
  }

  /// Another output of the call that gives this tensor, counted from 0: for layers that give several, such as an ``LSTM`` with
  /// `returnState`.
  public func output(_ index: Int) -> SymbolicTensor { SymbolicTensor(call, index: index) }
}

/// An input of a model; see ``SymbolicTensor/init(shape:batchSize:dtype:name:)``.
public typealias Input = SymbolicTensor

/// An argument of a call: a tensor, several, or a plain value.
public typealias SymbolicArgument = Argument<SymbolicTensor>

/// One call of a layer in a model that is being written.
final class SymbolicCall: Sendable {
  let instance: LayerInstance
  let arguments: CallArguments<SymbolicTensor>
  /// The place of the call among all calls of the process, which tells what came first.
  let order: Int

  init(_ instance: LayerInstance, _ arguments: CallArguments<SymbolicTensor>) {
    self.instance = instance
    self.arguments = arguments
    order = CreationOrder.next()
  }

  var id: ObjectIdentifier { ObjectIdentifier(self) }
}

/// Numbers layers and calls in the order in which they are made: Keras names layers in that order.
enum CreationOrder {
  private static let counter = Atomic<Int>(0)

  static func next() -> Int { counter.add(1, ordering: .relaxed).newValue }
}

extension LayerInstance {
  /// Calls the layer; several calls share its weights.
  ///
  /// - Parameters:
  ///   - input: the first argument.
  ///   - more: further positional arguments, such as the value of an attention.
  ///   - keywords: arguments by their names in Python, such as `initial_state` or `mask`.
  public func callAsFunction(
    _ input: SymbolicTensor, _ more: SymbolicTensor...,
    keywords: KeyValuePairs<String, SymbolicArgument> = [:]
  ) -> SymbolicTensor {
    call(([input] + more).map { .tensor($0) }, keywords)
  }

  /// Calls the layer with a list of tensors as its first argument, as merging layers take it.
  public func callAsFunction(
    _ inputs: [SymbolicTensor], keywords: KeyValuePairs<String, SymbolicArgument> = [:]
  ) -> SymbolicTensor {
    call([.list(inputs.map { .tensor($0) })], keywords)
  }

  func call(
    _ positional: [SymbolicArgument], _ keywords: KeyValuePairs<String, SymbolicArgument> = [:]
  ) -> SymbolicTensor {
    let arguments = CallArguments(positional, keywords: keywords.map { ($0.key, $0.value) })
    return SymbolicTensor(SymbolicCall(self, arguments))
  }
}

extension Layer {
  /// The layer as one object of a model, which may be called several times, then with the same weights.
  ///
  /// - Parameters:
  ///   - name: the layer's name; Keras's automatic one when absent.
  ///   - trainable: whether training changes the layer's variables.
  ///   - policy: the types of variables and of the computation.
  public func instance(
    name: String? = nil, trainable: Bool = true, policy: DTypePolicy = .float32
  ) -> LayerInstance {
    guard let name else {
      return LayerInstance(automatic: self, trainable: trainable, policy: policy)
    }
    return LayerInstance(self, name: name, trainable: trainable, policy: policy)
  }

  /// Calls a layer of its own weights that gets Keras's automatic name.
  ///
  /// A layer is a value: each call of it is one layer more. To share weights, call its ``instance(name:trainable:policy:)``.
  ///
  /// - Parameters:
  ///   - input: the first argument.
  ///   - more: further positional arguments, such as the value of an attention.
  ///   - keywords: arguments by their names in Python, such as `initial_state` or `mask`.
  public func callAsFunction(
    _ input: SymbolicTensor, _ more: SymbolicTensor...,
    keywords: KeyValuePairs<String, SymbolicArgument> = [:]
  ) -> SymbolicTensor {
    instance().call(([input] + more).map { .tensor($0) }, keywords)
  }

  /// Calls a layer of its own weights with a list of tensors as its first argument, as merging layers take it.
  public func callAsFunction(
    _ inputs: [SymbolicTensor], keywords: KeyValuePairs<String, SymbolicArgument> = [:]
  ) -> SymbolicTensor {
    instance().call([.list(inputs.map { .tensor($0) })], keywords)
  }
}

extension Argument: ExpressibleByArrayLiteral {
  /// A list.
  public init(arrayLiteral elements: Argument...) { self = .list(elements) }
}

extension Argument: ExpressibleByBooleanLiteral {
  /// A truth value.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension Argument: ExpressibleByIntegerLiteral {
  /// A whole number.
  public init(integerLiteral value: Int64) { self = .integer(value) }
}

extension Argument: ExpressibleByFloatLiteral {
  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
}

extension Argument: ExpressibleByUnicodeScalarLiteral, ExpressibleByExtendedGraphemeClusterLiteral,
  ExpressibleByStringLiteral
{
  /// Text.
  public init(stringLiteral value: String) { self = .string(value) }
}

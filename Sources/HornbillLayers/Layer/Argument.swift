public import HornbillCore

/// One argument of a layer call: tensors, and plain values beside them, nested as in Python.
///
/// `Element` is what stands for a tensor: a reference inside a stored graph, a ``TensorSpec`` while shapes are
/// inferred, a ``Flow`` while a model is lowered.
public indirect enum Argument<Element: Sendable>: Sendable {
  /// A tensor.
  case tensor(Element)
  /// `None`.
  case none
  /// `True` or `False`.
  case bool(Bool)
  /// A Python `int`.
  case integer(Int64)
  /// A Python `float`.
  case number(Double)
  /// Text.
  case string(String)
  /// An array that is part of the call, of its own element type.
  case array(Tensor)
  /// A list or tuple.
  case list([Argument])
  /// A dictionary, keys in the order of the file.
  case dictionary([(key: String, value: Argument)])
  /// `start:stop:step` of an index.
  case slice(start: Argument, stop: Argument, step: Argument)
  /// `...` of an index.
  case ellipsis

  /// The tensors in Keras's order: lists in order, dictionaries by sorted key.
  public var tensors: [Element] {
    switch self {
    case .tensor(let element): [element]
    case .list(let elements): elements.flatMap(\.tensors)
    case .dictionary(let pairs): pairs.sorted { $0.key < $1.key }.flatMap(\.value.tensors)
    case .slice(let start, let stop, let step): start.tensors + stop.tensors + step.tensors
    case .none, .bool, .integer, .number, .string, .array, .ellipsis: []
    }
  }

  /// Whether a tensor stands anywhere in the argument.
  public var hasTensors: Bool { !tensors.isEmpty }

  /// The argument with every tensor replaced.
  package func map<Other: Sendable, Failure: Error>(
    _ transform: (Element) throws(Failure) -> Other
  ) throws(Failure) -> Argument<Other> {
    switch self {
    case .tensor(let element): return .tensor(try transform(element))
    case .none: return .none
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .number(let value): return .number(value)
    case .string(let value): return .string(value)
    case .array(let value): return .array(value)
    case .ellipsis: return .ellipsis
    case .list(let elements):
      var result: [Argument<Other>] = []
      for element in elements { result.append(try element.map(transform)) }
      return .list(result)
    case .dictionary(let pairs):
      var result: [(key: String, value: Argument<Other>)] = []
      for (key, value) in pairs { result.append((key, try value.map(transform))) }
      return .dictionary(result)
    case .slice(let start, let stop, let step):
      return .slice(
        start: try start.map(transform), stop: try stop.map(transform),
        step: try step.map(transform))
    }
  }
}

/// The arguments of one layer call, as Python separates them.
public struct CallArguments<Element: Sendable>: Sendable {
  /// The positional arguments.
  public var positional: [Argument<Element>]
  /// The keyword arguments, in the order of the file.
  public var keywords: [(name: String, value: Argument<Element>)]

  /// Makes the arguments of a call.
  public init(
    _ positional: [Argument<Element>], keywords: [(name: String, value: Argument<Element>)] = []
  ) {
    self.positional = positional
    self.keywords = keywords
  }

  /// All tensors in Keras's order: positional arguments, then keyword arguments by sorted name.
  public var tensors: [Element] {
    positional.flatMap(\.tensors)
      + keywords.sorted { $0.name < $1.name }.flatMap(\.value.tensors)
  }

  /// The keyword argument of that name.
  public func keyword(_ name: String) -> Argument<Element>? {
    keywords.first { $0.name == name }?.value
  }

  /// The argument at a position, or else of a name: Python's rule for a parameter.
  public func parameter(_ position: Int, _ name: String) -> Argument<Element>? {
    position < positional.count ? positional[position] : keyword(name)
  }

  /// The argument at a position, or else under the first of several names that has one; `nil` when it is absent or `None`.
  func value(_ position: Int?, _ names: [String]) -> Argument<Element>? {
    if let position, position < positional.count {
      if case .none = positional[position] { return nil }
      return positional[position]
    }
    for name in names {
      switch keyword(name) {
      case nil, Argument.none?: continue
      case let value?: return value
      }
    }
    return nil
  }

  /// The number of arguments in which a tensor stands.
  package var tensorArgumentCount: Int {
    positional.count { $0.hasTensors } + keywords.count { $0.value.hasTensors }
  }

  /// The arguments with every tensor replaced.
  package func map<Other: Sendable, Failure: Error>(
    _ transform: (Element) throws(Failure) -> Other
  ) throws(Failure) -> CallArguments<Other> {
    var positional: [Argument<Other>] = []
    for argument in self.positional { positional.append(try argument.map(transform)) }
    var keywords: [(name: String, value: Argument<Other>)] = []
    for (name, value) in self.keywords { keywords.append((name, try value.map(transform))) }
    return CallArguments<Other>(positional, keywords: keywords)
  }
}

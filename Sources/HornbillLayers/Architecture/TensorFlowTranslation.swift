import HornbillCore

/// Writes calls of TensorFlow as operations of `keras.ops`.
///
/// Sources: Keras 3.15, `keras/src/backend/tensorflow`, which says what each operation does there; the functions as in
/// ``TensorFlowFunctions``.
enum TensorFlowTranslation {
  /// How a function is written.
  typealias Rule =
    @Sendable (TensorFlowCall, inout GraphDraft) throws(LayerError) -> [DraftTensor]

  /// Writes a call.
  ///
  /// - Throws: ``LayerError`` with the code `unsupported` when `keras.ops` cannot say it.
  static func call(
    _ layer: any TensorFlowLayer, _ arguments: CallArguments<DraftTensor>, outputs: [TensorSpec],
    in graph: inout GraphDraft
  ) throws(LayerError) -> [DraftTensor] {
    var completed = ShapeFolding.withConstants(try layer.completed(arguments))
    if let folded = ShapeFolding.results(layer.function, completed) {
      let key = DraftKey(entry: -1, node: 0, tensor: 0)
      return folded.enumerated().map { index, numbers in
        DraftTensor(
          key: key, spec: index < outputs.count ? outputs[index] : .unknown, folded: numbers)
      }
    }
    // Only a reshape knows what -1 means.
    let isReshape = layer.function == "reshape"
    if completed.tensors.contains(where: { $0.folded != nil }) {
      completed = try settled(completed, allowsOpen: isReshape, layer.function)
    }
    guard let rule = rules[layer.function] else {
      throw LayerError(
        .unsupported,
        "the TensorFlow operation \"\(layer.function.prefix(60))\" has no counterpart in keras.ops"
      )
    }
    let known = graph.entries.count
    var results = try rule(
      TensorFlowCall(function: layer.function, arguments: completed, outputs: outputs), &graph)
    // Keras 3 computes such a call when it reads the model, and then misses its result.
    guard graph.entries[known...].allSatisfy({ $0.calls.allSatisfy { !$0.tensors.isEmpty } }) else {
      throw LayerError(
        .unsupported, "tf.\(layer.function): an operand that Keras 3 has to compute is a constant")
    }
    for index in results.indices where index < outputs.count {
      results[index].spec = outputs[index]
    }
    return results
  }

  /// The arguments with numbers that come from shapes as constants.
  private static func settled(
    _ arguments: CallArguments<DraftTensor>, allowsOpen: Bool, _ function: String
  ) throws(LayerError) -> CallArguments<DraftTensor> {
    guard
      allowsOpen
        || !arguments.tensors.contains(where: { $0.folded?.numbers.contains(nil) ?? false })
    else {
      throw LayerError(
        .unsupported, "tf.\(function) uses an extent that only a run tells, which keras.ops has not"
      )
    }
    var result = arguments
    for index in result.positional.indices {
      result.positional[index] = try ShapeFolding.settled(result.positional[index])
    }
    for index in result.keywords.indices {
      result.keywords[index].value = try ShapeFolding.settled(result.keywords[index].value)
    }
    return result
  }

  private static let rules: [String: Rule] = {
    var rules: [String: Rule] = [:]
    for table in [
      ElementwiseTranslation.rules, ReductionTranslation.rules, ShapeTranslation.rules,
      IndexTranslation.rules, MatrixTranslation.rules, ImageTranslation.rules,
      WindowTranslation.rules, LossTranslation.rules, GammaTranslation.rules,
    ] {
      rules.merge(table) { first, _ in first }
    }
    return rules
  }()
}

/// A call of a TensorFlow function on tensors of a model that is being written.
struct TensorFlowCall {
  /// The function's name without its module.
  let function: String
  let arguments: CallArguments<DraftTensor>
  /// What is known of the results.
  let outputs: [TensorSpec]

  func refusal(_ reason: String) -> LayerError {
    LayerError(.unsupported, "tf.\(function): \(reason)")
  }

  /// An argument at a position or under one of several names; `nil` when it is absent or `None`.
  func value(_ position: Int?, _ names: String...) -> Argument<DraftTensor>? {
    arguments.value(position, names)
  }

  /// An argument that must be there.
  func required(_ position: Int?, _ names: String...) throws(LayerError) -> Argument<DraftTensor> {
    if let position, position < arguments.positional.count { return arguments.positional[position] }
    for name in names {
      switch arguments.keyword(name) {
      case nil, Argument.none?: continue
      case let value?: return value
      }
    }
    throw refusal("the file does not hold the argument \"\(names.first ?? "")\"")
  }

  /// The first operand, which is a tensor of the model.
  var x: DraftTensor {
    get throws(LayerError) {
      if case .tensor(let tensor) = try required(0, "x") { return tensor }
      throw refusal("the first operand is a constant")
    }
  }

  /// The number of axes of a tensor.
  func rank(_ tensor: DraftTensor) throws(LayerError) -> Int {
    guard let shape = tensor.spec.shape else { throw refusal("an operand's shape is not known") }
    return shape.rank
  }

  /// Whole numbers; `nil` when the argument is absent.
  func wholes(_ position: Int?, _ names: String...) throws(LayerError) -> [Int]? {
    var found: Argument<DraftTensor>?
    if let position, position < arguments.positional.count {
      found = arguments.positional[position]
    }
    for name in names where found == nil { found = arguments.keyword(name) }
    switch found {
    case nil, Argument.none?: return nil
    case let value?: return try numbers(value)
    }
  }

  private func numbers(_ value: Argument<DraftTensor>) throws(LayerError) -> [Int] {
    switch value {
    case .integer(let number):
      return [Int(number)]
    case .number(let number) where number == number.rounded() && abs(number) < 1e15:
      return [Int(number)]
    case .array(let tensor):
      guard let values = tensor.doubles else { break }
      return values.map { Int(Int64(saturating: $0)) }
    case .list(let elements):
      var result: [Int] = []
      for element in elements { result += try numbers(element) }
      return result
    default: break
    }
    throw refusal("an argument that must be known is a tensor")
  }

  /// One whole number; `nil` when the argument is absent.
  func whole(_ position: Int?, _ names: String...) throws(LayerError) -> Int? {
    for name in names {
      if let numbers = try wholes(position, name) {
        guard numbers.count == 1 else { throw refusal("\"\(name)\" is not one integer") }
        return numbers[0]
      }
    }
    return nil
  }

  /// A number.
  func real(
    _ position: Int?, _ names: String..., default fallback: Double
  ) throws(LayerError) -> Double {
    var found: Argument<DraftTensor>?
    if let position, position < arguments.positional.count {
      found = arguments.positional[position]
    }
    for name in names where found == nil { found = arguments.keyword(name) }
    switch found {
    case nil, Argument.none?: return fallback
    case .integer(let number)?: return Double(number)
    case .number(let number)?: return number
    case .array(let tensor)? where tensor.count == 1: return tensor.doubles?.first ?? fallback
    default: throw refusal("\"\(names.first ?? "")\" is not a number")
    }
  }

  /// A truth value.
  func flag(_ names: String..., default fallback: Bool = false) -> Bool {
    for name in names {
      switch arguments.keyword(name) {
      case .bool(let flag)?: return flag
      case .integer(let number)?: return number != 0
      default: continue
      }
    }
    return fallback
  }

  /// Text; `nil` when it is absent.
  func text(_ names: String...) -> String? {
    for name in names {
      if case .string(let text)? = arguments.keyword(name) { return text }
    }
    return nil
  }

  /// An element type; `nil` when it is absent.
  func type(_ names: String...) throws(LayerError) -> DType? {
    for name in names {
      guard case .string(let text)? = arguments.keyword(name) else { continue }
      guard let dtype = DType(tensorFlow: text) else {
        throw refusal("the type \"\(text.prefix(40))\" is not supported")
      }
      return dtype
    }
    return nil
  }

  /// Whether channels come first.
  var isChannelsFirst: Bool { text("data_format")?.hasPrefix("NC") == true }

  /// An operand as arrays are written: nested lists of numbers become arrays.
  func operand(_ value: Argument<DraftTensor>, like dtype: DType) throws(LayerError) -> Argument<
    DraftTensor
  > {
    guard case .list(let elements) = value, !value.hasTensors else { return value }
    guard let array = Tensor(nested: elements, dtype: dtype) else {
      throw refusal("an operand is a list that is no array")
    }
    return .array(array)
  }
}

extension Tensor {
  /// An array of nested lists of plain numbers; `nil` when the lists are not regular.
  init?<Element>(nested elements: [Argument<Element>], dtype: DType) {
    func json(_ argument: Argument<Element>) -> JSON? {
      switch argument {
      case .bool(let value): return .bool(value)
      case .integer(let value): return .integer(value)
      case .number(let value): return .double(value)
      case .string(let value): return .string(value)
      case .list(let inner):
        let values = inner.map(json)
        return values.contains { $0 == nil } ? nil : .array(values.compactMap { $0 })
      default: return nil
      }
    }
    guard let value = json(.list(elements)) else { return nil }
    let config = JSON.object(
      JSONObject([("value", value), ("dtype", .string(dtype.rawValue))]))
    guard let tensor = try? Tensor(serialized: config) else { return nil }
    self = tensor
  }
}

import HornbillCore

/// Whole numbers of a model that are computed from shapes, as far as they are known before it runs.
struct FoldedNumbers: Sendable {
  /// The numbers; `nil` for an extent that only a run tells, such as the batch's.
  let numbers: [Int?]
  /// Whether it is one number and not a list.
  let isScalar: Bool
}

/// Computes what TensorFlow makes of shapes: Keras 3 has no operation that gives a shape.
enum ShapeFolding {
  /// The numbers that a call gives; `nil` when it is not one of shapes.
  static func results(
    _ function: String, _ arguments: CallArguments<DraftTensor>
  ) -> [FoldedNumbers]? {
    if function == "unstack", let all = arguments.positional.first.flatMap(folded), !all.isScalar {
      return all.numbers.map { FoldedNumbers(numbers: [$0], isScalar: true) }
    }
    return result(function, arguments).map { [$0] }
  }

  private static func folded(_ argument: Argument<DraftTensor>) -> FoldedNumbers? {
    argument.hasTensors ? numbers(argument) : nil
  }

  private static func result(
    _ function: String, _ arguments: CallArguments<DraftTensor>
  ) -> FoldedNumbers? {
    let values = arguments.positional
    if function == "shape" {
      guard case .tensor(let x)? = values.first, x.folded == nil, let shape = x.spec.shape else {
        return nil
      }
      return FoldedNumbers(numbers: shape.dimensions, isScalar: false)
    }
    guard arguments.tensors.contains(where: { $0.folded != nil }),
      arguments.tensors.allSatisfy({ $0.folded != nil })
    else { return nil }
    switch function {
    case "identity", "cast", "stop_gradient": return values.first.flatMap(numbers)
    case "strided_slice": return strided(arguments)
    case "gather":
      guard let all = values.first.flatMap(numbers)?.numbers,
        let places = arguments.value(1, ["indices"]).flatMap(numbers),
        places.numbers.allSatisfy({ $0.map(all.indices.contains) ?? false })
      else { return nil }
      return FoldedNumbers(
        numbers: places.numbers.map { all[$0 ?? 0] }, isScalar: places.isScalar)
    case "slice":
      guard let all = values.first.flatMap(numbers)?.numbers,
        let start = arguments.value(1, ["begin"]).flatMap(numbers)?.numbers.first ?? nil,
        let size = arguments.value(2, ["size"]).flatMap(numbers)?.numbers.first ?? nil,
        start >= 0, start <= all.count
      else { return nil }
      return cut(all, start, size < 0 ? all.count : start + size)
    case "__operators__.getitem": return item(arguments)
    case "Pack", "stack", "ConcatV2", "concat": return joined(function, arguments)
    case "reduce_prod":
      guard let all = values.first.flatMap(numbers)?.numbers else { return nil }
      let product = all.reduce(1 as Int?) { multiplied($0, $1) }
      return FoldedNumbers(numbers: [product], isScalar: true)
    case "multiply", "add", "add_v2", "__operators__.add", "subtract", "floordiv", "floor_div":
      return computed(function, arguments)
    default: return nil
    }
  }

  /// The arguments with constants in the place of tensors that are always the same.
  static func withConstants(
    _ arguments: CallArguments<DraftTensor>
  ) -> CallArguments<DraftTensor> {
    guard arguments.tensors.contains(where: { $0.constant != nil }) else { return arguments }
    func replaced(_ argument: Argument<DraftTensor>) -> Argument<DraftTensor> {
      switch argument {
      case .tensor(let tensor): tensor.constant.map { .array($0) } ?? argument
      case .list(let elements): .list(elements.map(replaced))
      case .dictionary(let pairs): .dictionary(pairs.map { ($0.key, replaced($0.value)) })
      default: argument
      }
    }
    return CallArguments(
      arguments.positional.map(replaced),
      keywords: arguments.keywords.map { ($0.name, replaced($0.value)) })
  }

  /// Whole numbers that are constants or folded.
  static func numbers(_ argument: Argument<DraftTensor>) -> FoldedNumbers? {
    switch argument {
    case .tensor(let tensor): return tensor.folded
    case .integer(let value): return FoldedNumbers(numbers: [Int(value)], isScalar: true)
    case .array(let tensor):
      guard let values = tensor.doubles else { return nil }
      return FoldedNumbers(
        numbers: values.map { Int(Int64(saturating: $0)) }, isScalar: tensor.rank == 0)
    case .list(let elements):
      var all: [Int?] = []
      for element in elements {
        guard let inner = numbers(element) else { return nil }
        all += inner.numbers
      }
      return FoldedNumbers(numbers: all, isScalar: false)
    default: return nil
    }
  }

  private static func multiplied(_ a: Int?, _ b: Int?) -> Int? {
    guard let a, let b else { return nil }
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? nil : product
  }

  private static func strided(_ arguments: CallArguments<DraftTensor>) -> FoldedNumbers? {
    let values = arguments.positional
    func part(_ position: Int, _ name: String) -> Int? {
      let argument = position < values.count ? values[position] : arguments.keyword(name)
      return argument.flatMap(numbers)?.numbers.first ?? nil
    }
    func mask(_ name: String) -> Bool {
      if case .integer(let bits)? = arguments.keyword(name) { return bits & 1 != 0 }
      return false
    }
    guard let all = values.first.flatMap(numbers)?.numbers else { return nil }
    let start = mask("begin_mask") ? 0 : part(1, "begin")
    guard let start else { return nil }
    let first = start < 0 ? start + all.count : start
    if mask("shrink_axis_mask") {
      guard all.indices.contains(first) else { return nil }
      return FoldedNumbers(numbers: [all[first]], isScalar: true)
    }
    guard part(3, "strides") ?? 1 == 1 else { return nil }
    let end = mask("end_mask") ? all.count : part(2, "end")
    guard let end else { return nil }
    return cut(all, first, end)
  }

  private static func cut(_ all: [Int?], _ first: Int, _ end: Int) -> FoldedNumbers? {
    let last = min(end < 0 ? end + all.count : end, all.count)
    guard first >= 0, first <= last else { return nil }
    return FoldedNumbers(numbers: Array(all[first..<last]), isScalar: false)
  }

  private static func item(_ arguments: CallArguments<DraftTensor>) -> FoldedNumbers? {
    guard let all = arguments.positional.first.flatMap(numbers)?.numbers,
      var key = arguments.keyword("slice_spec")
    else { return nil }
    if case .list(let elements) = key, elements.count == 1 { key = elements[0] }
    switch key {
    case .integer(let index):
      let position = index < 0 ? Int(index) + all.count : Int(index)
      guard all.indices.contains(position) else { return nil }
      return FoldedNumbers(numbers: [all[position]], isScalar: true)
    case .dictionary(let pairs):
      var ends: [String: Int] = [:]
      for (name, value) in pairs {
        if case .integer(let number) = value { ends[name] = Int(number) }
      }
      guard ends["step"] ?? 1 == 1 else { return nil }
      let start = ends["start"] ?? 0
      return cut(all, start < 0 ? start + all.count : start, ends["stop"] ?? all.count)
    default: return nil
    }
  }

  private static func joined(
    _ function: String, _ arguments: CallArguments<DraftTensor>
  ) -> FoldedNumbers? {
    var elements = arguments.positional
    if function == "ConcatV2" { elements = Array(elements.dropLast()) }
    if function == "stack" || function == "concat" {
      guard case .list(let inner)? = elements.first else { return nil }
      elements = inner
    }
    return numbers(.list(elements))
  }

  private static func computed(
    _ function: String, _ arguments: CallArguments<DraftTensor>
  ) -> FoldedNumbers? {
    let second =
      arguments.positional.count > 1 ? arguments.positional[1] : arguments.keyword("y")
    guard let a = arguments.positional.first.flatMap(numbers), let b = second.flatMap(numbers),
      a.numbers.count == 1, b.numbers.count == 1
    else { return nil }
    var result: Int?
    if let x = a.numbers[0], let y = b.numbers[0] {
      switch function {
      case "multiply": result = multiplied(x, y)
      case "subtract": result = x.subtractingReportingOverflow(y).overflow ? nil : x - y
      case "floordiv", "floor_div": result = y > 0 && x >= 0 ? x / y : nil
      default: result = x.addingReportingOverflow(y).overflow ? nil : x + y
      }
    }
    return FoldedNumbers(numbers: [result], isScalar: a.isScalar && b.isScalar)
  }

  /// An argument with folded tensors as constants.
  ///
  /// - Throws: ``LayerError`` with the code `unsupported` for an extent that only a run tells.
  static func settled(
    _ argument: Argument<DraftTensor>
  ) throws(LayerError) -> Argument<DraftTensor> {
    switch argument {
    case .tensor(let tensor):
      guard let folded = tensor.folded else { return argument }
      let known = folded.numbers.compactMap { $0 }
      let open = folded.numbers.count { $0 == nil }
      guard open == 0 || (open == 1 && !folded.isScalar) else {
        throw LayerError(
          .unsupported, "it uses an extent that only a run tells, which keras.ops has not")
      }
      if folded.isScalar { return .integer(Int64(known[0])) }
      return .list(folded.numbers.map { .integer(Int64($0 ?? -1)) })
    case .list(let elements):
      var open = 0
      var result: [Argument<DraftTensor>] = []
      for element in elements {
        if case .tensor(let tensor) = element, let folded = tensor.folded, folded.isScalar,
          folded.numbers.first == .some(nil)
        {
          open += 1
          result.append(.integer(-1))
        } else {
          result.append(try settled(element))
        }
      }
      guard open < 2 else {
        throw LayerError(
          .unsupported, "it uses extents that only a run tells, which keras.ops has not")
      }
      return .list(result)
    default:
      return argument
    }
  }
}

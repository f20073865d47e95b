import HornbillCore

/// Which extents the inference of TensorFlow graphs leaves open although they can be computed.
///
/// It follows shapes through a few operations only, and through others when all their operands are constants.
///
/// Source: TensorFlow, `tensorflow/core/common_runtime/shape_refiner.cc`, `ConstantPartialShape`.
enum VagueExtents {
  /// The specifications of the results with the extents that are left open.
  static func marked(
    _ specs: [TensorSpec], _ function: String, _ arguments: CallArguments<TensorSpec>
  ) -> [TensorSpec] {
    guard specs.count == 1 else { return specs }
    let operands = arguments.positional
    var spec = specs[0]
    switch function {
    case "reshape" where operands.count > 1:
      let vague = vague(operands[1])
      if !vague.isEmpty { spec.open(vague.union(inferred(operands[1]))) }
    case "tile" where operands.count > 1: spec.open(vague(operands[1]))
    case "broadcast_to" where operands.count > 1: spec.open(vague(operands[1]))
    case "fill" where !operands.isEmpty: spec.open(vague(operands[0]))
    case "range":
      if operands.contains(where: { !vague($0).isEmpty }) { spec.open([0]) }
    default: break
    }
    guard let elements = spec.standIns?.values.first?.elements else {
      if function == "Pack", let shape = spec.shape?.known, shape.count == 1 {
        var standIn = StandIn(shape: shape, elements: nil)
        standIn.partialElements = operands.map(knownElement)
        spec.standIns = [shape[0]: standIn]
      }
      return [spec]
    }
    let marks: Set<Int>
    switch function {
    case "shape": marks = []
    case "cast", "identity": marks = operands.first.map(vague) ?? []
    case "Pack":
      marks = Set(operands.indices.filter { !vague(operands[$0]).isEmpty })
    case "ConcatV2": marks = joined(operands.dropLast())
    case "strided_slice":
      marks = operands.first.map { sliced(vague($0), $0, arguments, elements.count) } ?? []
    default: marks = operands.allSatisfy(isConstant) ? [] : Set(elements.indices)
    }
    spec.standIns = spec.standIns?.mapValues { standIn in
      var standIn = standIn
      standIn.vague = marks
      return standIn
    }
    return [spec]
  }

  /// What inference knows of a result whose extents depend on the elements of the inputs; `nil` for other functions.
  static func open(
    _ function: String, _ arguments: CallArguments<TensorSpec>
  ) -> [TensorSpec]? {
    let operands = arguments.positional
    switch function {
    case "tile" where operands.count > 1:
      guard case .tensor(let x) = operands[0],
        let counts = standIn(operands[1])?.partialElements, counts.count == x.shape?.rank
      else { return nil }
      let extents = zip(x.shape?.dimensions ?? [], counts).map(repeated)
      return [TensorSpec(Shape(extents), x.dtype)]
    case "reshape" where operands.count > 1:
      guard case .tensor(let x) = operands[0], let extents = commonElements(operands[1]) else {
        return nil
      }
      return [TensorSpec(Shape(extents), x.dtype)]
    case "range":
      guard let dtype = arguments.tensors.first?.dtype else { return nil }
      return [TensorSpec([nil], dtype)]
    case "image.scale_and_translate" where operands.count > 1:
      guard case .tensor(let x) = operands[0], let shape = x.shape, shape.rank == 4,
        let size = operands[1].array?.integers, size.count == 2
      else { return nil }
      return [TensorSpec([shape[0], Int(size[0]), Int(size[1]), shape[3]])]
    default:
      return nil
    }
  }

  /// The elements of a shape that are the same whatever the inputs are, `nil` for others; `nil` when nothing is known of them.
  private static func commonElements(_ argument: Argument<TensorSpec>) -> [Int?]? {
    guard case .tensor(let spec) = argument, let standIns = spec.standIns?.values,
      let first = standIns.first?.elements
    else { return nil }
    let vague = vague(argument)
    return first.indices.map { index in
      let isCommon = standIns.allSatisfy { standIn in
        standIn.elements?.count == first.count && standIn.elements?[index] == first[index]
      }
      return isCommon && first[index] >= 0 && !vague.contains(index) ? first[index] : nil
    }
  }

  private static func repeated(_ extent: Int?, _ count: Int?) -> Int? {
    guard let extent, let count else { return nil }
    let (product, overflow) = extent.multipliedReportingOverflow(by: count)
    return overflow || product < 0 ? nil : product
  }

  /// A scalar that is the same whatever the inputs are; `nil` for any other.
  private static func knownElement(_ argument: Argument<TensorSpec>) -> Int? {
    switch argument {
    case .integer(let number): return Int(number)
    case .array(let tensor): return tensor.integers.flatMap { $0.count == 1 ? Int($0[0]) : nil }
    case .tensor:
      guard isConstant(argument), let elements = standIn(argument)?.elements else { return nil }
      return elements.count == 1 ? elements[0] : nil
    default: return nil
    }
  }

  private static func standIn(_ argument: Argument<TensorSpec>) -> StandIn? {
    guard case .tensor(let spec) = argument else { return nil }
    return spec.standIns?.values.first
  }

  private static func vague(_ argument: Argument<TensorSpec>) -> Set<Int> {
    standIn(argument)?.vague ?? []
  }

  private static func inferred(_ argument: Argument<TensorSpec>) -> [Int] {
    let elements = standIn(argument)?.elements ?? []
    return elements.indices.filter { elements[$0] == -1 }
  }

  private static func isConstant(_ argument: Argument<TensorSpec>) -> Bool {
    guard case .tensor(let spec) = argument else { return true }
    guard let standIns = spec.standIns?.values, let first = standIns.first else { return false }
    return first.elements != nil && first.vague.isEmpty
      && standIns.allSatisfy { $0.elements == first.elements }
  }

  private static func joined(_ operands: ArraySlice<Argument<TensorSpec>>) -> Set<Int> {
    var result: Set<Int> = []
    var offset = 0
    for operand in operands {
      result.formUnion(vague(operand).map { $0 + offset })
      offset +=
        standIn(operand)?.elements?.count ?? Tensor(literal: operand)?.count ?? operand.count
    }
    return result
  }

  /// The marks of a slice of a shape; bounds that are not constants leave all elements open.
  private static func sliced(
    _ vague: Set<Int>, _ source: Argument<TensorSpec>, _ arguments: CallArguments<TensorSpec>,
    _ count: Int
  ) -> Set<Int> {
    if vague.isEmpty { return [] }
    guard arguments.positional.dropFirst().allSatisfy({ !$0.hasTensors }),
      let total = standIn(source)?.elements?.count,
      let mask = arguments.keyword("begin_mask"), let begin = arguments.positional.dropFirst().first
    else { return Set(0..<count) }
    var start = Tensor(literal: begin)?.integers?.first ?? begin.array?.integers?.first ?? 0
    if case .integer(1) = mask { start = 0 }
    let first = start < 0 ? Int(start) + total : Int(start)
    return Set((0..<count).filter { vague.contains($0 + first) })
  }
}

extension Argument {
  fileprivate var array: Tensor? {
    if case .array(let tensor) = self { tensor } else { nil }
  }

  fileprivate var count: Int { array?.count ?? 1 }
}

extension TensorSpec {
  /// Makes extents unknown.
  fileprivate mutating func open(_ axes: Set<Int>) {
    guard let shape, !axes.isEmpty else { return }
    self.shape = Shape(
      shape.dimensions.enumerated().map { axes.contains($0) ? nil : $1 })
  }
}

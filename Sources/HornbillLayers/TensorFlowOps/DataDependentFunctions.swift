import HornbillCore

/// Functions whose results have extents that depend on elements: the number of places where a condition holds.
enum DataDependentFunctions {
  /// What lowers such a function.
  typealias Rule =
    @Sendable (OperationCall, inout Lowering) throws(LayerError) -> [Value]

  /// The rule for a call, if it is one of such a function.
  static func rule(_ name: String, _ c: OperationCall, _ g: GraphBuilder) -> Rule? {
    switch name {
    case "boolean_mask": return mask
    case "where":
      return c.value(1, "x", "t") == nil ? coordinates : nil
    case "__operators__.getitem":
      guard case .tensor(let flow)? = c.value(1, "slice_spec"), g.dtype(flow.value) == .bool else {
        return nil
      }
      return mask
    default: return nil
    }
  }

  /// The shapes of the results of such a call; `nil` for calls of other functions.
  static func specs(
    _ name: String, _ call: CallArguments<TensorSpec>
  ) throws(LayerError) -> [TensorSpec]? {
    guard let first = call.tensors.first, let shape = first.shape else { return nil }
    switch name {
    case "where":
      guard call.parameter(1, "x") == nil, call.keyword("t") == nil else { return nil }
      return [TensorSpec([nil, shape.rank], .int64)]
    case "boolean_mask", "__operators__.getitem":
      guard let argument = call.parameter(1, "mask") ?? call.keyword("slice_spec") else {
        return nil
      }
      var rank: Int?
      if case .tensor(let spec) = argument, spec.dtype == .bool { rank = spec.shape?.rank }
      if name == "boolean_mask", rank == nil { rank = Tensor(literal: argument)?.rank }
      guard let rank else { return nil }
      let axis: Int =
        if case .integer(let number)? = call.parameter(2, "axis") { Int(number) } else { 0 }
      let start = axis < 0 ? axis + shape.rank : axis
      guard start >= 0, rank > 0, start + rank <= shape.rank else {
        throw LayerError(.shape, "a mask of \(rank) axes for shape \(shape)")
      }
      let rest = shape.dimensions[..<start] + [nil] + shape.dimensions[(start + rank)...]
      return [TensorSpec(Shape(Array(rest)), first.dtype)]
    default: return nil
    }
  }

  /// The places where a known condition holds.
  static func positions(_ condition: FoldedTensor) -> Tensor {
    var rows: [Int64] = []
    for (index, value) in condition.values.enumerated() where value != 0 {
      var rest = index
      var row: [Int64] = []
      for extent in condition.shape.reversed() {
        row.append(Int64(rest % extent))
        rest /= extent
      }
      rows += row.reversed()
    }
    let rank = condition.shape.count
    let count = condition.values.count { $0 != 0 }
    return Tensor(shape: [count, rank], integers: rows)
  }

  /// The flat places where a condition holds, in ascending order.
  private static func places(
    _ condition: Value, _ lowering: inout Lowering
  ) throws(LayerError) -> Value {
    let flat = try lowering.graph.flattened(condition)
    let count = try lowering.graph.elementCount(condition)
    if let known = lowering.graph.folded(flat) {
      let indices = known.values.indices.filter { known.values[$0] != 0 }
      return lowering.graph.constant(
        Tensor(shape: [indices.count], integers: indices.map { Int64($0) }))
    }
    let ones = try lowering.graph.cast(flat, to: .int64)
    let total = try lowering.extent(of: lowering.graph.sum(ones, axes: [0]))
    let numbers = try lowering.graph.range(count, .int64)
    let last = lowering.graph.scalar(Double(count), .int64)
    let sorted = try lowering.graph.sort(lowering.graph.select(flat, numbers, last)).values
    return try lowering.graph.slice(sorted, axis: 0, start: 0, count: total)
  }

  private static let mask: Rule = { (c, lowering) throws(LayerError) in
    let x = try c.x(&lowering.graph)
    let condition = try lowering.graph.operand(
      c.required(1, "mask", "slice_spec"), as: .bool)
    let axis = try lowering.graph.axis(
      c.whole(2, "axis", in: lowering.graph) ?? 0, of: x)
    let (own, chosen) = (lowering.graph.shape(x), lowering.graph.shape(condition))
    let end = axis + chosen.count
    guard !chosen.isEmpty, end <= own.count, Array(own[axis..<end]) == chosen else {
      throw LayerError(.shape, "a mask of shape \(Shape(chosen)) for shape \(Shape(own))")
    }
    let places = try places(condition, &lowering)
    let count = try lowering.graph.elementCount(condition)
    let flat = try lowering.graph.reshape(
      x, to: Array(own[..<axis]) + [count] + Array(own[end...]))
    return [try lowering.graph.gather(flat, places, axis: axis)]
  }

  private static let coordinates: Rule = { (c, lowering) throws(LayerError) in
    let condition = try lowering.graph.operand(c.argument(0), as: .bool)
    let extents = lowering.graph.shape(condition)
    guard !extents.isEmpty else {
      throw LayerError(.unsupported, "tf.where of a scalar is not supported")
    }
    var rest = try places(condition, &lowering)
    var parts: [Value] = []
    for extent in extents.reversed() {
      let divisor = lowering.graph.scalar(Double(max(extent, 1)), .int64)
      parts.append(try lowering.graph.binary(.modulo, rest, divisor))
      rest = try lowering.graph.binary(.floorDivide, rest, divisor)
    }
    return [try lowering.graph.stack(parts.reversed(), axis: -1)]
  }
}

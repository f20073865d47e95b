import HornbillCore

/// TensorFlow's functions that read, order and search elements.
enum IndexTranslation {
  static let rules: [String: TensorFlowTranslation.Rule] = [
    "__operators__.getitem": { (c, g) throws(LayerError) in
      var key = try item(c.required(1, "slice_spec"), c)
      if case .slice = key { key = .list([key]) }
      return [try g.apply("GetItem", .tensor(c.x), key)]
    },
    "slice": { (c, g) throws(LayerError) in
      guard let starts = try c.wholes(1, "begin"), let sizes = try c.wholes(2, "size"),
        starts.count == sizes.count
      else { throw c.refusal("no sizes") }
      let key = zip(starts, sizes).map { start, size -> Argument<DraftTensor> in
        .slice(
          start: .integer(Int64(start)),
          stop: size == -1 ? .none : .integer(Int64(start) + Int64(size)), step: .none)
      }
      return [try g.apply("GetItem", .tensor(c.x), .list(key))]
    },
    "strided_slice": { (c, g) throws(LayerError) in
      [try g.apply("GetItem", .tensor(c.x), .list(stridedKey(c)))]
    },
    "gather": { (c, g) throws(LayerError) in
      let x = try c.operand(c.required(0, "params"), like: c.outputs.first?.dtype ?? .float32)
      let indices = try c.operand(c.required(1, "indices", "ids"), like: .int32)
      let batch = try c.whole(nil, "batch_dims") ?? 0
      let axis = try c.whole(2, "axis") ?? batch
      guard batch != 0 else {
        return [
          g.apply(
            "Take", x, indices, fields: [("axis", .integer(Int64(axis)))],
            dtype: x.tensors.first?.spec.dtype ?? c.outputs.first?.dtype)
        ]
      }
      guard batch == 1, axis == 1 else {
        throw c.refusal("it gathers from more than the first axis of each element of a batch")
      }
      return [try rows(of: c.x, at: indices, axes: 1, c, &g)]
    },
    "embedding_lookup": { (c, g) throws(LayerError) in
      let table = try c.operand(c.required(0, "params"), like: .float32)
      guard c.value(nil, "max_norm") == nil else { throw c.refusal("it has a greatest norm") }
      return [
        try g.apply(
          "Take", table, c.required(1, "ids"), fields: [("axis", .integer(0))],
          dtype: c.outputs.first?.dtype)
      ]
    },
    "one_hot": { (c, g) throws(LayerError) in
      guard let depth = try c.whole(1, "depth") else { throw c.refusal("no depth") }
      let axis = try c.whole(nil, "axis") ?? -1
      let dtype = c.outputs.first?.dtype ?? .float32
      let on = try c.real(2, "on_value", default: 1)
      let off = try c.real(3, "off_value", default: 0)
      let hot = g.oneHot(.tensor(try c.x), depth, axis: axis, dtype: dtype)
      guard on != 1 || off != 0 else { return [hot] }
      let scaled = g.apply("Multiply", .tensor(hot), .number(on - off))
      return [try g.sum(.tensor(scaled), .number(off))]
    },
    "sort": { (c, g) throws(LayerError) in
      let field = ("axis", JSON.integer(Int64(try c.whole(nil, "axis") ?? -1)))
      let sorted = try g.apply("Sort", .tensor(c.x), fields: [field])
      guard c.text("direction") == "DESCENDING" else { return [sorted] }
      return [g.apply("Flip", .tensor(sorted), fields: [field])]
    },
    "argsort": { (c, g) throws(LayerError) in
      let field = ("axis", JSON.integer(Int64(try c.whole(nil, "axis") ?? -1)))
      guard c.text("direction") != "DESCENDING" else {
        let negative = try g.apply("Negative", .tensor(c.x))
        return [g.apply("Argsort", .tensor(negative), fields: [field], dtype: .int32)]
      }
      return [try g.apply("Argsort", .tensor(c.x), fields: [field], dtype: .int32)]
    },
    "top_k": { (c, g) throws(LayerError) in
      let count = try c.whole(1, "k") ?? 1
      return g.operation(
        "TopK",
        [("k", .integer(Int64(count))), ("sorted", .bool(c.flag("sorted", default: true)))],
        [.tensor(try c.x)], outputs: c.outputs)
    },
    "tensor_scatter_nd_update": scatter(.null), "tensor_scatter_nd_add": scatter(.string("add")),
    "tensor_scatter_nd_max": scatter(.string("max")),
    "tensor_scatter_nd_min": scatter(.string("min")),
    "scatter_nd": { (c, g) throws(LayerError) in
      guard let shape = try c.wholes(2, "shape"), !shape.contains(where: { $0 < 0 }) else {
        throw c.refusal("the shape is not known")
      }
      let dtype = c.outputs.first?.dtype ?? .float32
      let indices = try c.operand(c.required(0, "indices"), like: .int32)
      let updates = try c.operand(c.required(1, "updates"), like: dtype)
      return [
        g.apply("Scatter", indices, updates, fields: [("shape", .integers(shape))], dtype: dtype)
      ]
    },
    "gather_nd": { (c, g) throws(LayerError) in
      let batch = try c.whole(nil, "batch_dims") ?? 0
      guard batch == 0 else {
        let indices = try c.operand(c.required(1, "indices"), like: .int32)
        guard batch == 1, let count = GraphDraft.extents(indices)?.last ?? nil else {
          throw c.refusal("it gathers from each element of several batch axes")
        }
        return [try rows(of: c.x, at: indices, axes: count, isIndexed: true, c, &g)]
      }
      let table = try c.operand(c.required(0, "params"), like: .float32)
      let indices = try c.operand(c.required(1, "indices"), like: .int32)
      guard let shape = GraphDraft.extents(table),
        let count = GraphDraft.extents(indices)?.last ?? nil,
        (1...max(shape.count, 1)).contains(count), !shape.dropFirst().contains(nil)
      else { throw c.refusal("an extent is not known") }
      let rest = shape.dropFirst(count).compactMap { $0 }
      var strides = [Int64](repeating: 1, count: count)
      for axis in (0..<(count - 1)).reversed() {
        strides[axis] = strides[axis + 1] * Int64(shape[axis + 1] ?? 1)
      }
      let places = try places(indices, strides, c, &g)
      let element = c.outputs.first?.dtype ?? .float32
      var rows = table
      if case .array(let array) = table {
        guard let lead = Shape.elementCount(Array(array.shape.prefix(count))) else {
          throw c.refusal("the table is too large")
        }
        rows = .array(array.withShape([lead] + rest))
      } else {
        rows = .tensor(
          g.apply(
            "Reshape", table, fields: [("newshape", .integers([-1] + rest))], dtype: element))
      }
      return [
        g.apply("Take", rows, places, fields: [("axis", .integer(0))], dtype: element)
      ]
    },
    "boolean_mask": { (c, g) throws(LayerError) in
      let x = try c.x
      let mask = try c.operand(c.required(1, "mask"), like: .bool)
      guard try c.whole(2, "axis") ?? 0 == 0, let count = GraphDraft.extents(mask)?.count,
        count > 0, let rest = x.spec.shape?.dimensions.dropFirst(count), !rest.contains(nil)
      else { throw c.refusal("an extent is not known") }
      let places: Argument<DraftTensor>
      if case .array(let array) = mask {
        let kept = (array.doubles ?? []).enumerated().filter { $0.element != 0 }.map(\.offset)
        places = .array(
          Tensor(shape: [kept.count], integers: kept.map { Int64($0) }, dtype: .int32))
      } else {
        let flat = g.apply("Reshape", mask, fields: [("newshape", .integers([-1]))], dtype: .bool)
        places = .tensor(
          g.operation(
            "Nonzero", [], [.tensor(flat)], outputs: [TensorSpec(Shape([nil]), .int32)])[0])
      }
      let rows = g.apply(
        "Reshape", .tensor(x),
        fields: [("newshape", .integers([-1] + rest.compactMap { $0 }))])
      return [g.apply("Take", .tensor(rows), places, fields: [("axis", .integer(0))])]
    },
    "in_top_k": { (c, g) throws(LayerError) in
      let operands = [
        try c.required(0, "targets", "predictions"), try c.required(1, "predictions", "targets"),
      ]
      // The old function has its operands the other way about.
      let isFirst = operands[0].tensors.first?.spec.shape?.rank == 2
      let count = try c.whole(2, "k") ?? 1
      return [
        g.apply(
          "InTopK", operands[isFirst ? 1 : 0], operands[isFirst ? 0 : 1],
          fields: [("k", .integer(Int64(count)))], dtype: .bool)
      ]
    },
    "searchsorted": { (c, g) throws(LayerError) in
      try insertion(isAfterEquals: c.text("side") == "right", c, &g)
    },
    "lower_bound": { (c, g) throws(LayerError) in try insertion(isAfterEquals: false, c, &g) },
    "upper_bound": { (c, g) throws(LayerError) in try insertion(isAfterEquals: true, c, &g) },
    "size": { (c, g) throws(LayerError) in
      let count = try g.apply("Size", .tensor(c.x), dtype: .int32)
      return [g.cast(count, to: try c.type("out_type") ?? .int32)]
    },
  ]

  /// The places in sorted sequences: as many as there are elements before.
  private static func insertion(
    isAfterEquals: Bool, _ c: TensorFlowCall, _ g: inout GraphDraft
  ) throws(LayerError) -> [DraftTensor] {
    let sequence = try c.operand(c.required(0, "sorted_sequence", "sorted_inputs"), like: .float32)
    let values = try c.operand(c.required(1, "values"), like: .float32)
    let row = g.expandDims(sequence, axis: -2)
    let column = g.expandDims(values, axis: -1)
    let isBefore = g.apply(
      isAfterEquals ? "LessEqual" : "Less", row, column, dtype: .bool)
    let type = try c.type("out_type") ?? .int32
    return [
      g.apply(
        "Sum", .tensor(g.cast(isBefore, to: type)),
        fields: [("axis", .integer(-1)), ("keepdims", .bool(false))], dtype: type)
    ]
  }

  /// The places that lists of indices name, each weighed by how many places one step is.
  private static func places(
    _ indices: Argument<DraftTensor>, _ strides: [Int64], _ c: TensorFlowCall,
    _ g: inout GraphDraft
  ) throws(LayerError) -> Argument<DraftTensor> {
    if case .array(let array) = indices {
      guard let values = array.doubles, array.shape.last == strides.count else {
        throw c.refusal("the indices are not numbers")
      }
      let places = stride(from: 0, to: values.count, by: strides.count).map { start in
        zip(values[start...], strides).reduce(0) { $0 + Int64(saturating: $1.0) * $1.1 }
      }
      return .array(
        Tensor(shape: Array(array.shape.dropLast()), integers: places, dtype: .int32))
    }
    let dtype = indices.tensors.first?.spec.dtype ?? .int32
    let steps = Tensor(shape: [strides.count], integers: strides, dtype: dtype)
    return .tensor(
      g.apply(
        "Sum", .tensor(g.apply("Multiply", indices, .array(steps), dtype: dtype)),
        fields: [("axis", .integer(-1)), ("keepdims", .bool(false))], dtype: dtype))
  }

  /// Rows of each element of a batch.
  ///
  /// - Parameters:
  ///   - axes: how many axes after the batch the indices are of.
  ///   - isIndexed: whether the last axis of the indices holds one index for each of them.
  private static func rows(
    of x: DraftTensor, at indices: Argument<DraftTensor>, axes: Int, isIndexed: Bool = false,
    _ c: TensorFlowCall, _ g: inout GraphDraft
  ) throws(LayerError) -> DraftTensor {
    guard case .tensor(let places) = indices, let shape = x.spec.shape?.dimensions,
      let rank = places.spec.shape?.rank, (1..<shape.count).contains(axes), rank > 1,
      !shape.dropFirst().contains(nil)
    else { throw c.refusal("an extent is not known") }
    let extents = shape.dropFirst().compactMap { $0 }
    let dtype = places.spec.dtype
    var strides = [Int64](repeating: 1, count: axes)
    for axis in (0..<(axes - 1)).reversed() {
      strides[axis] = strides[axis + 1] * Int64(extents[axis + 1])
    }
    var offset = places
    if isIndexed {
      let steps = Tensor(shape: [axes], integers: strides, dtype: dtype)
      offset = g.apply(
        "Sum", .tensor(g.apply("Multiply", .tensor(places), .array(steps))),
        fields: [("axis", .integer(-1)), ("keepdims", .bool(false))])
    }
    // The numbers of the elements of the batch, which only a run counts.
    let all = Argument<DraftTensor>.slice(start: .none, stop: .none, step: .none)
    let first = g.apply(
      "GetItem", .tensor(x),
      .list([all] + [Argument<DraftTensor>](repeating: .integer(0), count: extents.count)))
    let ones = g.cast(g.apply("OnesLike", .tensor(first)), to: dtype)
    let ends = g.apply(
      "Cumsum", .tensor(ones), fields: [("axis", .integer(0)), ("dtype", .null)])
    let numbers = g.apply("Subtract", .tensor(ends), .integer(1))
    let step = strides[0] * Int64(extents[0])
    let starts = g.apply("Multiply", .tensor(numbers), .integer(step))
    let others = [Int](repeating: 1, count: rank - (isIndexed ? 2 : 1))
    let column = g.reshape(starts, to: others)
    let flat = g.apply("Subtract", .tensor(offset), .tensor(g.apply("Negative", .tensor(column))))
    let table = g.apply(
      "Reshape", .tensor(x), fields: [("newshape", .integers([-1] + extents.dropFirst(axes)))])
    return g.apply(
      "Take", .tensor(table), .tensor(flat), fields: [("axis", .integer(0))],
      dtype: x.spec.dtype)
  }

  private static func scatter(_ reduction: JSON) -> TensorFlowTranslation.Rule {
    { (c, g) throws(LayerError) in
      let x = try c.x
      let indices = try c.operand(c.required(1, "indices"), like: .int32)
      let updates = try c.operand(c.required(2, "updates"), like: x.spec.dtype)
      return [
        g.apply("ScatterUpdate", .tensor(x), indices, updates, fields: [("reduction", reduction)])
      ]
    }
  }

  /// The key of a slice: lists of integers, slices, `None` and `...`.
  private static func item(
    _ key: Argument<DraftTensor>, _ c: TensorFlowCall
  ) throws(LayerError) -> Argument<DraftTensor> {
    switch key {
    case .list(let elements):
      var result: [Argument<DraftTensor>] = []
      for element in elements { result.append(try item(element, c)) }
      return .list(result)
    case .dictionary(let pairs):
      let parts = Dictionary(pairs.map { ($0.key, $0.value) }) { first, _ in first }
      if case .string("__ellipsis__")? = parts["class_name"] { return .ellipsis }
      let slice = Argument.slice(
        start: parts["start"] ?? .none, stop: parts["stop"] ?? .none, step: parts["step"] ?? .none)
      guard !slice.hasTensors else { throw c.refusal("the ends of a slice are tensors") }
      return slice
    case .tensor:
      throw c.refusal("an index is a tensor")
    default:
      return key
    }
  }

  private static func stridedKey(_ c: TensorFlowCall) throws(LayerError) -> [Argument<DraftTensor>]
  {
    guard let starts = try c.wholes(1, "begin"), let ends = try c.wholes(2, "end") else {
      throw c.refusal("no ends")
    }
    let strides = try c.wholes(3, "strides") ?? [Int](repeating: 1, count: starts.count)
    func mask(_ name: String) throws(LayerError) -> Int { try c.whole(nil, name) ?? 0 }
    let begin = try mask("begin_mask")
    let end = try mask("end_mask")
    let ellipsis = try mask("ellipsis_mask")
    let newAxis = try mask("new_axis_mask")
    let shrink = try mask("shrink_axis_mask")
    guard starts.count == ends.count, starts.count == strides.count, starts.count < 32 else {
      throw c.refusal("the ends differ in number")
    }
    return starts.indices.map { index in
      let bit = 1 << index
      if ellipsis & bit != 0 { return .ellipsis }
      if newAxis & bit != 0 { return .none }
      if shrink & bit != 0 { return .integer(Int64(starts[index])) }
      return .slice(
        start: begin & bit != 0 ? .none : .integer(Int64(starts[index])),
        stop: end & bit != 0 ? .none : .integer(Int64(ends[index])),
        step: .integer(Int64(strides[index])))
    }
  }
}

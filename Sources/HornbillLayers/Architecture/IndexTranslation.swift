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
      let x = try c.x
      let indices = try c.operand(c.required(1, "indices", "ids"), like: .int32)
      guard try c.whole(nil, "batch_dims") ?? 0 == 0 else {
        throw c.refusal("it gathers from each element of a batch")
      }
      let axis = try c.whole(2, "axis") ?? 0
      return [
        g.apply(
          "Take", .tensor(x), indices, fields: [("axis", .integer(Int64(axis)))],
          dtype: x.spec.dtype)
      ]
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
    "tensor_scatter_nd_update": { (c, g) throws(LayerError) in
      let x = try c.x
      let indices = try c.operand(c.required(1, "indices"), like: .int32)
      let updates = try c.operand(c.required(2, "updates"), like: x.spec.dtype)
      return [
        g.apply(
          "ScatterUpdate", .tensor(x), indices, updates, fields: [("reduction", .null)])
      ]
    },
  ]

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

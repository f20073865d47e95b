import HornbillCore

/// TensorFlow's functions that read, write, order and search elements.
///
/// Source: TensorFlow, `tensorflow/python/ops/array_ops.py`, `nn_ops.py` and `sort_ops.py`.
enum IndexFunctions {
  /// The functions by name, without the module.
  static let rules: [String: Operation.Rule] = [
    "__operators__.getitem": { (c, g) throws(LayerError) in
      let key = try c.required(1, "slice_spec")
      return [try g.part(c.x(&g), key: key)]
    },
    "boolean_mask": { (c, _) throws(LayerError) in
      throw LayerError(.unsupported, "the shape of \(c.className) depends on data")
    },
    "strided_slice": stridedSlice,
    "slice": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let starts = try c.requiredWholes(1, "begin", in: g)
      let sizes = try c.requiredWholes(2, "size", in: g)
      guard starts.count == g.rank(x), sizes.count == g.rank(x),
        starts.allSatisfy({ $0 >= 0 })
      else {
        throw c.bad("size", expected: "of as many integers as axes")
      }
      let counts = sizes.indices.map { sizes[$0] == -1 ? g.shape(x)[$0] - starts[$0] : sizes[$0] }
      let strides = [Int](repeating: 1, count: starts.count)
      return [try g.slice(x, starts: starts, counts: counts, strides: strides)]
    },
    "gather": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let indices = try integers(c.required(1, "indices", "ids"), &g)
      let batch = try c.whole(nil, "batch_dims", in: g) ?? 0
      let resolved = batch < 0 ? batch + g.rank(indices) : batch
      let axis = try c.whole(2, "axis", in: g) ?? resolved
      return [
        try g.batchGather(x, indices, axis: g.axis(axis, of: x), batch: resolved)
      ]
    },
    "embedding_lookup": { (c, g) throws(LayerError) in
      guard c.value(nil, "max_norm") == nil else {
        throw LayerError(
          .unsupported, "tf.nn.embedding_lookup with a greatest norm is not supported")
      }
      let table = try c.x(&g)
      return [try g.gather(table, integers(c.required(1, "ids"), &g), axis: 0)]
    },
    "gather_nd": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let indices = try integers(c.required(1, "indices"), &g)
      return [try g.gatherRows(x, indices, batch: c.whole(nil, "batch_dims", in: g) ?? 0)]
    },
    "tensor_scatter_nd_update": scatter(.update), "tensor_scatter_nd_add": scatter(.add),
    "tensor_scatter_nd_max": scatter(.maximum), "tensor_scatter_nd_min": scatter(.minimum),
    "scatter_nd": { (c, g) throws(LayerError) in
      let updates = try g.operand(c.required(1, "updates"))
      let shape = try c.requiredWholes(2, "shape", in: g)
      let base = try g.full(0, shape: shape, g.dtype(updates))
      return [try g.scatterRows(.add, base, integers(c.argument(0), &g), updates)]
    },
    "one_hot": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      guard let depth = try c.whole(1, "depth", in: g), depth >= 0 else {
        throw c.missing("depth")
      }
      let on = c.value(2, "on_value") ?? .integer(1)
      let off = c.value(3, "off_value") ?? .integer(0)
      var dtype = try c.type("dtype", "T")
      for case .tensor(let flow) in [on, off] where dtype == nil { dtype = g.dtype(flow.value) }
      let rank = g.rank(x) + 1
      let axis = try c.whole(nil, "axis", in: g) ?? -1
      guard (-1..<rank).contains(axis) else { throw c.bad("axis", expected: "an axis") }
      var shape = [Int](repeating: 1, count: rank)
      shape[axis < 0 ? rank - 1 : axis] = depth
      let classes = try g.reshape(g.range(depth, .int64), to: shape)
      let isHot = try g.binary(.equal, g.expand(g.cast(x, to: .int64), axis: axis), classes)
      return [
        try g.select(
          isHot, g.operand(on, as: dtype ?? .float32), g.operand(off, as: dtype ?? .float32))
      ]
    },
    "sort": { (c, g) throws(LayerError) in [try ordered(c, &g).values] },
    "argsort": { (c, g) throws(LayerError) in [try ordered(c, &g).indices] },
    "top_k": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let count = try c.whole(1, "k", in: g) ?? 1
      return try c.keras("TopK", [x], [("k", .integer(Int64(count)))], &g)
    },
    "in_top_k": { (c, g) throws(LayerError) in
      let count = try c.whole(2, "k", in: g) ?? 1
      var values = [try c.x(&g), try g.operand(c.required(1, "targets", "predictions"))]
      if g.rank(values[0]) == 2 { values.swapAt(0, 1) }
      return try c.keras("InTopK", values, [("k", .integer(Int64(count)))], &g)
    },
    "searchsorted": { (c, g) throws(LayerError) in
      let (sequence, values) = try c.both("values", in: &g)
      let side = try c.text("side") ?? "left"
      return [
        try insertion(
          sequence, values, isAfterEquals: side == "right", c.type("out_type"), &g)
      ]
    },
    "lower_bound": { (c, g) throws(LayerError) in
      let (sequence, values) = try c.both("values", in: &g)
      return [try insertion(sequence, values, isAfterEquals: false, c.type("out_type"), &g)]
    },
    "upper_bound": { (c, g) throws(LayerError) in
      let (sequence, values) = try c.both("values", in: &g)
      return [try insertion(sequence, values, isAfterEquals: true, c.type("out_type"), &g)]
    },
  ]

  /// Indices as a tensor of an integer type.
  private static func integers(
    _ argument: Argument<Flow>, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let indices = try g.operand(argument)
    return g.dtype(indices).isInteger ? indices : try g.cast(indices, to: .int32)
  }

  private static func scatter(_ mode: ScatterMode) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let base = try c.x(&g)
      let indices = try integers(c.required(1, "indices"), &g)
      let updates = try g.operand(c.required(2, "updates"), as: g.dtype(base))
      return [try g.scatterRows(mode, base, indices, updates)]
    }
  }

  private static func ordered(
    _ c: OperationCall, _ g: inout GraphBuilder
  ) throws(LayerError) -> (values: Value, indices: Value) {
    let x = try c.x(&g)
    let axis = try g.axis(c.whole(1, "axis", in: g) ?? -1, of: x)
    let isDescending = try c.text("direction")?.uppercased() == "DESCENDING"
    let sorted = try g.sort(g.moveAxis(x, from: axis, to: -1), descending: isDescending)
    return (
      try g.moveAxis(sorted.values, from: -1, to: axis),
      try g.moveAxis(sorted.indices, from: -1, to: axis)
    )
  }

  /// The number of elements of each row of a sequence that are below each value of the row.
  private static func insertion(
    _ sequence: Value, _ values: Value, isAfterEquals: Bool, _ dtype: DType?,
    _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let rows = try g.expand(sequence, axis: -2)
    let places = try g.insertionPoint(values, in: rows, isAfterEquals: isAfterEquals)
    return try g.cast(places, to: dtype ?? .int32)
  }

  private static let stridedSlice: Operation.Rule = { (c, g) throws(LayerError) in
    let x = try c.x(&g)
    return [try g.part(x, stridedKey(c, g))]
  }

  /// The key that the bounds and bit masks of a strided slice spell.
  static func stridedKey(
    _ c: OperationCall, _ g: GraphBuilder
  ) throws(LayerError) -> Subscript {
    let begin = try c.requiredWholes(1, "begin", in: g)
    let end = try c.requiredWholes(2, "end", in: g)
    let steps =
      try c.wholes(3, "strides", in: g) ?? [Int](repeating: 1, count: begin.count)
    guard begin.count == end.count, begin.count == steps.count else {
      throw c.bad("begin", expected: "of as many integers as \"end\" and \"strides\"")
    }
    func mask(_ name: String) throws(LayerError) -> Int {
      try c.whole(nil, name, in: g) ?? 0
    }
    let ellipsis = try mask("ellipsis_mask")
    let added = try mask("new_axis_mask")
    let shrunk = try mask("shrink_axis_mask")
    let open = (try mask("begin_mask"), try mask("end_mask"))
    var items: [Subscript.Item] = []
    for index in begin.indices {
      let bit = index < 32 ? 1 << index : 0
      if ellipsis & bit != 0 {
        items.append(.ellipsis)
      } else if added & bit != 0 {
        items.append(.newAxis)
      } else if shrunk & bit != 0 {
        items.append(.index(begin[index]))
      } else {
        items.append(
          .slice(
            start: open.0 & bit != 0 ? nil : begin[index],
            stop: open.1 & bit != 0 ? nil : end[index], step: steps[index]))
      }
    }
    return try Subscript(items)
  }
}

extension GraphBuilder {
  /// The part of a tensor that a key of Keras 2 names; its integers may be tensors.
  mutating func part(_ x: Value, key: Argument<Flow>) throws(LayerError) -> Value {
    let items = SliceKey.items(of: key)
    var y = x
    var result: [Subscript.Item] = []
    let consumed = items.count { SliceKey.takesAxis($0) }
    var axis = 0
    for item in items {
      switch item {
      case .none: result.append(.newAxis)
      case .ellipsis:
        result.append(.ellipsis)
        axis += rank(x) - consumed
      case .tensor(let flow) where folded(flow.value) == nil:
        guard rank(flow.value) == 0, dtype(flow.value).isInteger else {
          throw LayerError(.unsupported, "a key that is a tensor of several elements")
        }
        y = try gather(y, reshape(flow.value, to: [1]), axis: axis, negative: true)
        result.append(.index(0))
        axis += 1
      default:
        result.append(try SliceKey.item(item, self))
        axis += 1
      }
    }
    return try part(y, Subscript(result))
  }

  /// Slices along an axis, for each index those of its own entry of the first `batch` axes.
  mutating func batchGather(
    _ x: Value, _ indices: Value, axis: Int, batch: Int
  ) throws(LayerError) -> Value {
    if batch == 0 { return try gather(x, indices, axis: axis) }
    let (own, chosen) = (shape(x), shape(indices))
    guard batch > 0, batch <= axis, batch <= chosen.count, own[..<batch] == chosen[..<batch] else {
      throw LayerError(
        .shape, "indices of shape \(Shape(chosen)) into shape \(Shape(own)), batched")
    }
    let rows = try product(Array(own[..<batch]))
    let middle = Array(own[batch..<axis])
    let trail = Array(own[(axis + 1)...])
    let moved = try transpose(
      x, Array(0..<batch) + [axis] + Array(batch..<axis) + Array((axis + 1)..<own.count))
    let flat = try reshape(moved, to: [Extent.product(rows, own[axis])] + middle + trail)
    let count = try product(Array(chosen[batch...]))
    let offsets = try reshape(range(rows, step: own[axis], dtype(indices)), to: [rows, 1])
    let places = try add(reshape(indices, to: [rows, count]), offsets)
    let picked = try gather(flat, places, axis: 0)
    let form = try reshape(
      picked, to: Array(own[..<batch]) + Array(chosen[batch...]) + middle + trail)
    let inner = Array(batch..<chosen.count)
    let between = Array(chosen.count..<(chosen.count + middle.count))
    let rest = Array((chosen.count + middle.count)..<rank(form))
    return try transpose(form, Array(0..<batch) + between + inner + rest)
  }

  /// The slices that indices `(…, k)` name by the first `k` axes behind the `batch` first ones.
  mutating func gatherRows(
    _ x: Value, _ indices: Value, batch: Int
  ) throws(LayerError) -> Value {
    let (own, chosen) = (shape(x), shape(indices))
    guard let depth = chosen.last, batch >= 0, batch < chosen.count, batch + depth <= own.count,
      own[..<batch] == chosen[..<batch]
    else {
      throw LayerError(.shape, "indices of shape \(Shape(chosen)) into shape \(Shape(own))")
    }
    let axes = batch..<(batch + depth)
    let extent = try product(Array(own[axes]))
    let flat = try reshape(x, to: Array(own[..<batch]) + [extent] + Array(own[axes.upperBound...]))
    var places = try full(0, shape: Array(chosen.dropLast()), dtype(indices))
    for (index, axis) in axes.enumerated() {
      let part = try select(indices, axis: -1, index: index)
      places = try add(
        multiply(places, integer(Int64(own[axis]), dtype(indices))), part)
    }
    return try batchGather(flat, places, axis: batch, batch: batch)
  }
}

/// The key of `x[...]` as Keras 2 stores it.
enum SliceKey {
  /// The items of a key.
  static func items<Element>(of key: Argument<Element>) -> [Argument<Element>] {
    if case .list(let elements) = key { return elements }
    return [key]
  }

  static func takesAxis<Element>(_ item: Argument<Element>) -> Bool {
    switch item {
    case .none, .ellipsis: false
    default: true
    }
  }

  /// An item whose tensors are known.
  static func item(_ item: Argument<Flow>, _ g: GraphBuilder) throws(LayerError) -> Subscript.Item {
    func bound(_ argument: Argument<Flow>?) throws(LayerError) -> Int? {
      switch argument {
      case nil, Argument.none?: return nil
      case let argument?:
        let numbers = try g.wholes(argument, "a slice")
        guard numbers.count == 1 else {
          throw LayerError(.configuration, "a bound of a slice is not an integer")
        }
        return numbers[0]
      }
    }
    switch item {
    case .slice(let start, let stop, let step):
      return .slice(start: try bound(start), stop: try bound(stop), step: try bound(step) ?? 1)
    case .dictionary(let pairs):
      func field(_ name: String) -> Argument<Flow>? { pairs.first { $0.key == name }?.value }
      return .slice(
        start: try bound(field("start")), stop: try bound(field("stop")),
        step: try bound(field("step")) ?? 1)
    case .none: return .newAxis
    case .ellipsis: return .ellipsis
    default:
      guard let index = try bound(item) else {
        throw LayerError(.configuration, "an index is not an integer")
      }
      return .index(index)
    }
  }
}

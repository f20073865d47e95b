import HornbillCore

/// TensorFlow's functions that make, rename, join and divide axes.
///
/// Source: TensorFlow, `tensorflow/python/ops/array_ops.py`.
enum ShapeFunctions {
  /// The functions by name, without the module.
  static let rules: [String: Operation.Rule] = [
    "reshape": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let shape = try c.requiredWholes(1, "shape", in: g)
      return [try g.reshape(x, to: g.completed(shape, of: x))]
    },
    "transpose": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let order = try c.wholes(1, "perm", in: g) ?? (0..<g.rank(x)).reversed()
      var resolved: [Int] = []
      for axis in order { resolved.append(try g.axis(axis, of: x)) }
      return [try g.transpose(x, resolved)]
    },
    "expand_dims": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      guard let axis = try c.whole(1, "axis", "dim", in: g) else { throw c.missing("axis") }
      return [try g.expand(x, axis: axis)]
    },
    "squeeze": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let axes = try c.wholes(1, "axis", "squeeze_dims", in: g) ?? []
      return try c.keras(
        "Squeeze", [x],
        axes.isEmpty ? [] : [("axis", .array(axes.map { .integer(Int64($0)) }))], &g)
    },
    "concat": { (c, g) throws(LayerError) in
      let axis = try c.whole(1, "axis", in: g) ?? 0
      return [try g.concatenate(c.same(c.elements, &g), axis: axis)]
    },
    "stack": { (c, g) throws(LayerError) in
      [try g.stack(c.same(c.elements, &g), axis: c.whole(1, "axis", in: g) ?? 0)]
    },
    "unstack": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let axis = try g.axis(c.whole(nil, "axis", in: g) ?? 0, of: x)
      let count = g.shape(x)[axis]
      guard count <= 1 << 16, try c.whole(nil, "num", in: g) ?? count == count else {
        throw LayerError(.shape, "an axis of extent \(count) does not come apart as asked")
      }
      var parts: [Value] = []
      for index in 0..<count { parts.append(try g.select(x, axis: axis, index: index)) }
      return parts
    },
    "split": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let axis = try c.whole(2, "axis", "split_dim", in: g) ?? 0
      let sizes = try c.required(1, "num_or_size_splits", "num_split")
      return try split(x, sizes, axis: axis, c, &g)
    },
    "tile": { (c, g) throws(LayerError) in
      let counts = try c.requiredWholes(1, "multiples", in: g)
      guard counts.allSatisfy({ $0 >= 0 }) else {
        throw c.bad("multiples", expected: "of integers of at least 0")
      }
      return [try g.tile(c.x(&g), counts)]
    },
    "repeat": { (c, g) throws(LayerError) in
      let repeats = try c.requiredWholes(1, "repeats", in: g)
      var fields = [("repeats", JSON.array(repeats.map { .integer(Int64($0)) }))]
      if let axis = try c.whole(2, "axis", in: g) {
        fields.append(("axis", .integer(Int64(axis))))
      }
      return try c.keras("Repeat", [c.x(&g)], fields, &g)
    },
    "pad": pad,
    "broadcast_to": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      return [try g.broadcast(x, to: c.requiredWholes(1, "shape", in: g))]
    },
    "ensure_shape": ElementwiseFunctions.unary { (x, _) throws(LayerError) in x },
    "reverse": { (c, g) throws(LayerError) in
      var x = try c.x(&g)
      for axis in try c.requiredWholes(1, "axis", in: g) { x = try g.reverse(x, axis: axis) }
      return [x]
    },
    "roll": { (c, g) throws(LayerError) in
      var x = try c.x(&g)
      let shifts = try c.requiredWholes(1, "shift", in: g)
      let axes = try c.requiredWholes(2, "axis", in: g)
      guard shifts.count == axes.count else {
        throw c.bad("shift", expected: "of as many integers as axes")
      }
      for (shift, axis) in zip(shifts, axes) { x = try g.roll(x, axis: axis, by: shift) }
      return [x]
    },
    "shape": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let extents = g.shape(x)
      return [
        g.constant(
          Tensor(
            shape: [extents.count], integers: extents.map { Int64($0) },
            dtype: try c.type("out_type") ?? .int32))
      ]
    },
    "size": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      return [try g.integer(Int64(g.elementCount(x)), c.type("out_type") ?? .int32)]
    },
    "rank": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      return [g.scalar(Double(g.rank(x)), .int32)]
    },
    "fill": { (c, g) throws(LayerError) in
      let extents = try c.requiredWholes(0, "dims", in: g)
      let filling = try g.operand(c.required(1, "value"), as: c.type("T"))
      return [try g.broadcast(filling, to: extents)]
    },
    "zeros": filled(0), "ones": filled(1),
    "range": { (c, g) throws(LayerError) in
      let first = try c.real(0, "start", in: g)
      let second = c.value(1, "limit")
      let limit = try second == nil ? first : c.real(1, "limit", in: g)
      let start = second == nil ? 0 : first
      let step = try c.real(2, "delta", default: 1, in: g)
      let count = ((limit - start) / step).rounded(.up)
      guard step != 0, let count = Int(exactly: count) else {
        throw c.bad("delta", expected: "a number other than 0")
      }
      var stated = try c.type("dtype", "Tidx")
      for index in 0..<min(c.arguments.positional.count, 3) where stated == nil {
        if case .tensor(let flow) = c.arguments.positional[index] {
          stated = g.dtype(flow.value)
        } else if case .number = c.arguments.positional[index] {
          stated = .float32
        }
      }
      let total = try Extent.tableCount([max(count, 0)])
      let numbers = (0..<total).map { start + Double($0) * step }
      return [
        try g.cast(g.constant(Tensor(shape: [total], numbers)), to: stated ?? .int32)
      ]
    },
    "sequence_mask": { (c, g) throws(LayerError) in
      let lengths = try c.x(&g)
      guard let count = try c.whole(1, "maxlen", in: g) else {
        throw LayerError(
          .unsupported, "the shape of tf.sequence_mask without maxlen depends on data")
      }
      let steps = try g.range(max(count, 0), g.dtype(lengths))
      let mask = try g.binary(.less, steps, g.expand(lengths, axis: -1))
      return [try g.cast(mask, to: c.type("dtype") ?? .bool)]
    },
    "space_to_batch_nd": spaceToBatch, "batch_to_space_nd": batchToSpace,
    "space_to_batch": spaceToBatch, "batch_to_space": batchToSpace,
    "keras.backend.batch_flatten": ElementwiseFunctions.unary { (x, g) throws(LayerError) in
      guard let batch = g.shape(x).first else { throw LayerError(.shape, "a scalar has no batch") }
      return try g.reshape(x, to: [batch, g.product(Array(g.shape(x).dropFirst()))])
    },
    "keras.backend.flatten": ElementwiseFunctions.unary { (x, g) throws(LayerError) in
      try g.flattened(x)
    },
  ]

  private static func filled(_ number: Double) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let extents = try c.requiredWholes(0, "shape", in: g)
      return [try g.full(number, shape: extents, c.type("dtype") ?? .float32)]
    }
  }

  /// The parts of an axis: a number of equal ones, or parts of given sizes, one of which may be −1.
  static func split(
    _ x: Value, _ sizes: Argument<Flow>, axis: Int, _ c: OperationCall, _ g: inout GraphBuilder
  ) throws(LayerError) -> [Value] {
    let axis = try g.axis(axis, of: x)
    let extent = g.shape(x)[axis]
    var counts = try g.wholes(sizes, c.className)
    let isNumber =
      switch sizes {
      case .integer: true
      case .tensor(let flow): g.rank(flow.value) == 0
      case .array(let tensor): tensor.rank == 0
      default: false
      }
    if isNumber {
      guard let parts = counts.first, parts > 0, parts <= 1 << 16, extent % parts == 0 else {
        throw LayerError(.shape, "an axis of extent \(extent) does not divide as asked")
      }
      counts = [Int](repeating: extent / parts, count: parts)
    }
    var total = 0
    for count in counts where count >= 0 { total = try Extent.sum(total, count) }
    if let open = counts.firstIndex(of: -1) { counts[open] = extent - total }
    guard counts.allSatisfy({ $0 >= 0 }), counts.reduce(0, +) == extent else {
      throw LayerError(.shape, "an axis of extent \(extent) does not divide into \(counts)")
    }
    return try g.split(x, axis: axis, counts: counts)
  }

  private static let pad: Operation.Rule = { (c, g) throws(LayerError) in
    let x = try c.x(&g)
    let widths = try c.requiredWholes(1, "paddings", in: g)
    guard widths.count == 2 * g.rank(x), widths.allSatisfy({ $0 >= 0 }) else {
      throw c.bad("paddings", expected: "a pair of integers of at least 0 for each axis")
    }
    let before = stride(from: 0, to: widths.count, by: 2).map { widths[$0] }
    let after = stride(from: 1, to: widths.count, by: 2).map { widths[$0] }
    let mode: PadMode
    switch try (c.text("mode") ?? "CONSTANT").uppercased() {
    case "CONSTANT": mode = .constant(try c.real(2, "constant_values", default: 0, in: g))
    case "REFLECT": mode = .reflect
    case "SYMMETRIC": mode = .symmetric
    default: throw c.bad("mode", expected: "\"CONSTANT\", \"REFLECT\" or \"SYMMETRIC\"")
    }
    return [try g.pad(x, before: before, after: after, mode: mode)]
  }

  /// The block of each axis behind the batch, and the pairs of cells to add or to take away.
  private static func blocks(
    _ c: OperationCall, _ edges: String, _ g: GraphBuilder
  ) throws(LayerError) -> (block: [Int], edges: [Int]) {
    guard let block = try c.wholes(1, "block_shape", "block_size", in: g),
      let edges = try c.wholes(2, edges, in: g), block.allSatisfy({ $0 > 0 })
    else { throw c.missing("block_shape") }
    let full = block.count == 1 && edges.count == 4 ? [block[0], block[0]] : block
    guard edges.count == 2 * full.count, edges.allSatisfy({ $0 >= 0 }) else {
      throw c.bad("block_shape", expected: "of as many integers as there are pairs")
    }
    return (full, edges)
  }

  private static let spaceToBatch: Operation.Rule = { (c, g) throws(LayerError) in
    var x = try c.x(&g)
    let (block, edges) = try blocks(c, "paddings", g)
    let count = block.count
    guard g.rank(x) > count else { throw c.bad("block_shape", expected: "of fewer axes") }
    var before = [Int](repeating: 0, count: g.rank(x))
    var after = before
    for axis in 0..<count {
      before[axis + 1] = edges[2 * axis]
      after[axis + 1] = edges[2 * axis + 1]
    }
    x = try g.pad(x, before: before, after: after)
    let s = g.shape(x)
    guard (0..<count).allSatisfy({ s[$0 + 1] % block[$0] == 0 }) else {
      throw LayerError(.shape, "shape \(Shape(s)) does not divide into blocks of \(block)")
    }
    let rest = Array(s[(count + 1)...])
    let split = (0..<count).flatMap { [s[$0 + 1] / block[$0], block[$0]] }
    x = try g.reshape(x, to: [s[0]] + split + rest)
    let inner = (0..<count).map { 2 * $0 + 2 }
    let tail = Array((2 * count + 1)..<(2 * count + 1 + rest.count))
    x = try g.transpose(x, inner + [0] + inner.map { $0 - 1 } + tail)
    let batch = try g.product(block + [s[0]])
    return [try g.reshape(x, to: [batch] + (0..<count).map { s[$0 + 1] / block[$0] } + rest)]
  }

  private static let batchToSpace: Operation.Rule = { (c, g) throws(LayerError) in
    var x = try c.x(&g)
    let (block, edges) = try blocks(c, "crops", g)
    let count = block.count
    let s = g.shape(x)
    let cells = try g.product(block)
    guard s.count > count, s[0] % cells == 0 else {
      throw LayerError(.shape, "the batch of shape \(Shape(s)) is not one of blocks of \(block)")
    }
    let rest = Array(s[(count + 1)...])
    let spatial = Array(s[1...count])
    x = try g.reshape(x, to: block + [s[0] / cells] + spatial + rest)
    let pairs = (0..<count).flatMap { [count + 1 + $0, $0] }
    x = try g.transpose(x, [count] + pairs + rest.indices.map { 2 * count + 1 + $0 })
    var merged: [Int] = []
    for axis in 0..<count { merged.append(try Extent.product(spatial[axis], block[axis])) }
    x = try g.reshape(x, to: [s[0] / cells] + merged + rest)
    for axis in 0..<count {
      guard edges[2 * axis] <= merged[axis], edges[2 * axis + 1] <= merged[axis] else {
        throw c.bad("crops", expected: "of integers up to the extents")
      }
      let kept = merged[axis] - edges[2 * axis] - edges[2 * axis + 1]
      x = try g.slice(x, axis: axis + 1, start: edges[2 * axis], count: kept)
    }
    return [x]
  }
}

extension GraphBuilder {
  /// A shape with what is left in the place of −1.
  func completed(_ shape: [Int], of x: Value) throws(LayerError) -> [Int] {
    guard let open = shape.firstIndex(of: -1) else { return shape }
    var result = shape
    result[open] = 1
    let total = try elementCount(x)
    guard result.allSatisfy({ $0 >= 0 }), let known = Shape.elementCount(result), known > 0,
      total % known == 0
    else {
      throw LayerError(
        .shape, "shape \(Shape(self.shape(x))) does not reshape to \(shape)")
    }
    result[open] = total / known
    return result
  }
}

package import HornbillCore

/// Operations that read and write elements at indices.
///
/// Source: Keras 3, `keras/src/ops/numpy.py`, `core.py` and `nn.py`, with the TensorFlow backend.
enum IndexOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "GetItem": { (c, g) throws(LayerError) in
      guard let key = c.arguments.parameter(1, "key") else {
        throw LayerError(.wiring, "GetItem lacks its key")
      }
      return [try g.part(c.tensor(0, &g), Subscript(key))]
    },
    "Take": { (c, g) throws(LayerError) in
      var x = try c.tensor(0, &g)
      let indices = try indices(c.tensor(1, "indices", &g), &g)
      guard c["axis"] != nil else {
        x = try g.flattened(x)
        return [try g.gather(x, indices, axis: 0, negative: true)]
      }
      return [try g.gather(x, indices, axis: c.integer("axis"), negative: true)]
    },
    "TakeAlongAxis": { (c, g) throws(LayerError) in
      var x = try c.tensor(0, &g)
      var indices = try indices(c.tensor(1, "indices", &g), &g)
      if c["axis"] == nil { x = try g.flattened(x) }
      let axis = try c["axis"] == nil ? 0 : g.axis(c.integer("axis"), of: x)
      guard g.rank(indices) == g.rank(x) else {
        throw LayerError(
          .shape,
          "indices of shape \(Shape(g.shape(indices))) into shape \(Shape(g.shape(x)))")
      }
      var (a, b) = (g.shape(x), g.shape(indices))
      (a[axis], b[axis]) = (1, 1)
      var common = try Op.broadcastShape(a, b)
      common[axis] = g.shape(x)[axis]
      let extent = g.shape(indices)[axis]
      x = try g.broadcast(x, to: common)
      common[axis] = extent
      indices = try g.broadcast(indices, to: common)
      return [try g.gatherElements(x, indices, axis: axis)]
    },
    "Slice": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      guard let given = try c.integers("shape"), given.count == g.rank(x) else {
        throw c.invalid("shape", expected: "as many extents as axes")
      }
      let start = try c.argument(1, "start_indices")
      guard let starts = Tensor(literal: start)?.integers?.map({ Int($0) }) ?? fixed(start) else {
        return [try dynamicSlice(x, g.operand(start), given, &g)]
      }
      guard starts.count == given.count else {
        throw LayerError(.shape, "\(starts.count) starts for \(given.count) axes")
      }
      let counts = given.indices.map { axis in
        given[axis] == -1 ? g.shape(x)[axis] - starts[axis] : given[axis]
      }
      let strides = [Int](repeating: 1, count: given.count)
      return [try g.slice(x, starts: starts, counts: counts, strides: strides)]
    },
    "SliceUpdate": sliceUpdate,
    "ScatterUpdate": { (c, g) throws(LayerError) in
      let base = try c.tensor(0, "inputs", &g)
      let mode: ScatterMode =
        switch c["reduction"]?.string {
        case nil: .update
        case "add": .add
        case "max": .maximum
        case "min": .minimum
        case "mul": .multiply
        default: throw c.invalid("reduction", expected: "\"add\", \"max\", \"min\" or \"mul\"")
        }
      let updates = try g.operand(c.argument(2, "updates"), as: g.dtype(base))
      return [try g.scatterRows(mode, base, c.tensor(1, "indices", &g), updates)]
    },
    "Scatter": { (c, g) throws(LayerError) in
      let values = try c.tensor(1, "values", &g)
      let shape = try c.integers("shape") ?? []
      let base = try g.broadcast(g.scalar(0, g.dtype(values)), to: shape)
      return [try g.scatterRows(.add, base, c.tensor(0, "indices", &g), values)]
    },
    "OneHot": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      return [try oneHot(x, c, c.dtype() ?? .float32, &g)]
    },
    "MultiHot": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      let dtype = try c.dtype() ?? .float32
      let hot = try oneHot(x, c, .bool, &g)
      let any = try g.reduce(.any, hot, axes: [g.rank(x) > 1 ? 1 : 0])
      return [try g.cast(any, to: dtype)]
    },
    "UnravelIndex": { (c, g) throws(LayerError) in
      var x = try c.tensor(0, &g)
      let shape = try c.integers("shape") ?? []
      guard shape.allSatisfy({ $0 > 0 }), g.dtype(x).isInteger else {
        throw c.invalid("shape", expected: "extents above 0 for integer indices")
      }
      let order = g.rank(x) == 1 ? Array(shape.reversed()) : shape
      var parts: [Value] = []
      for extent in order {
        let divisor = try g.integer(Int64(extent), g.dtype(x))
        parts.append(try g.binary(.modulo, x, divisor))
        x = try g.binary(.floorDivide, x, divisor)
      }
      return parts.reversed()
    },
    "Nonzero": { (c, _) throws(LayerError) in
      throw LayerError(.unsupported, "the shape of the result of Nonzero depends on data")
    },
  ]

  /// Indices of an integer type.
  private static func indices(
    _ x: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    g.dtype(x).isInteger ? x : try g.cast(x, to: .int32)
  }

  private static func fixed(_ argument: Argument<Flow>) -> [Int]? {
    guard case .array(let tensor) = argument else { return nil }
    return tensor.integers?.map { Int($0) }
  }

  private static func dynamicSlice(
    _ x: Value, _ starts: Value, _ counts: [Int], _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let starts = try indices(g.flattened(starts), &g)
    var y = x
    for axis in counts.indices {
      let start = try g.slice(starts, axis: 0, start: axis, count: 1)
      let steps = try g.range(counts[axis], g.dtype(starts))
      y = try g.gather(y, g.add(steps, start), axis: axis)
    }
    return y
  }

  private static let sliceUpdate: Operation.Rule = { (c, g) throws(LayerError) in
    let base = try c.tensor(0, "inputs", &g)
    let updates = try g.operand(c.argument(2, "updates"), as: g.dtype(base))
    let shape = g.shape(base)
    let extents = g.shape(updates)
    let start = try c.argument(1, "start_indices")
    guard extents.count == shape.count, zip(extents, shape).allSatisfy({ $0 <= $1 }) else {
      throw LayerError(
        .shape, "updates of shape \(Shape(extents)) do not fit shape \(Shape(shape))")
    }
    let starts = try indices(g.flattened(g.operand(start)), &g)
    var positions = g.scalar(0, .int32)
    for axis in shape.indices {
      let most = g.scalar(Double(shape[axis] - extents[axis]), .int32)
      let first = try g.cast(g.select(starts, axis: 0, index: axis), to: .int32)
      let bounded = try g.minimum(g.maximum(first, g.scalar(0, .int32)), most)
      let steps = try g.add(g.range(extents[axis]), bounded)
      let stride = shape[(axis + 1)...].reduce(1, *)
      var form = [Int](repeating: 1, count: shape.count)
      form[axis] = extents[axis]
      let scaled = try g.multiply(steps, g.scalar(Double(stride), .int32))
      positions = try g.add(positions, g.reshape(scaled, to: form))
    }
    let count = try g.elementCount(updates)
    let rows = try g.reshape(g.broadcast(positions, to: extents), to: [count, 1])
    let flat = try g.scatter(.update, g.flattened(base), rows, g.flattened(updates))
    return [try g.reshape(flat, to: shape)]
  }

  private static func oneHot(
    _ x: Value, _ c: OperationCall, _ dtype: DType, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let count = try c.integer("num_classes", atLeast: 0)
    let axis = try c.integer("axis", default: -1)
    let rank = g.rank(x) + 1
    guard (-1..<rank).contains(axis) else {
      throw c.invalid("axis", expected: "an axis from -1 to \(rank - 1)")
    }
    var shape = [Int](repeating: 1, count: rank)
    shape[axis < 0 ? rank - 1 : axis] = count
    let classes = try g.reshape(g.range(count, .int64), to: shape)
    let indices = try g.expand(g.cast(x, to: .int64), axis: axis)
    return try g.cast(g.binary(.equal, indices, classes), to: dtype)
  }
}

extension GraphBuilder {
  /// A scatter whose indices `(…, k)` name the first `k` axes of the base.
  package mutating func scatterRows(
    _ mode: ScatterMode, _ base: Value, _ indices: Value, _ updates: Value
  ) throws(LayerError) -> Value {
    let shape = self.shape(indices)
    guard let depth = shape.last, depth <= rank(base),
      let count = Shape.elementCount(Array(shape.dropLast()))
    else {
      throw LayerError(
        .shape, "indices of shape \(Shape(shape)) into shape \(Shape(self.shape(base)))")
    }
    let positions = try dtype(indices).isInteger ? indices : cast(indices, to: .int32)
    let rows = [count] + Array(self.shape(base)[depth...])
    let full = Array(shape.dropLast()) + Array(self.shape(base)[depth...])
    return try scatter(
      mode, base, reshape(positions, to: [count, depth]),
      reshape(broadcast(updates, to: full), to: rows))
  }
}

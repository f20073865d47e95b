package import HornbillCore

/// Operations that convert tensors and make new ones.
///
/// Source: Keras 3, `keras/src/ops/numpy.py` and `core.py`, with the TensorFlow backend.
enum CreationOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "Cast": converted,
    "ConvertToTensor": converted,
    "Array": converted,
    "StopGradient": UnaryOperations.unary { (x, _) throws(LayerError) in x },
    "ZerosLike": like(0),
    "OnesLike": like(1),
    "EmptyLike": like(0),
    "FullLike": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      let filling = try g.operand(c.argument(1, "fill_value"), as: c.dtype() ?? g.dtype(x))
      return [try g.broadcast(filling, to: g.shape(x))]
    },
    "Full": { (c, g) throws(LayerError) in
      let filling = try g.operand(c.argument(0, "fill_value"), as: c.dtype() ?? .float32)
      return [try g.broadcast(filling, to: c.integers("shape") ?? [])]
    },
    "SaturateCast": { (c, g) throws(LayerError) in
      guard let dtype = try c.dtype() else { throw c.invalid("dtype", expected: "a type") }
      return [try g.saturatingCast(c.tensor(0, &g), to: dtype)]
    },
    "View": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      return [try g.bitcast(x, to: c.dtype() ?? g.dtype(x))]
    },
    "Arange": { (c, g) throws(LayerError) in
      throw LayerError(
        .unsupported, "the shape of the result of Arange of a tensor depends on data")
    },
    "Linspace": { (c, g) throws(LayerError) in
      let (points, step) = try linearSpace(c, &g)
      return try c.bool("retstep") ? [points, step] : [points]
    },
    "Logspace": { (c, g) throws(LayerError) in
      let points = try linearSpace(c, &g).points
      let base = try g.number(c.number("base", default: 10), g.dtype(points))
      return [try g.binary(.power, base, points)]
    },
    "Geomspace": { (c, g) throws(LayerError) in
      let dtype = try c.dtype() ?? .float32
      let start = try g.operand(c.argument(0, "start"), as: dtype)
      let stop = try g.operand(c.argument(1, "stop"), as: dtype)
      let ten = g.scalar(10, dtype)
      let inner = c.with(
        CallArguments([
          .tensor(Flow(try g.unary(.log10, g.unary(.absolute, start)))),
          .tensor(Flow(try g.unary(.log10, g.unary(.absolute, stop)))),
        ]))
      let points = try linearSpace(inner, &g).points
      return [try g.multiply(g.binary(.power, ten, points), g.unary(.sign, start))]
    },
  ]

  private static let converted: Operation.Rule = { (c, g) throws(LayerError) in
    let x = try c.tensor(0, &g)
    return [try g.rounded(x, to: c.dtype() ?? g.dtype(x))]
  }

  private static func like(_ number: Double) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      return [try g.broadcast(g.number(number, c.dtype() ?? g.dtype(x)), to: g.shape(x))]
    }
  }

  private static func linearSpace(
    _ c: OperationCall, _ g: inout GraphBuilder
  ) throws(LayerError) -> (points: Value, step: Value) {
    let arguments = [try c.argument(0, "start"), try c.argument(1, "stop")]
    let stated = try c.dtype()
    let common = try g.promoted(arguments, isFloating: true)[0]
    let dtype = stated ?? g.dtype(common)
    let compute: DType = dtype.isFloatingPoint ? dtype : .float64
    let start = try g.operand(arguments[0], as: compute)
    let stop = try g.operand(arguments[1], as: compute)
    let count = try c.integer("num", atLeast: 0, default: 50)
    let intervals = try c.bool("endpoint", default: true) ? count - 1 : count
    let span = try g.subtract(stop, start)
    let step =
      try intervals > 0
      ? g.divide(span, g.number(Double(intervals), compute)) : g.scalar(.nan, compute)
    let axis = try c.integer("axis", default: 0)
    let extents = try Op.broadcastShape(g.shape(start), g.shape(stop))
    let rank = extents.count + 1
    let position = axis < 0 ? axis + rank : axis
    guard (0..<rank).contains(position) else { throw c.invalid("axis", expected: "an axis") }
    var shape = [Int](repeating: 1, count: rank)
    shape[position] = count
    let numbers = try g.reshape(g.range(count, compute), to: shape)
    let first = try g.expand(g.broadcast(start, to: extents), axis: position)
    let stride = try g.expand(g.broadcast(step, to: extents), axis: position)
    var points =
      try intervals > 0
      ? g.add(first, g.multiply(stride, numbers))
      : g.broadcast(first, to: g.shape(first).enumerated().map { $0 == position ? count : $1 })
    if intervals == count - 1, count > 1 {
      let last = try g.expand(g.broadcast(stop, to: extents), axis: position)
      let head = try g.slice(points, axis: position, start: 0, count: count - 1)
      points = try g.concatenate([head, last], axis: position)
    }
    if !dtype.isFloatingPoint { points = try g.unary(.floor, points) }
    return (try g.cast(points, to: dtype), step)
  }
}

extension GraphBuilder {
  /// The tensor in another type, numbers beyond its range taken to its ends.
  package mutating func saturatingCast(_ x: Value, to dtype: DType) throws(LayerError) -> Value {
    let source = self.dtype(x)
    guard let range = dtype.integerRange, source != .bool else {
      guard let most = dtype.greatestFinite, source.isFloatingPoint,
        let own = source.greatestFinite, own > most
      else { return try rounded(x, to: dtype) }
      return try rounded(minimum(maximum(x, -most), most), to: dtype)
    }
    if source.isFloatingPoint {
      let bounded = try minimum(maximum(x, Double(range.least)), Double(range.greatest))
      return try cast(bounded, to: dtype)
    }
    var y = x
    if let own = source.integerRange {
      if own.least < range.least { y = try binary(.maximum, y, integer(range.least, source)) }
      if own.greatest > range.greatest {
        y = try binary(.minimum, y, integer(range.greatest, source))
      }
    }
    return try cast(y, to: dtype)
  }
}

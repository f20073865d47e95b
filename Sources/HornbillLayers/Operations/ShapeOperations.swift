package import HornbillCore

/// Operations that rename, order, join and divide axes.
///
/// Source: Keras 3, `keras/src/ops/numpy.py`, with `keras/src/backend/tensorflow/numpy.py`.
enum ShapeOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "Reshape": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      return [try g.reshape(x, to: newShape(c, g.shape(x)))]
    },
    "Ravel": UnaryOperations.unary { (x, g) throws(LayerError) in try g.flattened(x) },
    "Transpose": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      guard let axes = try c.integers("axes"), !axes.isEmpty else {
        return [try g.transpose(x, (0..<g.rank(x)).reversed())]
      }
      var order: [Int] = []
      for axis in axes { order.append(try g.axis(axis, of: x)) }
      return [try g.transpose(x, order)]
    },
    "Swapaxes": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      var order = Array(0..<g.rank(x))
      order.swapAt(try g.axis(c.integer("axis1"), of: x), try g.axis(c.integer("axis2"), of: x))
      return [try g.transpose(x, order)]
    },
    "Moveaxis": { (c, g) throws(LayerError) in
      guard let sources = try c.integers("source"), let targets = try c.integers("destination")
      else { throw c.invalid("source", expected: "an axis or a list of axes") }
      return [try g.moveAxes(c.tensor(0, &g), from: sources, to: targets)]
    },
    "ExpandDims": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      guard let axes = try c.integers("axis") else {
        throw c.invalid("axis", expected: "an axis or a list of axes")
      }
      let rank = g.rank(x) + axes.count
      var shape = g.shape(x)
      for axis in axes.map({ $0 < 0 ? $0 + rank : $0 }).sorted() {
        guard (0...shape.count).contains(axis) else {
          throw LayerError(.shape, "a new axis \(axis) does not fit shape \(Shape(g.shape(x)))")
        }
        shape.insert(1, at: axis)
      }
      return [try g.reshape(x, to: shape)]
    },
    "Squeeze": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      let shape = g.shape(x)
      guard let axes = try c.integers("axis") else {
        return [try g.reshape(x, to: shape.filter { $0 != 1 })]
      }
      var gone: Set<Int> = []
      for axis in axes { gone.insert(try g.axis(axis, of: x)) }
      guard gone.allSatisfy({ shape[$0] == 1 }) else {
        throw LayerError(.shape, "axes \(axes) of shape \(Shape(shape)) are not of extent 1")
      }
      return [
        try g.reshape(x, to: shape.indices.filter { !gone.contains($0) }.map { shape[$0] })
      ]
    },
    "BroadcastTo": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      let shape = try c.integers("shape") ?? []
      return [try g.broadcast(x, to: shape)]
    },
    "Concatenate": { (c, g) throws(LayerError) in
      let values = try g.promoted(c.tensorList())
      return [try g.concatenate(values, axis: c.integer("axis", default: 0))]
    },
    "Stack": { (c, g) throws(LayerError) in
      let values = try g.promoted(c.tensorList())
      return [try g.stack(values, axis: c.integer("axis", default: 0))]
    },
    "Append": { (c, g) throws(LayerError) in
      let (a, b) = try c.pair(isStrong: true, &g)
      guard c["axis"] != nil else {
        return [try g.concatenate([g.flattened(a), g.flattened(b)], axis: 0)]
      }
      return [try g.concatenate([a, b], axis: c.integer("axis"))]
    },
    "Hstack": { (c, g) throws(LayerError) in
      let values = try g.promoted(c.tensorList())
      let isVector = values.first.map { g.rank($0) } == 1
      return [try g.concatenate(values, axis: isVector ? 0 : 1)]
    },
    "Vstack": { (c, g) throws(LayerError) in
      [try g.concatenate(g.promoted(c.tensorList()), axis: 0)]
    },
    "Dstack": { (c, g) throws(LayerError) in
      var values: [Value] = []
      for value in try g.promoted(c.tensorList()) {
        let shape = g.shape(value)
        let raised = shape.count == 0 ? [1, 1, 1] : shape.count == 1 ? [1] + shape + [1] : shape
        values.append(try g.reshape(value, to: shape.count == 2 ? shape + [1] : raised))
      }
      return [try g.concatenate(values, axis: 2)]
    },
    "Split": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      return try split(c, x, axis: c.integer("axis", default: 0), &g)
    },
    "ArraySplit": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      let axis = try g.axis(c.integer("axis", default: 0), of: x)
      guard c["indices_or_sections"]?.int != nil else { return try split(c, x, axis: axis, &g) }
      let parts = try c.integer("indices_or_sections", atLeast: 1)
      let extent = g.shape(x)[axis]
      guard parts <= 1 << 16 else {
        throw c.invalid("indices_or_sections", expected: "an integer up to 65536")
      }
      let counts = (0..<parts).map { extent / parts + ($0 < extent % parts ? 1 : 0) }
      return try g.split(x, axis: axis, counts: counts)
    },
    "Hsplit": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      return try split(c, x, axis: g.rank(x) == 1 ? 0 : 1, &g)
    },
    "Vsplit": { (c, g) throws(LayerError) in try split(c, c.tensor(0, &g), axis: 0, &g) },
    "Dsplit": { (c, g) throws(LayerError) in try split(c, c.tensor(0, &g), axis: 2, &g) },
    "Unstack": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      let axis = try g.axis(c.integer("axis", default: 0), of: x)
      let count = g.shape(x)[axis]
      let stated = try c["num"] == nil ? count : c.integer("num")
      guard stated == count, count <= 1 << 16 else {
        throw LayerError(.shape, "an axis of extent \(count) is not \(stated) parts")
      }
      var parts: [Value] = []
      for index in 0..<count { parts.append(try g.select(x, axis: axis, index: index)) }
      return parts
    },
    "Meshgrid": meshgrid,
  ]

  /// The shape that `newshape` makes of a shape: −1 is what is left, `null` at the front the first extent.
  private static func newShape(_ c: OperationCall, _ shape: [Int]) throws(LayerError) -> [Int] {
    let elements = c["newshape"]?.array ?? c["newshape"].map { [$0] } ?? []
    var result: [Int] = []
    var open: Int?
    for (position, element) in elements.enumerated() {
      if element.isNull {
        guard position == 0, let first = shape.first else {
          throw LayerError(
            .unsupported, "Reshape to an unknown extent other than the first is not supported")
        }
        result.append(first)
        continue
      }
      guard let extent = element.int, extent >= -1, extent >= 0 || open == nil else {
        throw c.invalid("newshape", expected: "extents, one of which may be -1")
      }
      if extent == -1 { open = position }
      result.append(extent == -1 ? 1 : extent)
    }
    guard let open else { return result }
    guard let known = Shape.elementCount(result), let total = Shape.elementCount(shape),
      known > 0, total % known == 0
    else {
      throw LayerError(
        .shape, "shape \(Shape(shape)) does not divide into \(elements.count) axes as asked")
    }
    result[open] = total / known
    return result
  }

  private static func split(
    _ c: OperationCall, _ x: Value, axis: Int, _ g: inout GraphBuilder
  ) throws(LayerError) -> [Value] {
    let axis = try g.axis(axis, of: x)
    let extent = g.shape(x)[axis]
    if c["indices_or_sections"]?.int != nil {
      let parts = try c.integer("indices_or_sections", atLeast: 1)
      guard extent % parts == 0, parts <= 1 << 16 else {
        throw LayerError(.shape, "an axis of extent \(extent) does not divide into \(parts)")
      }
      return try g.split(
        x, axis: axis, counts: [Int](repeating: extent / parts, count: parts))
    }
    guard let cuts = try c.integers("indices_or_sections") else {
      throw c.invalid("indices_or_sections", expected: "an integer or a list of integers")
    }
    let bounds = [0] + cuts.map { min(max($0 < 0 ? $0 + extent : $0, 0), extent) } + [extent]
    let counts = zip(bounds, bounds.dropFirst()).map { $1 - $0 }
    guard counts.allSatisfy({ $0 >= 0 }) else {
      throw c.invalid("indices_or_sections", expected: "positions in ascending order")
    }
    return try g.split(x, axis: axis, counts: counts)
  }

  private static let meshgrid: Operation.Rule = { (c, g) throws(LayerError) in
    var values: [Value] = []
    for argument in c.arguments.positional {
      values.append(try g.flattened(g.operand(argument)))
    }
    let isMatrix = try c.string("indexing", default: "xy") == "ij"
    let extents = values.map { g.shape($0)[0] }
    var order = Array(values.indices)
    if !isMatrix, order.count > 1 { order.swapAt(0, 1) }
    var results: [Value] = []
    for (index, value) in values.enumerated() {
      let shape = order.map { $0 == index ? extents[index] : 1 }
      results.append(
        try g.broadcast(g.reshape(value, to: shape), to: order.map { extents[$0] }))
    }
    return results
  }
}

extension GraphBuilder {
  /// The tensor with axes taken to other places; the rest keep their order.
  package mutating func moveAxes(
    _ x: Value, from sources: [Int], to targets: [Int]
  ) throws(LayerError) -> Value {
    guard sources.count == targets.count else {
      throw LayerError(.configuration, "\(sources.count) axes cannot move to \(targets.count)")
    }
    var pairs: [(target: Int, source: Int)] = []
    for (source, target) in zip(sources, targets) {
      pairs.append((try axis(target, of: x), try axis(source, of: x)))
    }
    var order = (0..<rank(x)).filter { axis in !pairs.contains { $0.source == axis } }
    for (target, source) in pairs.sorted(by: { $0.target < $1.target }) {
      guard target <= order.count else {
        throw LayerError(.configuration, "two axes cannot move to one place")
      }
      order.insert(source, at: target)
    }
    return try transpose(x, order)
  }

  /// Consecutive parts of an axis.
  package mutating func split(
    _ x: Value, axis: Int, counts: [Int]
  ) throws(LayerError) -> [Value] {
    var parts: [Value] = []
    var start = 0
    for count in counts {
      parts.append(try slice(x, axis: axis, start: count == 0 ? 0 : start, count: count))
      start += count
    }
    return parts
  }
}

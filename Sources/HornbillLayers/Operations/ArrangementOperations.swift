package import HornbillCore

/// Operations that repeat, turn and pad.
///
/// Source: Keras 3, `keras/src/ops/numpy.py`, with `keras/src/backend/tensorflow/numpy.py`.
enum ArrangementOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "Flip": { (c, g) throws(LayerError) in
      var x = try c.tensor(0, &g)
      for axis in try c.axes(of: x, in: g) { x = try g.reverse(x, axis: axis) }
      return [x]
    },
    "Fliplr": UnaryOperations.unary { (x, g) throws(LayerError) in try g.reverse(x, axis: 1) },
    "Flipud": UnaryOperations.unary { (x, g) throws(LayerError) in try g.reverse(x, axis: 0) },
    "Pad": pad,
    "Repeat": `repeat`,
    "Roll": roll,
    "Rot90": rotate,
    "Tile": { (c, g) throws(LayerError) in
      guard let repeats = try c.integers("repeats"), repeats.allSatisfy({ $0 >= 0 }) else {
        throw c.invalid("repeats", expected: "integers of at least 0")
      }
      return [try g.tile(c.tensor(0, &g), repeats)]
    },
  ]

  private static let pad: Operation.Rule = { (c, g) throws(LayerError) in
    let x = try c.tensor(0, &g)
    let rank = g.rank(x)
    var pairs: [(Int, Int)] = []
    func pair(_ value: JSON) -> (Int, Int)? {
      guard let ends = value.array, ends.count == 2, let before = ends[0].int,
        let after = ends[1].int
      else { return nil }
      return (before, after)
    }
    if let count = c["pad_width"]?.int {
      pairs = [(Int, Int)](repeating: (count, count), count: rank)
    } else if let value = c["pad_width"], let one = pair(value) {
      pairs = [(Int, Int)](repeating: one, count: rank)
    } else {
      pairs = (c["pad_width"]?.array ?? []).compactMap(pair)
      if pairs.count == 1 { pairs = [(Int, Int)](repeating: pairs[0], count: rank) }
    }
    guard pairs.count == rank else {
      throw c.invalid("pad_width", expected: "a pair of integers for each of \(rank) axes")
    }
    let before = pairs.map(\.0)
    let after = pairs.map(\.1)
    switch try c.string("mode", default: "constant") {
    case "reflect": return [try g.pad(x, before: before, after: after, mode: .reflect)]
    case "symmetric": return [try g.pad(x, before: before, after: after, mode: .symmetric)]
    case "constant": break
    default: throw c.invalid("mode", expected: "\"constant\", \"reflect\" or \"symmetric\"")
    }
    switch c.optional(1, "constant_values") {
    case nil: return [try g.pad(x, before: before, after: after)]
    case .integer(let value):
      return [try g.pad(x, before: before, after: after, mode: .constant(Double(value)))]
    case .number(let value):
      return [try g.pad(x, before: before, after: after, mode: .constant(value))]
    case let value?:
      let filling = try g.operand(value, as: g.dtype(x))
      guard try g.elementCount(filling) == 1 else {
        throw LayerError(.unsupported, "Pad with several constant values is not supported")
      }
      let inside = try g.broadcast(g.scalar(1, .bool), to: g.shape(x))
      let isInside = try g.pad(inside, before: before, after: after)
      let padded = try g.pad(x, before: before, after: after)
      return [try g.select(isInside, padded, g.reshape(filling, to: []))]
    }
  }

  private static let `repeat`: Operation.Rule = { (c, g) throws(LayerError) in
    var x = try c.tensor(0, &g)
    guard let repeats = try c.integers("repeats"), repeats.allSatisfy({ $0 >= 0 }) else {
      throw c.invalid("repeats", expected: "integers of at least 0")
    }
    if c["axis"] == nil { x = try g.flattened(x) }
    let axis = try c["axis"] == nil ? 0 : g.axis(c.integer("axis"), of: x)
    if repeats.count == 1 { return [try g.repeatElements(x, axis: axis, count: repeats[0])] }
    guard repeats.count == g.shape(x)[axis] else {
      throw LayerError(
        .shape, "\(repeats.count) repeats for an axis of extent \(g.shape(x)[axis])")
    }
    var total = 0
    for count in repeats { total = try Extent.sum(total, count) }
    _ = try Extent.tableCount([total])
    let indices = repeats.enumerated().flatMap { index, count in
      [Int64](repeating: Int64(index), count: count)
    }
    let table = g.constant(Tensor(shape: [total], integers: indices, dtype: .int32))
    return [try g.gather(x, table, axis: axis)]
  }

  private static let roll: Operation.Rule = { (c, g) throws(LayerError) in
    let x = try c.tensor(0, &g)
    guard let shifts = try c.integers("shift") else {
      throw c.invalid("shift", expected: "an integer or a list of integers")
    }
    guard let axes = try c.integers("axis") else {
      let flat = try g.roll(g.flattened(x), axis: 0, by: shifts.first ?? 0)
      return [try g.reshape(flat, to: g.shape(x))]
    }
    guard shifts.count == axes.count || shifts.count == 1 else {
      throw c.invalid("shift", expected: "as many integers as axes")
    }
    var y = x
    for (index, axis) in axes.enumerated() {
      y = try g.roll(y, axis: axis, by: shifts[shifts.count == 1 ? 0 : index])
    }
    return [y]
  }

  /// Turns of a plane by right angles; where the axes are not the first two and the plane is no square, a half turn comes
  /// out as Keras's TensorFlow backend computes it.
  private static let rotate: Operation.Rule = { (c, g) throws(LayerError) in
    let x = try c.tensor(0, &g)
    let turns = ((try c.integer("k", default: 1) % 4) + 4) % 4
    let axes = try c.integers("axes") ?? [0, 1]
    guard axes.count == 2 else { throw c.invalid("axes", expected: "two axes") }
    let plane = [try g.axis(axes[0], of: x), try g.axis(axes[1], of: x)]
    guard plane[0] != plane[1] else { throw c.invalid("axes", expected: "two axes that differ") }
    if turns == 0 { return [x] }
    let order = (0..<g.rank(x)).filter { !plane.contains($0) } + plane
    let moved = try g.transpose(x, order)
    let lead = Array(g.shape(moved).dropLast(2))
    let (height, width) = (g.shape(x)[plane[0]], g.shape(x)[plane[1]])
    guard let count = Shape.elementCount(lead) else {
      throw LayerError(.shape, "shape \(Shape(g.shape(x))) has too many elements")
    }
    func turned(_ y: Value, _ g: inout GraphBuilder) throws(LayerError) -> Value {
      try g.transpose(g.reverse(y, axis: 2), [0, 2, 1])
    }
    var y = try turned(g.reshape(moved, to: [count, height, width]), &g)
    let final = turns % 2 == 1 ? [width, height] : [height, width]
    if turns > 1 {
      y = try g.reshape(y, to: [count] + final)
      for _ in 1..<turns { y = try turned(y, &g) }
    }
    y = try g.reshape(y, to: lead + final)
    var inverse = [Int](repeating: 0, count: order.count)
    for (position, axis) in order.enumerated() { inverse[axis] = position }
    return [try g.transpose(y, inverse)]
  }
}

extension GraphBuilder {
  /// The tensor repeated whole along its axes; missing counts in front are 1, excess ones add axes.
  package mutating func tile(_ x: Value, _ repeats: [Int]) throws(LayerError) -> Value {
    let rank = max(rank(x), repeats.count)
    let extents = [Int](repeating: 1, count: rank - self.rank(x)) + shape(x)
    let counts = [Int](repeating: 1, count: rank - repeats.count) + repeats
    var single: [Int] = []
    var many: [Int] = []
    var result: [Int] = []
    for (extent, count) in zip(extents, counts) {
      single += [1, extent]
      many += [count, extent]
      result.append(try Extent.product(extent, count))
    }
    if counts.allSatisfy({ $0 == 1 }) { return try reshape(x, to: extents) }
    return try reshape(broadcast(reshape(x, to: single), to: many), to: result)
  }

  /// The tensor with each element of an axis repeated on the spot.
  package mutating func repeatElements(
    _ x: Value, axis: Int, count: Int
  ) throws(LayerError) -> Value {
    let axis = try self.axis(axis, of: x)
    var extents = shape(x)
    extents.insert(1, at: axis + 1)
    var many = extents
    many[axis + 1] = count
    var result = shape(x)
    result[axis] = try Extent.product(result[axis], count)
    return try reshape(broadcast(reshape(x, to: extents), to: many), to: result)
  }

  /// The tensor with an axis moved on by a number of places, what leaves the end entering at the start.
  package mutating func roll(_ x: Value, axis: Int, by shift: Int) throws(LayerError) -> Value {
    let axis = try self.axis(axis, of: x)
    let extent = shape(x)[axis]
    guard extent > 1 else { return x }
    let start = ((shift % extent) + extent) % extent
    if start == 0 { return x }
    let tail = try slice(x, axis: axis, start: extent - start, count: start)
    return try concatenate(
      [tail, slice(x, axis: axis, start: 0, count: extent - start)], axis: axis)
  }
}

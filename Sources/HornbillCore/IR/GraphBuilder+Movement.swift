/// Movements composed of the ops' own.
extension GraphBuilder {
  /// `count` elements of one axis, from `start` on; the axis stays.
  public mutating func slice(
    _ x: Value, axis: Int, start: Int, count: Int
  ) throws(LayerError) -> Value {
    let axis = try self.axis(axis, of: x)
    var starts = [Int](repeating: 0, count: rank(x))
    var counts = shape(x)
    starts[axis] = start
    counts[axis] = count
    return try slice(
      x, starts: starts, counts: counts, strides: [Int](repeating: 1, count: rank(x)))
  }

  /// One element of an axis; the axis goes.
  public mutating func select(_ x: Value, axis: Int, index: Int) throws(LayerError) -> Value {
    let axis = try self.axis(axis, of: x)
    let part = try slice(x, axis: axis, start: index, count: 1)
    return try squeeze(part, axis: axis)
  }

  /// The tensor with one axis read backwards.
  public mutating func reverse(_ x: Value, axis: Int) throws(LayerError) -> Value {
    let axis = try self.axis(axis, of: x)
    let counts = shape(x)
    if counts[axis] <= 1 { return x }
    var starts = [Int](repeating: 0, count: rank(x))
    var strides = [Int](repeating: 1, count: rank(x))
    starts[axis] = counts[axis] - 1
    strides[axis] = -1
    return try slice(x, starts: starts, counts: counts, strides: strides)
  }

  /// The tensor with a new axis of extent 1 before `axis` (negative: counted from the end of the result).
  public mutating func expand(_ x: Value, axis: Int) throws(LayerError) -> Value {
    var shape = shape(x)
    let position = axis < 0 ? axis + shape.count + 1 : axis
    guard position >= 0, position <= shape.count else {
      throw LayerError(.shape, "a new axis \(axis) does not fit shape \(Shape(shape))")
    }
    shape.insert(1, at: position)
    return try reshape(x, to: shape)
  }

  /// The tensor without an axis of extent 1.
  public mutating func squeeze(_ x: Value, axis: Int) throws(LayerError) -> Value {
    let axis = try self.axis(axis, of: x)
    var shape = shape(x)
    guard shape[axis] == 1 else {
      throw LayerError(.shape, "axis \(axis) of shape \(Shape(shape)) is not of extent 1")
    }
    shape.remove(at: axis)
    return try reshape(x, to: shape)
  }

  /// The tensor with one axis taken to another place.
  public mutating func moveAxis(_ x: Value, from: Int, to: Int) throws(LayerError) -> Value {
    let from = try axis(from, of: x)
    let to = try axis(to, of: x)
    var order = Array(0..<rank(x))
    order.insert(order.remove(at: from), at: to)
    return try transpose(x, order)
  }

  /// Tensors of one shape stacked along a new axis.
  public mutating func stack(_ values: [Value], axis: Int) throws(LayerError) -> Value {
    var parts: [Value] = []
    for value in values { parts.append(try expand(value, axis: axis)) }
    guard let first = parts.first else {
      throw LayerError(.shape, "a stack needs at least one tensor")
    }
    return try concatenate(parts, axis: self.axis(axis, of: first))
  }

  /// A function of the last axis, applied along the given axes taken together.
  package mutating func alongAxes(
    _ x: Value, _ axes: [Int],
    _ body: (inout GraphBuilder, Value) throws(LayerError) -> Value
  ) throws(LayerError) -> Value {
    var moved: [Int] = []
    for axis in axes { moved.append(try self.axis(axis, of: x)) }
    moved = Set(moved).sorted()
    let rest = (0..<rank(x)).filter { !moved.contains($0) }
    let order = rest + moved
    let arranged = try transpose(x, order)
    let extents = shape(arranged)
    guard
      let folded = Shape.elementCount(Array(extents[rest.count...]))
    else { throw LayerError(.shape, "shape \(Shape(extents)) has too many elements") }
    let flat = try reshape(arranged, to: Array(extents[..<rest.count]) + [folded])
    let result = try reshape(body(&self, flat), to: extents)
    var inverse = [Int](repeating: 0, count: order.count)
    for (position, axis) in order.enumerated() { inverse[axis] = position }
    return try transpose(result, inverse)
  }

  /// Softmax over the given axes taken together.
  public mutating func softmax(_ x: Value, axes: [Int] = [-1]) throws(LayerError) -> Value {
    try alongAxes(x, axes) { (graph, flat) throws(LayerError) in
      try graph.activation(.softmax, flat)
    }
  }
}

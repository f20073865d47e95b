package import HornbillCore

/// Operations that order, search and count.
///
/// Source: Keras 3, `keras/src/ops/numpy.py` and `math.py`, with the TensorFlow backend.
enum SortingOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "Sort": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      let isBool = g.dtype(x) == .bool
      let y = try isBool ? g.cast(x, to: .int8) : x
      let sorted = try along(c, y, &g) { (y, g) throws(LayerError) in try g.sort(y).values }
      return [try g.cast(sorted, to: g.dtype(x))]
    },
    "Argsort": { (c, g) throws(LayerError) in
      var x = try c.tensor(0, &g)
      if g.rank(x) == 0 { return [try g.reshape(g.scalar(0, .int32), to: [1])] }
      if g.dtype(x) == .bool { x = try g.cast(x, to: .uint8) }
      return [
        try along(c, x, &g) { (y, g) throws(LayerError) in try g.sort(y).indices }
      ]
    },
    "Argpartition": argpartition,
    "TopK": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      let count = try c.integer("k", atLeast: 0)
      guard let extent = g.shape(x).last, count <= extent else {
        throw LayerError(.shape, "\(count) greatest elements of shape \(Shape(g.shape(x)))")
      }
      let (values, indices) = try g.sort(x, descending: true)
      return [
        try g.slice(values, axis: -1, start: 0, count: count),
        try g.slice(indices, axis: -1, start: 0, count: count),
      ]
    },
    "InTopK": { (c, g) throws(LayerError) in
      let targets = try c.tensor(0, "targets", &g)
      let predictions = try c.tensor(1, "predictions", &g)
      guard let classes = g.shape(predictions).last, classes > 0 else {
        throw LayerError(.shape, "predictions of shape \(Shape(g.shape(predictions)))")
      }
      let indices = try g.cast(targets, to: .int32)
      let zero = g.scalar(0, .int32)
      let most = g.scalar(Double(classes - 1), .int32)
      let bounded = try g.minimum(g.maximum(indices, zero), most)
      let isInside = try g.binary(.equal, bounded, indices)
      let chosen = try g.gatherElements(predictions, g.expand(bounded, axis: -1), axis: -1)
      let isAhead = try g.cast(g.binary(.greater, predictions, chosen), to: .int32)
      let rank = try g.sum(isAhead, axes: [-1])
      let count = g.scalar(Double(try c.integer("k")), .int32)
      let isIn = try g.binary(.less, rank, count)
      let isUsable = try g.binary(
        .logicalAnd, isInside, g.unary(.isFinite, g.squeeze(chosen, axis: -1)))
      return [try g.binary(.logicalAnd, isIn, isUsable)]
    },
    "SearchSorted": { (c, g) throws(LayerError) in
      let (sequence, values) = try c.pair(isStrong: true, &g)
      let side = try c.string("side", default: "left")
      guard g.rank(sequence) == 1 else {
        throw LayerError(
          .shape, "SearchSorted in shape \(Shape(g.shape(sequence))), one axis is needed")
      }
      guard side == "left" || side == "right" else {
        throw c.invalid("side", expected: "\"left\" or \"right\"")
      }
      return [
        try g.insertionPoint(values, in: sequence, isAfterEquals: side == "right")
      ]
    },
    "Digitize": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      let dtype: DType = g.dtype(x) == .float64 ? .float64 : .float32
      let bins = try g.operand(c.argument(1, "bins"), as: dtype)
      return [
        try g.insertionPoint(g.cast(x, to: dtype), in: g.flattened(bins), isAfterEquals: true)
      ]
    },
    "Bincount": dataDependent("Bincount"),
    "Unique": dataDependent("Unique"),
  ]

  /// Positions of the `kth + 1` least elements, then of the greatest among the others, as Keras's TensorFlow backend finds them: it makes the
  /// elements `int32`, and what it has found already counts as 0 among the others.
  private static let argpartition: Operation.Rule = { (c, g) throws(LayerError) in
    let x = try g.cast(c.tensor(0, &g), to: .int32)
    guard g.rank(x) == 1 || c.fields["axis"]?.isNull == true else {
      throw LayerError(.unsupported, "Argpartition of several rows does not run in Keras")
    }
    let flat = try g.flattened(x)
    let count = try g.elementCount(flat)
    guard count > 0 else { throw LayerError(.shape, "Argpartition of an empty tensor") }
    let last = try min(max(c.integer("kth"), 0), count - 1)
    let least = try g.slice(g.sort(flat).indices, axis: 0, start: 0, count: last + 1)
    let none = try g.full(0, shape: [count], .int32)
    let ones = try g.full(1, shape: [last + 1], .int32)
    let isFound = try g.cast(
      g.scatterRows(.update, none, g.expand(least, axis: -1), ones), to: .bool)
    let others = try g.select(isFound, none, flat)
    let greatest = try g.sort(others, descending: true).indices
    let rest = try g.slice(greatest, axis: 0, start: 0, count: count - last - 1)
    return [try g.concatenate([least, rest], axis: 0)]
  }

  private static func dataDependent(_ name: String) -> Operation.Rule {
    { (_, _) throws(LayerError) in
      throw LayerError(.unsupported, "the shape of the result of \(name) depends on data")
    }
  }

  /// A function of the last axis applied along `axis`, or along all axes as one when it is `null`.
  private static func along(
    _ c: OperationCall, _ x: Value, _ g: inout GraphBuilder,
    _ function: (Value, inout GraphBuilder) throws(LayerError) -> Value
  ) throws(LayerError) -> Value {
    let isFlat = c.fields["axis"]?.isNull == true
    let y = try isFlat ? g.flattened(x) : x
    let axis = try isFlat ? -1 : c.integer("axis", default: -1)
    let moved = try g.moveAxis(y, from: axis, to: -1)
    return try g.moveAxis(function(moved, &g), from: -1, to: axis)
  }
}

extension GraphBuilder {
  /// Where values would be inserted into an ascending sequence: the number of its elements below, or not above.
  package mutating func insertionPoint(
    _ x: Value, in sequence: Value, isAfterEquals: Bool
  ) throws(LayerError) -> Value {
    let isBefore = try binary(isAfterEquals ? .lessEqual : .less, sequence, expand(x, axis: -1))
    return try sum(cast(isBefore, to: .int32), axes: [-1])
  }
}

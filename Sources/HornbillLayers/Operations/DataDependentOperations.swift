import HornbillCore

/// Operations whose results have extents that depend on elements, which are worked out while the graph is built.
///
/// Source: Keras 3, `keras/src/ops/numpy.py` and `math.py`, with the TensorFlow backend.
enum DataDependentOperations {
  /// How such an operation lowers; `nil` for a call whose extents are known.
  typealias Rule =
    @Sendable (OperationCall, inout Lowering) throws(LayerError) -> [Value]?

  /// The operations by class.
  static let rules: [String: Rule] = [
    "Nonzero": nonzero,
    "Unique": unique,
    "Bincount": bincount,
    "SegmentSum": segment, "SegmentMax": segment, "SegmentMin": segment, "SegmentProd": segment,
  ]

  /// The places where a vector of `bool` is true, ascending.
  private static func places(
    _ condition: Value, _ lowering: inout Lowering
  ) throws(LayerError) -> Value {
    let length = try lowering.graph.elementCount(condition)
    let flags = try lowering.graph.cast(condition, to: .int32)
    if length == 0 { return flags }
    let total = try lowering.graph.sum(flags, axes: [0])
    let count = try lowering.extent(of: total)
    let none = lowering.graph.scalar(Double(length), .int32)
    let marked = try lowering.graph.select(condition, lowering.graph.range(length), none)
    let sorted = try lowering.graph.sort(marked).values
    return try lowering.graph.slice(sorted, axis: 0, start: 0, count: min(count, length))
  }

  private static let nonzero: Rule = { (c, lowering) throws(LayerError) in
    let x = try lowering.graph.cast(c.tensor(0, &lowering.graph), to: .bool)
    let extents = lowering.graph.shape(x)
    let flat = try lowering.graph.flattened(x)
    var rest = try places(flat, &lowering)
    var coordinates: [Value] = []
    for extent in extents.reversed() {
      let divisor = lowering.graph.scalar(Double(max(extent, 1)), .int32)
      coordinates.append(try lowering.graph.binary(.modulo, rest, divisor))
      rest = try lowering.graph.binary(.floorDivide, rest, divisor)
    }
    return coordinates.reversed()
  }

  private static let unique: Rule = { (c, lowering) throws(LayerError) in
    let x = try c.tensor(0, &lowering.graph)
    let dtype = lowering.graph.dtype(x)
    let shape = lowering.graph.shape(x)
    let axis = try c["axis"] == nil ? nil : c.integer("axis")
    guard axis == nil || shape.count == 1 && (axis == 0 || axis == -1) else {
      throw LayerError(.unsupported, "Unique of the slices of a tensor is not supported")
    }
    let flat = try lowering.graph.flattened(
      dtype == .bool ? lowering.graph.cast(x, to: .int8) : x)
    let length = try lowering.graph.elementCount(flat)
    guard length > 0 else {
      throw LayerError(.unsupported, "Unique of an empty tensor is not supported")
    }
    let (sorted, order) = try lowering.graph.sort(flat)
    let upper = try lowering.graph.slice(
      sorted, axis: 0, start: length > 1 ? 1 : 0, count: length - 1)
    let lower = try lowering.graph.slice(sorted, axis: 0, start: 0, count: length - 1)
    let first = try lowering.graph.full(1, shape: [1], .bool)
    let isNew = try lowering.graph.concatenate(
      [first, lowering.graph.binary(.notEqual, upper, lower)], axis: 0)
    let starts = try places(isNew, &lowering)
    let count = try lowering.graph.elementCount(starts)
    var index = try lowering.graph.gather(order, starts, axis: 0)
    let end = try lowering.graph.full(Double(length), shape: [1], .int32)
    let ends = try lowering.graph.concatenate(
      [lowering.graph.slice(starts, axis: 0, start: count > 1 ? 1 : 0, count: count - 1), end],
      axis: 0)
    var counts = try lowering.graph.subtract(ends, starts)
    let one = lowering.graph.scalar(1, .int32)
    let rank = try lowering.graph.subtract(
      lowering.graph.accumulate(.sum, lowering.graph.cast(isNew, to: .int32), axis: 0), one)
    let none = try lowering.graph.full(0, shape: [length], .int32)
    var inverse = try lowering.graph.scatterRows(
      .update, none, lowering.graph.expand(order, axis: -1), rank)
    if try !c.bool("sorted", default: true) {
      let appearance = try lowering.graph.sort(index).indices
      index = try lowering.graph.gather(index, appearance, axis: 0)
      counts = try lowering.graph.gather(counts, appearance, axis: 0)
      let place = try lowering.graph.sort(appearance).indices
      inverse = try lowering.graph.gather(place, inverse, axis: 0)
    }
    var values = try lowering.graph.cast(
      lowering.graph.gather(flat, index, axis: 0), to: dtype)
    if c["size"] != nil {
      let size = try c.integer("size", atLeast: 0)
      let filling = try c["fill_value"] == nil ? 0 : c.number("fill_value")
      values = try fitted(values, size, filling, &lowering.graph)
      index = try fitted(index, size, 1, &lowering.graph)
      counts = try fitted(counts, size, 0, &lowering.graph)
    }
    var results = [values]
    if try c.bool("return_index") { results.append(index) }
    if try c.bool("return_inverse") {
      results.append(try lowering.graph.reshape(inverse, to: shape))
    }
    if try c.bool("return_counts") { results.append(counts) }
    return results
  }

  /// A vector cut or filled up to a length.
  private static func fitted(
    _ x: Value, _ length: Int, _ filling: Double, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let count = try min(g.elementCount(x), length)
    let kept = try g.slice(x, axis: 0, start: 0, count: count)
    return try g.pad(kept, before: [0], after: [length - count], mode: .constant(filling))
  }

  private static let bincount: Rule = { (c, lowering) throws(LayerError) in
    let given = try c.tensor(0, &lowering.graph)
    let dtype = lowering.graph.dtype(given)
    let x = try dtype == .int64 ? given : lowering.graph.cast(given, to: .int32)
    guard (1...2).contains(lowering.graph.rank(x)) else {
      throw LayerError(
        .shape, "Bincount of shape \(Shape(lowering.graph.shape(x))), 1 or 2 axes are needed")
    }
    guard c["weights"] == nil else {
      throw LayerError(.unsupported, "Bincount with weights is not supported")
    }
    let least = try c.integer("minlength", atLeast: 0, default: 0)
    var length = least
    if try lowering.graph.elementCount(x) > 0 {
      let axes = Array(0..<lowering.graph.rank(x))
      let most = try lowering.graph.reduce(.maximum, x, axes: axes)
      let bound = try lowering.graph.add(most, 1)
      length = max(try lowering.extent(of: lowering.graph.maximum(bound, 0)), least)
    }
    let numbers = try lowering.graph.range(length, lowering.graph.dtype(x))
    let isEqual = try lowering.graph.binary(
      .equal, lowering.graph.expand(x, axis: -1), numbers)
    return [try lowering.graph.sum(lowering.graph.cast(isEqual, to: .int32), axes: [-2])]
  }

  /// As many segments as there are different numbers for the sum of segments in any order, else one more than the greatest.
  private static let segment: Rule = { (c, lowering) throws(LayerError) in
    guard c["num_segments"] == nil else { return nil }
    let isSorted = try c.bool("sorted")
    let given = try c.tensor(1, "segment_ids", &lowering.graph)
    let segments = try lowering.graph.flattened(given)
    var count = 0
    if try lowering.graph.elementCount(segments) > 0 {
      if c.className == "SegmentSum", !isSorted {
        let distinct = OperationCall(
          className: "Unique", arguments: CallArguments([.tensor(Flow(segments))]))
        let values = try unique(distinct, &lowering) ?? []
        count =
          try values.first.map { (value) throws(LayerError) in
            try lowering.graph.elementCount(value)
          } ?? 0
      } else {
        let most = try lowering.graph.reduce(.maximum, segments, axes: [0])
        count = try lowering.extent(of: lowering.graph.add(most, 1))
      }
    }
    let isProduct = c.className == "SegmentProd"
    return [
      try SegmentOperations.folded(
        c, count: count, empty: isSorted ? (isProduct ? 1 : 0) : nil, &lowering.graph)
    ]
  }
}

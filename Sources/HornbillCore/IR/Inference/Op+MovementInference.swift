extension Op {
  /// The result type of an op that moves elements.
  func inferMovement(_ inputs: [ValueType]) throws(LayerError) -> ValueType {
    let x = try operand(inputs, 0)
    switch self {
    case .reshape(let shape):
      try require(
        Shape.elementCount(shape) == Shape.elementCount(x.shape),
        "shape \(Shape(x.shape)) as \(Shape(shape))")
      return ValueType(shape: shape, dtype: x.dtype)
    case .transpose(let permutation):
      try require(
        permutation.sorted() == Array(0..<x.shape.count),
        "the order \(permutation) of the axes of shape \(Shape(x.shape))")
      return ValueType(shape: permutation.map { x.shape[$0] }, dtype: x.dtype)
    case .broadcast(let shape):
      try require(
        try Op.broadcastShape(x.shape, shape) == shape,
        "repeating shape \(Shape(x.shape)) to \(Shape(shape))")
      return ValueType(shape: shape, dtype: x.dtype)
    case .concatenate(let axis):
      return try inferConcatenate(axis, inputs)
    case .slice(let starts, let counts, let strides):
      return try inferSlice(starts, counts, strides, x)
    case .pad(let before, let after, let mode):
      return try inferPad(before, after, mode, x)
    case .gather(let axis, _):
      let indices = try operand(inputs, 1)
      try require(indices.dtype.isInteger, "indices of type \(indices.dtype)")
      try require(axis < x.shape.count, "axis \(axis) of shape \(Shape(x.shape))")
      let shape = Array(x.shape[..<axis]) + indices.shape + Array(x.shape[(axis + 1)...])
      return ValueType(shape: shape, dtype: x.dtype)
    case .gatherElements(let axis):
      let indices = try operand(inputs, 1)
      try require(indices.dtype.isInteger, "indices of type \(indices.dtype)")
      var expected = x.shape
      try require(
        axis < expected.count && indices.shape.count == expected.count,
        "indices of shape \(Shape(indices.shape)) into \(Shape(x.shape))")
      expected[axis] = indices.shape[axis]
      try require(
        expected == indices.shape,
        "indices of shape \(Shape(indices.shape)) into \(Shape(x.shape)) along axis \(axis)")
      return ValueType(shape: indices.shape, dtype: x.dtype)
    default:
      return try inferScatter(inputs)
    }
  }

  private func inferConcatenate(
    _ axis: Int, _ inputs: [ValueType]
  ) throws(LayerError) -> ValueType {
    var result = try operand(inputs, 0)
    try require(axis < result.shape.count, "axis \(axis) of shape \(Shape(result.shape))")
    for other in inputs.dropFirst() {
      var expected = result.shape
      try require(
        other.shape.count == expected.count && other.dtype == result.dtype,
        "joining \(result.dtype)\(Shape(result.shape)) and \(other.dtype)\(Shape(other.shape))")
      expected[axis] = other.shape[axis]
      try require(
        expected == other.shape,
        "joining shapes \(Shape(result.shape)) and \(Shape(other.shape)) along axis \(axis)")
      let (sum, overflow) = result.shape[axis].addingReportingOverflow(other.shape[axis])
      try require(!overflow, "an axis beyond the integers")
      result.shape[axis] = sum
    }
    return result
  }

  private func inferSlice(
    _ starts: [Int], _ counts: [Int], _ strides: [Int], _ x: ValueType
  ) throws(LayerError) -> ValueType {
    let rank = x.shape.count
    try require(
      starts.count == rank && counts.count == rank && strides.count == rank,
      "a slice of \(starts.count) axes of shape \(Shape(x.shape))")
    for axis in 0..<rank {
      try require(counts[axis] >= 0, "a slice of \(counts[axis]) elements")
      guard counts[axis] > 0 else { continue }
      let (steps, overflow) = (counts[axis] - 1).multipliedReportingOverflow(by: strides[axis])
      let last = starts[axis].addingReportingOverflow(steps)
      try require(
        !overflow && !last.overflow && (0..<x.shape[axis]).contains(starts[axis])
          && (0..<x.shape[axis]).contains(last.partialValue),
        "elements \(starts[axis]), by \(strides[axis]), \(counts[axis]) of them, of axis \(axis) of shape \(Shape(x.shape))"
      )
    }
    return ValueType(shape: counts, dtype: x.dtype)
  }

  private func inferPad(
    _ before: [Int], _ after: [Int], _ mode: PadMode, _ x: ValueType
  ) throws(LayerError) -> ValueType {
    let rank = x.shape.count
    try require(
      before.count == rank && after.count == rank && (before + after).allSatisfy { $0 >= 0 },
      "padding \(before), \(after) of shape \(Shape(x.shape))")
    var shape = x.shape
    for axis in 0..<rank {
      let most: Int
      switch mode {
      case .constant: most = Int.max
      case .reflect: most = max(x.shape[axis] - 1, 0)
      case .symmetric: most = x.shape[axis]
      case .edge: most = x.shape[axis] > 0 ? Int.max : 0
      }
      try require(
        before[axis] <= most && after[axis] <= most,
        "padding \(before[axis]), \(after[axis]) of axis \(axis) of shape \(Shape(x.shape))")
      let (a, overflowA) = shape[axis].addingReportingOverflow(before[axis])
      let (b, overflowB) = a.addingReportingOverflow(after[axis])
      try require(!overflowA && !overflowB, "an axis beyond the integers")
      shape[axis] = b
    }
    return ValueType(shape: shape, dtype: x.dtype)
  }

  private func inferScatter(_ inputs: [ValueType]) throws(LayerError) -> ValueType {
    let base = try operand(inputs, 0)
    let indices = try operand(inputs, 1)
    let updates = try operand(inputs, 2)
    try require(
      indices.shape.count == 2 && indices.dtype.isInteger,
      "indices of shape \(Shape(indices.shape))")
    let depth = indices.shape[1]
    try require(
      depth <= base.shape.count
        && updates.shape == [indices.shape[0]] + Array(base.shape[depth...])
        && updates.dtype == base.dtype,
      "updates of shape \(Shape(updates.shape)) at \(Shape(indices.shape)) of \(Shape(base.shape))")
    return base
  }
}

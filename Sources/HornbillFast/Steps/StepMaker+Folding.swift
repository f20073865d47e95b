import HornbillCore

extension StepMaker {
  mutating func reduce(_ reduction: Reduction, _ axes: [Int]) throws(ExecutionError) -> Step {
    try refuseText(reduction.rawValue)
    let (shape, order) = foldShape(axes)
    guard let order else { return reduce(reduction, x, shape) }
    let moved = Operand(
      type: ValueType(shape: order.map { x.shape[$0] }, dtype: x.type.dtype), count: x.count,
      block: nil, offset: try scratch(bytes: x.byteCount))
    let transpose = StepMaker(
      inputs: [x], outputs: [moved], layout: ArenaLayout(), kernels: kernels, fixed: fixed,
      threads: threads, workers: workers
    ).transpose(order)
    let fold = reduce(reduction, moved, shape)
    return { (run: RunContext) throws(ExecutionError) -> Void in
      try transpose(run)
      try fold(run)
    }
  }

  /// The operand as `(outer, extent, inner)` with the folded axes in the middle, and the order of its axes that makes
  /// it so; `nil` when they are in order already.
  private func foldShape(_ axes: [Int]) -> (FoldShape, order: [Int]?) {
    let folded = axes.filter { x.shape[$0] != 1 }
    let extent = axes.reduce(1) { $0 * x.shape[$1] }
    guard let first = folded.first, let last = folded.last else {
      let inner = x.shape.indices.reduce(1) { $0 * (axes.contains($1) ? 1 : x.shape[$1]) }
      return (FoldShape(outer: inner, extent: extent, inner: 1), nil)
    }
    let between = (first...last).filter { !folded.contains($0) && x.shape[$0] != 1 }
    if between.isEmpty {
      return (
        FoldShape(
          outer: x.shape[..<first].reduce(1, *), extent: extent,
          inner: x.shape[(last + 1)...].reduce(1, *)), nil
      )
    }
    let kept = x.shape.indices.filter { !axes.contains($0) }
    return (
      FoldShape(outer: kept.reduce(1) { $0 * x.shape[$1] }, extent: extent, inner: 1), kept + axes
    )
  }

  private func reduce(_ reduction: Reduction, _ x: Operand, _ shape: FoldShape) -> Step {
    let y = self.y
    switch x.kind {
    case .float:
      return { (run: RunContext) throws(ExecutionError) -> Void in
        FloatFold.reduce(reduction, x.pointer(run, as: Float.self), y.pointer(run), shape)
      }
    case .double:
      return { (run: RunContext) throws(ExecutionError) -> Void in
        FloatFold.reduce(reduction, x.pointer(run, as: Double.self), y.pointer(run), shape)
      }
    case .integer:
      let dtype = x.type.dtype
      return { (run: RunContext) throws(ExecutionError) -> Void in
        IntegerFold.reduce(reduction, x.pointer(run), y.pointer(run), shape, dtype)
      }
    }
  }

  private func axisShape(_ axis: Int) -> FoldShape {
    FoldShape(
      outer: x.shape[..<axis].reduce(1, *), extent: x.shape[axis],
      inner: x.shape[(axis + 1)...].reduce(1, *))
  }

  func argReduce(_ reduction: ArgReduction, _ axis: Int) throws(ExecutionError) -> Step {
    try refuseText("the position of a \(reduction)")
    let (x, y) = (self.x, self.y)
    let shape = axisShape(axis)
    switch x.kind {
    case .float:
      return { (run: RunContext) throws(ExecutionError) -> Void in
        FloatFold.argReduce(reduction, x.pointer(run, as: Float.self), y.pointer(run), shape)
      }
    case .double:
      return { (run: RunContext) throws(ExecutionError) -> Void in
        FloatFold.argReduce(reduction, x.pointer(run, as: Double.self), y.pointer(run), shape)
      }
    case .integer:
      let dtype = x.type.dtype
      return { (run: RunContext) throws(ExecutionError) -> Void in
        IntegerFold.argReduce(reduction, x.pointer(run), y.pointer(run), shape, dtype)
      }
    }
  }

  func accumulate(
    _ accumulation: Accumulation, _ axis: Int, reverse: Bool
  ) throws(ExecutionError) -> Step {
    try refuseText("a running \(accumulation)")
    let (x, y) = (self.x, self.y)
    let shape = axisShape(axis)
    switch x.kind {
    case .float:
      return { (run: RunContext) throws(ExecutionError) -> Void in
        FloatFold.accumulate(
          accumulation, x.pointer(run, as: Float.self), y.pointer(run), shape, reverse: reverse)
      }
    case .double:
      return { (run: RunContext) throws(ExecutionError) -> Void in
        FloatFold.accumulate(
          accumulation, x.pointer(run, as: Double.self), y.pointer(run), shape, reverse: reverse)
      }
    case .integer:
      let dtype = x.type.dtype
      return { (run: RunContext) throws(ExecutionError) -> Void in
        IntegerFold.accumulate(
          accumulation, x.pointer(run), y.pointer(run), shape, reverse: reverse, dtype)
      }
    }
  }

  func sort(descending: Bool) throws(ExecutionError) -> Step {
    try refuseText("sorting")
    let (x, values, indices) = (inputs[0], outputs[0], outputs[1])
    let extent = x.shape[x.shape.count - 1]
    if extent == 0 { return reshapeNothing() }
    let rows = x.count / extent
    switch x.kind {
    case .float:
      return { (run: RunContext) throws(ExecutionError) -> Void in
        FloatFold.sort(
          x.pointer(run, as: Float.self), values.pointer(run), indices.pointer(run), rows: rows,
          extent: extent, descending: descending)
      }
    case .double:
      return { (run: RunContext) throws(ExecutionError) -> Void in
        FloatFold.sort(
          x.pointer(run, as: Double.self), values.pointer(run), indices.pointer(run), rows: rows,
          extent: extent, descending: descending)
      }
    case .integer:
      let dtype = x.type.dtype
      return { (run: RunContext) throws(ExecutionError) -> Void in
        IntegerFold.sort(
          x.pointer(run), values.pointer(run), indices.pointer(run), rows: rows, extent: extent,
          descending: descending, dtype)
      }
    }
  }
}

import HornbillCore

extension StepMaker {
  func reshape() -> Step {
    let (x, y) = (self.x, self.y)
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let (from, to) = (x.raw(run), y.raw(run))
      if from != to { to.copyMemory(from: from, byteCount: y.byteCount) }
    }
  }

  func transpose(_ permutation: [Int]) -> Step {
    let strides = BroadcastLoop.strides(of: x.shape)
    return copy(StridedCopy(shape: y.shape, strides: permutation.map { strides[$0] }, start: 0))
  }

  func broadcast() -> Step {
    let strides = BroadcastLoop.strides(of: x.shape, repeatedTo: y.shape)
    return copy(StridedCopy(shape: y.shape, strides: strides, start: 0))
  }

  func slice(_ starts: [Int], _ strides: [Int]) -> Step {
    if y.count == 0 { return reshape() }
    let own = BroadcastLoop.strides(of: x.shape)
    var start = 0
    var steps = own
    for axis in own.indices {
      start += starts[axis] * own[axis]
      steps[axis] = y.shape[axis] > 1 ? strides[axis] * own[axis] : 0
    }
    return copy(StridedCopy(shape: y.shape, strides: steps, start: start))
  }

  private func copy(_ kernel: StridedCopy) -> Step {
    let (x, y) = (self.x, self.y)
    if y.kind.byteCount == 4 {
      return { (run: RunContext) throws(ExecutionError) -> Void in
        kernel(x.pointer(run, as: UInt32.self), y.pointer(run, as: UInt32.self))
      }
    }
    return { (run: RunContext) throws(ExecutionError) -> Void in
      kernel(x.pointer(run, as: UInt64.self), y.pointer(run, as: UInt64.self))
    }
  }

  func concatenate(_ axis: Int) -> Step {
    let (inputs, y) = (self.inputs, self.y)
    let outer = y.shape[..<axis].reduce(1, *)
    if y.count == 0 || outer == 0 { return reshapeNothing() }
    let widths = inputs.map { $0.byteCount / outer }
    return { (run: RunContext) throws(ExecutionError) -> Void in
      var to = y.raw(run)
      for row in 0..<outer {
        for (x, width) in zip(inputs, widths) {
          to.copyMemory(from: x.raw(run) + row * width, byteCount: width)
          to += width
        }
      }
    }
  }

  func reshapeNothing() -> Step {
    { (_: RunContext) throws(ExecutionError) -> Void in }
  }

  func pad(_ before: [Int], _ after: [Int], _ mode: PadMode) -> Step {
    let (x, y) = (self.x, self.y)
    if y.count == 0 { return reshapeNothing() }
    let plan = PadPlan(shape: x.shape, before: before, after: after, mode: mode)
    var number = 0.0
    if case .constant(let value) = mode { number = value }
    let dtype = y.type.dtype
    switch y.kind {
    case .float:
      let fill = HalfRounding.rounded(Float(number), to: dtype).bitPattern
      return { (run: RunContext) throws(ExecutionError) -> Void in
        plan(x.pointer(run, as: UInt32.self), y.pointer(run, as: UInt32.self), fill: fill)
      }
    case .double, .integer:
      let fill =
        y.kind == .double
        ? number.bitPattern
        : UInt64(bitPattern: dtype == .string ? 0 : IntegerFunctions.converted(number, to: dtype))
      return { (run: RunContext) throws(ExecutionError) -> Void in
        plan(x.pointer(run, as: UInt64.self), y.pointer(run, as: UInt64.self), fill: fill)
      }
    }
  }

  /// The step after a check of `uint64` indices.
  private func checkingIndices(_ extent: Int, _ step: @escaping Step) -> Step {
    let indices = inputs[1]
    guard indices.type.dtype == .uint64 else { return step }
    return { (run: RunContext) throws(ExecutionError) -> Void in
      try GatherKernel.checkUnsigned(
        indices.pointer(run, as: Int64.self), count: indices.count, extent: extent)
      try step(run)
    }
  }

  mutating func gather(_ axis: Int, negative: Bool) -> Step {
    checkingIndices(x.shape[axis], gatherSlices(axis, negative: negative))
  }

  private mutating func gatherSlices(_ axis: Int, negative: Bool) -> Step {
    let (x, indices, y) = (inputs[0], inputs[1], outputs[0])
    let outer = x.shape[..<axis].reduce(1, *)
    let inner = x.shape[(axis + 1)...].reduce(1, *)
    let extent = x.shape[axis]
    if y.kind.byteCount == 4 {
      if indices.type.dtype != .uint64 {
        settler = { run in
          SettledGather(
            x: x.pointer(run), indices: indices.pointer(run), y: y.pointer(run), outer: outer,
            extent: extent, inner: inner, indexCount: indices.count, negative: negative
          ).step
        }
      }
      return { (run: RunContext) throws(ExecutionError) -> Void in
        try GatherKernel.slices(
          x.pointer(run, as: UInt32.self), indices.pointer(run, as: Int64.self), y.pointer(run),
          outer: outer, extent: extent, inner: inner, indexCount: indices.count, negative: negative)
      }
    }
    return { (run: RunContext) throws(ExecutionError) -> Void in
      try GatherKernel.slices(
        x.pointer(run, as: UInt64.self), indices.pointer(run, as: Int64.self), y.pointer(run),
        outer: outer, extent: extent, inner: inner, indexCount: indices.count, negative: negative)
    }
  }

  func gatherElements(_ axis: Int) -> Step {
    checkingIndices(x.shape[axis], gatherSingles(axis))
  }

  private func gatherSingles(_ axis: Int) -> Step {
    let (x, indices, y) = (inputs[0], inputs[1], outputs[0])
    let outer = x.shape[..<axis].reduce(1, *)
    let inner = x.shape[(axis + 1)...].reduce(1, *)
    let (extent, count) = (x.shape[axis], y.shape[axis])
    if y.kind.byteCount == 4 {
      return { (run: RunContext) throws(ExecutionError) -> Void in
        try GatherKernel.elements(
          x.pointer(run, as: UInt32.self), indices.pointer(run, as: Int64.self), y.pointer(run),
          outer: outer, extent: extent, inner: inner, count: count)
      }
    }
    return { (run: RunContext) throws(ExecutionError) -> Void in
      try GatherKernel.elements(
        x.pointer(run, as: UInt64.self), indices.pointer(run, as: Int64.self), y.pointer(run),
        outer: outer, extent: extent, inner: inner, count: count)
    }
  }

  func scatter(_ mode: ScatterMode) throws(ExecutionError) -> Step {
    if mode != .update { try refuseText("a scattered \(mode)") }
    switch y.kind {
    case .float: return scatter { ScatterKernel.join(mode, $0 as Float, $1) }
    case .double: return scatter { ScatterKernel.join(mode, $0 as Double, $1) }
    case .integer:
      let dtype = y.type.dtype
      return scatter { ScatterKernel.join(mode, $0, $1, dtype) }
    }
  }

  private func scatter<T: BitwiseCopyable>(
    _ join: @escaping @Sendable (T, T) -> T
  ) -> Step {
    let (base, indices, updates, y) = (inputs[0], inputs[1], inputs[2], outputs[0])
    let depth = indices.shape[1]
    let extents = Array(base.shape[..<depth])
    let block = base.shape[depth...].reduce(1, *)
    let rows = indices.shape[0]
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let (from, to) = (base.raw(run), y.raw(run))
      if from != to { to.copyMemory(from: from, byteCount: y.byteCount) }
      let places: UnsafeMutablePointer<Int64> = indices.pointer(run)
      let news: UnsafeMutablePointer<T> = updates.pointer(run)
      let result: UnsafeMutablePointer<T> = y.pointer(run)
      rows: for row in 0..<rows {
        var offset = 0
        for axis in 0..<depth {
          let place = places[row * depth + axis]
          guard place >= 0, place < extents[axis] else { continue rows }
          offset = offset * extents[axis] + Int(place)
        }
        for i in 0..<block {
          let at = offset * block + i
          result[at] = join(result[at], news[row * block + i])
        }
      }
    }
  }
}

/// Joins an update with what is there.
enum ScatterKernel {
  static func join<T: FloatElement>(_ mode: ScatterMode, _ old: T, _ new: T) -> T {
    switch mode {
    case .update: new
    case .add: old + new
    case .multiply: old * new
    case .maximum: greater(old, new)
    case .minimum: lesser(old, new)
    }
  }

  static func join(_ mode: ScatterMode, _ old: Int64, _ new: Int64, _ dtype: DType) -> Int64 {
    switch mode {
    case .update: new
    case .add: IntegerFunctions.wrapped(old &+ new, to: dtype)
    case .multiply: IntegerFunctions.wrapped(old &* new, to: dtype)
    case .maximum: IntegerFunctions.isLess(old, new, dtype) ? new : old
    case .minimum: IntegerFunctions.isLess(new, old, dtype) ? new : old
    }
  }
}

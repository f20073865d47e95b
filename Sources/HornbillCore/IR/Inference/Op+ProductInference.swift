extension Op {
  func inferMatmul(
    _ transposeA: Bool, _ transposeB: Bool, _ inputs: [ValueType]
  ) throws(LayerError) -> ValueType {
    let a = try operand(inputs, 0)
    let b = try operand(inputs, 1)
    try require(
      a.dtype == b.dtype && a.dtype != .string && a.dtype != .bool,
      "a matrix product of \(a.dtype) and \(b.dtype)")
    try require(
      a.shape.count >= 2 && b.shape.count >= 2,
      "a matrix product of shapes \(Shape(a.shape)) and \(Shape(b.shape))")
    let ra = a.shape.count
    let rb = b.shape.count
    let (m, k) =
      transposeA ? (a.shape[ra - 1], a.shape[ra - 2]) : (a.shape[ra - 2], a.shape[ra - 1])
    let (k2, n) =
      transposeB ? (b.shape[rb - 1], b.shape[rb - 2]) : (b.shape[rb - 2], b.shape[rb - 1])
    try require(
      k == k2, "a matrix product of shapes \(Shape(a.shape)) and \(Shape(b.shape))")
    let lead = try Op.broadcastShape(Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
    return ValueType(shape: lead + [m, n], dtype: a.dtype)
  }

  private func requireWindow(_ window: WindowSpec, rank: Int) throws(LayerError) {
    let counts = [
      window.size.count, window.strides.count, window.dilations.count, window.paddingBefore.count,
      window.paddingAfter.count,
    ]
    try require(
      counts.allSatisfy { $0 == rank } && window.size.allSatisfy { $0 > 0 }
        && window.strides.allSatisfy { $0 > 0 } && window.dilations.allSatisfy { $0 > 0 }
        && window.paddingBefore.allSatisfy { $0 >= 0 }
        && window.paddingAfter.allSatisfy { $0 >= 0 },
      "a window of size \(window.size), strides \(window.strides), dilations \(window.dilations) over \(rank) axes"
    )
  }

  private func positions(_ window: WindowSpec, _ x: ValueType) throws(LayerError) -> [Int] {
    let spatial = Array(x.shape.dropFirst().dropLast())
    try requireWindow(window, rank: spatial.count)
    var result: [Int] = []
    for (axis, extent) in spatial.enumerated() {
      try require(
        window.isMeasurable(axis, extent: extent),
        "a window of size \(window.size), strides \(window.strides), dilations \(window.dilations) and padding "
          + "\(window.paddingBefore), \(window.paddingAfter) over an extent of \(extent), beyond the integers"
      )
      let count = window.positions(axis, extent: extent)
      try require(
        count > 0 || extent == 0,
        "a window that spans \(window.span(axis)) over an extent of \(extent)")
      result.append(count)
    }
    return result
  }

  func inferConvolution(
    _ window: WindowSpec, _ groups: Int, _ inputs: [ValueType]
  ) throws(LayerError) -> ValueType {
    let x = try operand(inputs, 0)
    let kernel = try operand(inputs, 1)
    try require(
      x.shape.count >= 3 && kernel.shape.count == x.shape.count && x.dtype == kernel.dtype
        && x.dtype.isFloatingPoint,
      "a convolution of \(x.dtype)\(Shape(x.shape)) with \(kernel.dtype)\(Shape(kernel.shape))")
    let channels = x.shape[x.shape.count - 1]
    let filters = kernel.shape[kernel.shape.count - 1]
    try require(
      groups > 0 && channels % groups == 0 && filters % groups == 0
        && kernel.shape[kernel.shape.count - 2] == channels / groups
        && Array(kernel.shape.dropLast(2)) == window.size,
      "a convolution of shape \(Shape(x.shape)) with a kernel of shape \(Shape(kernel.shape)) in \(groups) groups"
    )
    return ValueType(
      shape: [x.shape[0]] + (try positions(window, x)) + [filters], dtype: x.dtype)
  }

  func inferTransposedConvolution(
    _ window: WindowSpec, _ output: [Int], _ inputs: [ValueType]
  ) throws(LayerError) -> ValueType {
    let x = try operand(inputs, 0)
    let kernel = try operand(inputs, 1)
    try require(
      x.shape.count >= 3 && kernel.shape.count == x.shape.count && x.dtype == kernel.dtype
        && x.dtype.isFloatingPoint && output.count == x.shape.count - 2
        && output.allSatisfy { $0 >= 0 },
      "a transposed convolution of \(Shape(x.shape)) with \(Shape(kernel.shape))")
    try requireWindow(window, rank: output.count)
    for (axis, extent) in output.enumerated() {
      try require(
        window.isMeasurable(axis, extent: extent),
        "a transposed window of size \(window.size) to an extent of \(extent), beyond the integers")
    }
    try require(
      kernel.shape[kernel.shape.count - 1] == x.shape[x.shape.count - 1]
        && Array(kernel.shape.dropLast(2)) == window.size,
      "a transposed convolution of shape \(Shape(x.shape)) with a kernel of shape \(Shape(kernel.shape))"
    )
    return ValueType(
      shape: [x.shape[0]] + output + [kernel.shape[kernel.shape.count - 2]], dtype: x.dtype)
  }

  func inferPool(_ window: WindowSpec, _ x: ValueType) throws(LayerError) -> ValueType {
    try require(
      x.shape.count >= 3 && (x.dtype.isFloatingPoint || x.dtype.isInteger),
      "pooling of \(x.dtype)\(Shape(x.shape))")
    return ValueType(
      shape: [x.shape[0]] + (try positions(window, x)) + [x.shape[x.shape.count - 1]],
      dtype: x.dtype)
  }

  func inferResampled(
    _ resampling: Resampling, _ axis: Int, _ x: ValueType
  ) throws(LayerError) -> ValueType {
    try require(
      x.dtype == .float32 && x.shape.indices.contains(axis),
      "resampling axis \(axis) of \(x.dtype)\(Shape(x.shape))")
    var shape = x.shape
    for cell in resampling.cells {
      try require(
        cell.start >= 0 && !cell.weights.isEmpty && cell.start < shape[axis]
          && cell.weights.count <= shape[axis] - cell.start,
        "a cell of \(cell.weights.count) weights at \(cell.start) of an axis of \(shape[axis])")
    }
    shape[axis] = resampling.cells.count
    return ValueType(shape: shape, dtype: x.dtype)
  }

  func inferRecurrent(
    _ spec: RecurrentSpec, gates: Int, states: Int, _ inputs: [ValueType]
  ) throws(LayerError) -> [ValueType] {
    let x = try operand(inputs, 0)
    let kernel = try operand(inputs, 1)
    let recurrent = try operand(inputs, 2)
    try require(
      x.shape.count == 3 && x.dtype.isFloatingPoint,
      "a recurrent layer over shape \(Shape(x.shape)), (batch, time, features) is needed:")
    try require(
      kernel.shape.count == 2 && recurrent.shape.count == 2 && kernel.shape[0] == x.shape[2]
        && recurrent.shape[1] == kernel.shape[1]
        && recurrent.shape[1] % gates == 0 && recurrent.shape[1] / gates == recurrent.shape[0],
      "recurrent kernels of shapes \(Shape(kernel.shape)) and \(Shape(recurrent.shape)) over \(Shape(x.shape))"
    )
    let units = recurrent.shape[0]
    let state = ValueType(shape: [x.shape[0], units], dtype: x.dtype)
    for index in 0..<states {
      let given = try operand(inputs, 3 + index)
      try require(
        given.shape == state.shape,
        "an initial state of shape \(Shape(given.shape)), \(Shape(state.shape)) is needed:")
    }
    var next = 3 + states
    if spec.hasBias {
      let bias = try operand(inputs, next)
      next += 1
      let expected = spec.resetAfter ? [2, gates * units] : [gates * units]
      try require(
        bias.shape == expected,
        "a bias of shape \(Shape(bias.shape)), \(Shape(expected)) is needed:")
    }
    if spec.hasMask {
      let mask = try operand(inputs, next)
      next += 1
      try require(
        mask.dtype == .bool && mask.shape == [x.shape[0], x.shape[1]],
        "a mask of type \(mask.dtype) and shape \(Shape(mask.shape)) over \(Shape(x.shape))")
    }
    try require(next == inputs.count, "a recurrent layer with \(inputs.count) operands")
    for (index, input) in inputs.enumerated()
    where !(spec.hasMask && index == inputs.count - 1) && input.dtype != x.dtype {
      throw LayerError(.shape, "recurrent operands of types \(x.dtype) and \(input.dtype)")
    }
    let sequence = ValueType(shape: [x.shape[0], x.shape[1], units], dtype: x.dtype)
    return [sequence] + [ValueType](repeating: state, count: states)
  }
}

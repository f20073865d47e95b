import HornbillCore

/// Which cells a locally connected layer joins, for known extents.
struct LocalConnections {
  let arguments: LocallyConnectedArguments
  /// The spatial extents of the input.
  let inputs: [Int]
  /// The spatial extents of the output.
  let outputs: [Int]
  /// The number of input channels.
  let channels: Int

  private var isChannelsFirst: Bool { arguments.window.format == .channelsFirst }

  /// The shape of the stored kernel.
  func kernelShape() throws(LayerError) -> [Int] {
    switch arguments.storage {
    case .perPosition:
      return [
        try count(outputs), try count(arguments.window.size + [channels]), arguments.filters,
      ]
    case .dense:
      let ends = [arguments.filters]
      return isChannelsFirst
        ? [channels] + inputs + ends + outputs : inputs + [channels] + outputs + ends
    case .sparse:
      var pairs = 1
      for axis in outputs.indices {
        _ = try Extent.tableCount([outputs[axis]])
        var reached = 0
        for position in 0..<outputs[axis] {
          reached = try Extent.sum(
            reached, arguments.reach(axis, position: position, extent: inputs[axis]).count)
        }
        pairs = try Extent.product(pairs, reached)
      }
      return [try count([pairs, channels, arguments.filters])]
    }
  }

  func count(_ extents: [Int]) throws(LayerError) -> Int {
    guard let count = Shape.elementCount(extents) else {
      throw LayerError(.shape, "a kernel of shape \(Shape(extents)) has too many elements")
    }
    return count
  }

  /// The output before bias and activation, in the layer's data format.
  func apply(
    _ kernel: Value, to x: Value, in graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    switch arguments.storage {
    case .perPosition: return try perPosition(kernel, x, in: &graph)
    case .dense: return try dense(kernel, x, in: &graph)
    case .sparse: return try sparse(kernel, x, in: &graph)
    }
  }

  /// The bias `(positions…, filters)` in a shape that adds to the output; with channels first Keras only reshapes it.
  func spreadBias(_ bias: Value, in graph: inout GraphBuilder) throws(LayerError) -> Value {
    isChannelsFirst ? try graph.reshape(bias, to: [1, arguments.filters] + outputs) : bias
  }

  private func perPosition(
    _ kernel: Value, _ input: Value, in graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let x = try graph.channelsLast(input, from: arguments.window.format)
    let batch = graph.shape(x)[0]
    let size = arguments.window.size
    var cells: [Value] = []
    for cell in 0..<(try Extent.tableCount(size)) {
      var offsets = [Int](repeating: 0, count: size.count)
      var rest = cell
      for axis in size.indices.reversed() {
        offsets[axis] = rest % size[axis]
        rest /= size[axis]
      }
      cells.append(
        try graph.slice(
          x, starts: [0] + offsets + [0], counts: [batch] + outputs + [channels],
          strides: [1] + arguments.window.strides + [1]))
    }
    let patches = try graph.stack(cells, axis: isChannelsFirst ? -1 : size.count + 1)
    let positions = try count(outputs)
    let features = try count(size + [channels])
    let rows = try graph.transpose(
      graph.reshape(patches, to: [batch, positions, features]), [1, 0, 2])
    let product = try graph.transpose(graph.matmul(rows, kernel), [1, 0, 2])
    let y = try graph.reshape(product, to: [batch] + outputs + [arguments.filters])
    return try graph.channels(y, to: arguments.window.format)
  }

  private func dense(
    _ kernel: Value, _ x: Value, in graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    var mask = graph.scalar(1, graph.dtype(kernel))
    let lead = isChannelsFirst ? 1 : 0
    let half = inputs.count + 1
    for axis in inputs.indices {
      var reached = [Float](
        repeating: 0, count: try Extent.tableCount([inputs[axis], outputs[axis]]))
      for position in 0..<outputs[axis] {
        for cell in arguments.reach(axis, position: position, extent: inputs[axis]) {
          reached[cell * outputs[axis] + position] = 1
        }
      }
      var spread = [Int](repeating: 1, count: 2 * half)
      spread[lead + axis] = inputs[axis]
      spread[half + lead + axis] = outputs[axis]
      let part = try graph.cast(
        graph.constant(Tensor(shape: spread, reached)), to: graph.dtype(kernel))
      mask = try graph.multiply(mask, part)
    }
    let masked = try graph.multiply(kernel, mask)
    let matrix = try graph.reshape(
      masked, to: [count(inputs + [channels]), count(outputs + [arguments.filters])])
    return try shaped(graph.matmul(flat(x, in: &graph), matrix), in: &graph)
  }

  private func sparse(
    _ kernel: Value, _ x: Value, in graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let pairs = try indices()
    let rows = try count(outputs + [arguments.filters])
    let columns = try count(inputs + [channels])
    let indices = graph.constant(
      Tensor(
        shape: [pairs.count, 2], integers: pairs.flatMap { [Int64($0.0), Int64($0.1)] },
        dtype: .int32))
    let empty = try graph.full(0, shape: [rows, columns], graph.dtype(kernel))
    let matrix = try graph.scatter(.update, empty, indices, kernel)
    let product = try graph.matmul(flat(x, in: &graph), matrix, transposeB: true)
    return try shaped(product, in: &graph)
  }

  /// The pairs of output and input cells of the stored values, in their order.
  func indices() throws(LayerError) -> [(Int, Int)] {
    var pairs: [(Int, Int)] = []
    pairs.reserveCapacity(try Extent.tableCount(kernelShape()))
    for position in 0..<(try count(outputs)) {
      let coordinates = LocalConnections.coordinates(position, in: outputs)
      var cells: [Int] = [0]
      for axis in inputs.indices {
        let reach = arguments.reach(axis, position: coordinates[axis], extent: inputs[axis])
        cells = cells.flatMap { cell in reach.map { cell * inputs[axis] + $0 } }
      }
      let positions = outputs.reduce(1, *)
      let extent = inputs.reduce(1, *)
      for filter in 0..<arguments.filters {
        let output =
          isChannelsFirst
          ? filter * positions + position : position * arguments.filters + filter
        for channel in 0..<channels {
          for cell in cells {
            pairs.append(
              (output, isChannelsFirst ? channel * extent + cell : cell * channels + channel))
          }
        }
      }
    }
    return pairs.sorted { $0 < $1 }
  }

  private static func coordinates(_ position: Int, in extents: [Int]) -> [Int] {
    var result = [Int](repeating: 0, count: extents.count)
    var rest = position
    for axis in extents.indices.reversed() {
      result[axis] = rest % extents[axis]
      rest /= extents[axis]
    }
    return result
  }

  private func flat(_ x: Value, in graph: inout GraphBuilder) throws(LayerError) -> Value {
    try graph.reshape(x, to: [graph.shape(x)[0], count(inputs + [channels])])
  }

  private func shaped(_ y: Value, in graph: inout GraphBuilder) throws(LayerError) -> Value {
    let ends = [arguments.filters]
    return try graph.reshape(
      y, to: [graph.shape(y)[0]] + (isChannelsFirst ? ends + outputs : outputs + ends))
  }
}

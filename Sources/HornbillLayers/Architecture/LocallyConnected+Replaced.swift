import HornbillCore

extension LocallyConnected1D: ReplacedLayer {}
extension LocallyConnected2D: ReplacedLayer {}

/// Convolutions with a kernel of its own at each position: the windows of the input as rows, each times its kernel; or the whole input
/// times one matrix, for kernels that are stored so.
extension LocallyConnectedLayer {
  func addLayers(
    _ context: ReplacementContext, input: TensorSpec, to graph: inout GraphDraft,
    _ upgrade: inout ModelUpgrade
  ) throws(LayerError) -> [Int] {
    let map = try connections(of: input)
    let positions = try map.count(map.outputs)
    let filters = arguments.filters
    var arrays: [DerivedArray] = []
    if arguments.storage == .perPosition {
      arrays.append(DerivedArray(context.instance, 0))
      if arguments.useBias {
        arrays.append(
          DerivedArray(context.instance, 1) { (bias) throws(LayerError) in
            bias.withShape(isFirst ? [filters, positions] : [positions, filters])
              .transposedRows(isFirst)
          })
      }
      return [
        graph.addPart(
          EinsumDense.className, suffix: "_product", context,
          [
            ("equation", .string("abc,bcd->abd")),
            ("output_shape", .integers([positions, filters])),
            ("activation", .string("linear")),
            ("bias_axes", arguments.useBias ? .string("bd") : .null),
          ], arrays, &upgrade)
      ]
    }
    let units = try map.count(map.outputs + [filters])
    arrays.append(
      DerivedArray(context.instance, 0) { (kernel) throws(LayerError) in try map.matrix(kernel) })
    if arguments.useBias {
      arrays.append(
        DerivedArray(context.instance, 1) { (bias) throws(LayerError) in bias.withShape([units]) })
    }
    return [
      graph.addPart(
        Dense.className, suffix: "_product", context,
        [
          ("units", .integer(Int64(units))), ("activation", .string("linear")),
          ("use_bias", .bool(arguments.useBias)),
        ], arrays, &upgrade)
    ]
  }

  private var isFirst: Bool { arguments.window.format == .channelsFirst }

  private func connections(of spec: TensorSpec) throws(LayerError) -> LocalConnections {
    let format = arguments.window.format
    guard let shape = spec.shape,
      let channels = shape.dimensions[format == .channelsFirst ? 1 : shape.rank - 1]
    else {
      throw LayerError(.shape, "the input's shape must be known")
    }
    var inputs: [Int] = []
    var outputs: [Int] = []
    for (index, axis) in format.spatialAxes(rank: shape.rank).enumerated() {
      guard let extent = shape.dimensions[axis] else {
        throw LayerError(.shape, "the input's shape must be known")
      }
      inputs.append(extent)
      outputs.append(try arguments.window.positions(index, extent: extent))
    }
    return LocalConnections(
      arguments: arguments, inputs: inputs, outputs: outputs, channels: channels)
  }

  func write(
    _ inputs: [DraftTensor], _ layers: [Int], _ context: ReplacementContext,
    in graph: inout GraphDraft, variable: (LayerInstance, Int) throws(LayerError) -> Tensor
  ) throws(LayerError) -> DraftTensor {
    let map = try connections(of: inputs[0].spec)
    let filters = arguments.filters
    var y: DraftTensor
    if arguments.storage == .perPosition {
      y = try graph.callLayer(layers[0], rows(inputs[0], map, in: &graph))
      y = graph.reshape(y, to: map.outputs + [filters])
      if isFirst {
        let rank = map.outputs.count + 2
        y = graph.transpose(y, [0, rank - 1] + Array(1..<(rank - 1)))
      }
    } else {
      let flat = graph.reshape(inputs[0], to: [try map.count(map.inputs + [map.channels])])
      y = graph.callLayer(layers[0], flat)
      y = graph.reshape(y, to: isFirst ? [filters] + map.outputs : map.outputs + [filters])
    }
    return try graph.activate(y, arguments.activation, context)
  }

  /// The windows, one row for each position.
  private func rows(
    _ input: DraftTensor, _ map: LocalConnections, in graph: inout GraphDraft
  ) throws(LayerError) -> DraftTensor {
    let size = arguments.window.size
    let rank = size.count + 2
    let x = isFirst ? graph.transpose(input, [0] + Array(2..<rank) + [1]) : input
    var cells: [Argument<DraftTensor>] = []
    for cell in 0..<(try Extent.tableCount(size)) {
      var rest = cell
      var key = [Argument<DraftTensor>](
        repeating: .slice(start: .none, stop: .none, step: .none), count: rank)
      for axis in size.indices.reversed() {
        let start = rest % size[axis]
        rest /= size[axis]
        let stride = arguments.window.strides[axis]
        key[axis + 1] = .slice(
          start: .integer(Int64(start)),
          stop: .integer(Int64(start + (map.outputs[axis] - 1) * stride + 1)),
          step: .integer(Int64(stride)))
      }
      cells.append(.tensor(graph.apply("GetItem", .tensor(x), .list(key))))
    }
    let features = try map.count(size + [map.channels])
    let patches: DraftTensor
    if isFirst {
      patches = graph.apply("Stack", .list(cells), fields: [("axis", .integer(-1))])
    } else {
      patches = graph.apply("Concatenate", .list(cells), fields: [("axis", .integer(-1))])
    }
    return graph.reshape(patches, to: [try map.count(map.outputs), features])
  }
}

extension LocalConnections {
  /// The kernel as a matrix from all cells of the input to all of the output.
  func matrix(_ kernel: Tensor) throws(LayerError) -> Tensor {
    let rows = try count(inputs + [channels])
    let columns = try count(outputs + [arguments.filters])
    _ = try Extent.tableCount([rows, columns])
    guard let values = kernel.doubles else {
      throw LayerError(.weights, "a kernel that is not of numbers")
    }
    var matrix = [Float](repeating: 0, count: rows * columns)
    let pairs = try indices()
    for (position, pair) in pairs.enumerated() {
      let place = pair.1 * columns + pair.0
      let source = arguments.storage == .sparse ? position : place
      guard source < values.count, place < matrix.count else {
        throw LayerError(.weights, "a kernel of \(values.count) values does not fit")
      }
      matrix[place] = Float(values[source])
    }
    return Tensor(shape: [rows, columns], matrix)
  }
}

extension Tensor {
  /// The same elements in another shape of as many.
  func withShape(_ shape: [Int]) -> Tensor {
    Shape.elementCount(shape) == count ? Tensor(shape: shape, dtype: dtype, storage: storage) : self
  }

  /// A matrix with rows and columns exchanged, if asked.
  func transposedRows(_ isTransposed: Bool) -> Tensor {
    guard isTransposed, shape.count == 2, case .float(let values) = storage else { return self }
    let (rows, columns) = (shape[0], shape[1])
    var result = [Float](repeating: 0, count: values.count)
    for row in 0..<rows {
      for column in 0..<columns { result[column * rows + row] = values[row * columns + column] }
    }
    return Tensor(shape: [columns, rows], dtype: dtype, storage: .float(result))
  }
}

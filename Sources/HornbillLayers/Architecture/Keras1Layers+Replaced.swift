import HornbillCore

/// A dense layer of all the maps side by side, of which the greatest is taken.
extension MaxoutDense: ReplacedLayer {
  func addLayers(
    _ context: ReplacementContext, input: TensorSpec, to graph: inout GraphDraft,
    _ upgrade: inout ModelUpgrade
  ) throws(LayerError) -> [Int] {
    let count = try Extent.product(features, units)
    var arrays = [
      DerivedArray(context.instance, 0) { (kernel) throws(LayerError) in
        try kernel.withFirstAxisAfterSecond()
      }
    ]
    if useBias {
      arrays.append(
        DerivedArray(context.instance, 1) { (bias) throws(LayerError) in bias.withShape([count]) })
    }
    return [
      graph.addPart(
        Dense.className, suffix: "_maps", context,
        [
          ("units", .integer(Int64(count))), ("activation", .string("linear")),
          ("use_bias", .bool(useBias)),
        ], arrays, &upgrade)
    ]
  }

  func write(
    _ inputs: [DraftTensor], _ layers: [Int], _ context: ReplacementContext,
    in graph: inout GraphDraft, variable: (LayerInstance, Int) throws(LayerError) -> Tensor
  ) throws(LayerError) -> DraftTensor {
    let maps = graph.reshape(graph.callLayer(layers[0], inputs[0]), to: [features, units])
    return graph.apply(
      "Max", .tensor(maps),
      fields: [("axis", .integer(1)), ("keepdims", .bool(false)), ("initial", .null)])
  }
}

/// A dense layer for the transformed part and one for the gate.
extension Highway: ReplacedLayer {
  func addLayers(
    _ context: ReplacementContext, input: TensorSpec, to graph: inout GraphDraft,
    _ upgrade: inout ModelUpgrade
  ) throws(LayerError) -> [Int] {
    guard let extent = input.shape?.dimensions.last ?? nil else {
      throw LayerError(.shape, "the input's last extent must be known")
    }
    var result: [Int] = []
    for (index, suffix) in ["_transform", "_gate"].enumerated() {
      var arrays = [DerivedArray(context.instance, index)]
      if useBias { arrays.append(DerivedArray(context.instance, 2 + index)) }
      result.append(
        graph.addPart(
          Dense.className, suffix: suffix, context,
          [
            ("units", .integer(Int64(extent))), ("activation", .string("linear")),
            ("use_bias", .bool(useBias)),
          ], arrays, &upgrade))
    }
    return result
  }

  func write(
    _ inputs: [DraftTensor], _ layers: [Int], _ context: ReplacementContext,
    in graph: inout GraphDraft, variable: (LayerInstance, Int) throws(LayerError) -> Tensor
  ) throws(LayerError) -> DraftTensor {
    let x = inputs[0]
    let linear = graph.callLayer(layers[0], x, shape: x.spec.shape)
    let y = try graph.activate(linear, activation, context)
    let gate = graph.apply(
      "Sigmoid", .tensor(graph.callLayer(layers[1], x, shape: x.spec.shape)))
    let carry = graph.apply("Subtract", .number(1), .tensor(gate))
    let kept = graph.apply("Multiply", .tensor(y), .tensor(gate), shape: x.spec.shape)
    let passed = graph.apply("Multiply", .tensor(carry), .tensor(x), shape: x.spec.shape)
    return try graph.sum(.tensor(kept), .tensor(passed))
  }
}

/// A layer that is written as operations; its variables stand in them as constants.
protocol ConstantLayer: ReplacedLayer {
  /// How many of its variables the operations use.
  var constantCount: Int { get }

  /// Writes a call.
  func write(
    _ x: DraftTensor, _ constants: [Tensor], in graph: inout GraphDraft
  ) throws(LayerError) -> DraftTensor
}

extension ConstantLayer {
  func addLayers(
    _ context: ReplacementContext, input: TensorSpec, to graph: inout GraphDraft,
    _ upgrade: inout ModelUpgrade
  ) throws(LayerError) -> [Int] {
    upgrade.note(context.instance, "its weights stand in the model as constants")
    return []
  }

  func write(
    _ inputs: [DraftTensor], _ layers: [Int], _ context: ReplacementContext,
    in graph: inout GraphDraft, variable: (LayerInstance, Int) throws(LayerError) -> Tensor
  ) throws(LayerError) -> DraftTensor {
    var constants: [Tensor] = []
    for index in 0..<constantCount {
      constants.append(
        try variable(context.instance, index).converted(to: inputs[0].spec.dtype))
    }
    return try write(inputs[0], constants, in: &graph)
  }
}

extension ParametricSoftplus: ConstantLayer {
  var constantCount: Int { 2 }

  func write(
    _ x: DraftTensor, _ constants: [Tensor], in graph: inout GraphDraft
  ) throws(LayerError) -> DraftTensor {
    let steep = graph.apply("Multiply", .tensor(x), .array(constants[1]))
    let soft = graph.apply("Softplus", .tensor(steep))
    return graph.apply("Multiply", .tensor(soft), .array(constants[0]))
  }
}

extension SReLU: ConstantLayer {
  var constantCount: Int { 4 }

  func write(
    _ x: DraftTensor, _ constants: [Tensor], in graph: inout GraphDraft
  ) throws(LayerError) -> DraftTensor {
    let left = Argument<DraftTensor>.array(constants[0])
    guard let widths = constants[2].floats, let starts = constants[0].floats,
      widths.count == starts.count
    else { throw LayerError(.weights, "its variables are not of numbers") }
    let width = Tensor(shape: constants[2].shape, widths.map(abs))
    let right = Tensor(shape: width.shape, zip(starts, widths).map { $0 + abs($1) })
    let dtype = x.spec.dtype
    let offset = graph.apply("Subtract", .tensor(x), left)
    let low = graph.apply("Minimum", .tensor(offset), .number(0))
    let below = graph.apply("Multiply", .tensor(low), .array(constants[1]))
    let positive = graph.apply("Maximum", .tensor(offset), .number(0))
    let center = graph.apply(
      "Minimum", .tensor(positive), .array(width.converted(to: dtype)))
    let distance = graph.apply("Subtract", .tensor(x), .array(right.converted(to: dtype)))
    let high = graph.apply("Maximum", .tensor(distance), .number(0))
    let above = graph.apply("Multiply", .tensor(high), .array(constants[3]))
    let middle = try graph.sum(left, .tensor(center))
    let lower = try graph.sum(.tensor(middle), .tensor(below))
    return try graph.sum(.tensor(lower), .tensor(above))
  }
}

extension LegacyBatchNormalization: ConstantLayer {
  var constantCount: Int { 2 }

  func write(
    _ x: DraftTensor, _ constants: [Tensor], in graph: inout GraphDraft
  ) throws(LayerError) -> DraftTensor {
    guard let rank = x.spec.shape?.rank else {
      throw LayerError(.shape, "the input's shape must be known")
    }
    let place = mode == .featureWise || axis == -1 ? rank - 1 : axis < 0 ? axis + rank : axis
    let axes = mode == .featureWise ? [rank - 1] : (0..<rank).filter { $0 != place }
    var extents = x.spec.shape?.dimensions ?? []
    guard extents.indices.contains(place) else {
      throw LayerError(.shape, "axis \(axis) does not exist")
    }
    for axis in axes { extents[axis] = 1 }
    let fields = [("axis", JSON.integers(axes)), ("keepdims", JSON.bool(true))]
    let mean = graph.apply("Mean", .tensor(x), fields: fields, shape: Shape(extents))
    let offset = graph.apply("Subtract", .tensor(x), .tensor(mean))
    let variance = graph.apply(
      "Mean", .tensor(graph.apply("Square", .tensor(offset))), fields: fields,
      shape: Shape(extents))
    var deviation = graph.apply(
      "Sqrt", .tensor(try graph.sum(.tensor(variance), .number(epsilon))))
    if mode == .featureWise {
      deviation = try graph.sum(.tensor(deviation), .number(epsilon))
    }
    let normal = graph.apply("Divide", .tensor(offset), .tensor(deviation))
    var form = [Int](repeating: 1, count: rank)
    form[place] = constants[0].count
    let scaled = graph.apply("Multiply", .tensor(normal), .array(constants[0].withShape(form)))
    return try graph.sum(.tensor(scaled), .array(constants[1].withShape(form)))
  }
}

/// The products of both inputs with each other and with themselves.
extension CosineMerge: ReplacedLayer {
  func addLayers(
    _ context: ReplacementContext, input: TensorSpec, to graph: inout GraphDraft,
    _ upgrade: inout ModelUpgrade
  ) throws(LayerError) -> [Int] {
    [("_product", axes), ("_first", [axes[0], axes[0]]), ("_second", [axes[1], axes[1]])].map {
      suffix, axes in
      graph.addPart(
        Dot.className, suffix: suffix, context,
        [("axes", .integers(axes)), ("normalize", .bool(false))], [], &upgrade)
    }
  }

  func write(
    _ inputs: [DraftTensor], _ layers: [Int], _ context: ReplacementContext,
    in graph: inout GraphDraft, variable: (LayerInstance, Int) throws(LayerError) -> Tensor
  ) throws(LayerError) -> DraftTensor {
    guard inputs.count == 2 else {
      throw LayerError(.wiring, "the cosine takes two tensors, found \(inputs.count)")
    }
    let pairs = [[inputs[0], inputs[1]], [inputs[0], inputs[0]], [inputs[1], inputs[1]]]
    let products = zip(layers, pairs).map { layer, pair in
      graph.call(
        layer, CallArguments([.list(pair.map { Argument<DraftTensor>.tensor($0) })]),
        outputs: [TensorSpec(nil, inputs[0].spec.dtype)])[0]
    }
    let squares = graph.apply("Multiply", .tensor(products[1]), .tensor(products[2]))
    let length = graph.apply(
      "Maximum", .tensor(graph.apply("Sqrt", .tensor(squares))), .number(1e-7))
    let cosine = graph.apply("Divide", .tensor(products[0]), .tensor(length))
    return graph.apply("ExpandDims", .tensor(cosine), fields: [("axis", .integer(1))])
  }
}

extension Tensor {
  /// An array of three axes with the first one inside the second, as a matrix of as many columns.
  func withFirstAxisAfterSecond() throws(LayerError) -> Tensor {
    guard shape.count == 3 else { throw LayerError(.weights, "a kernel that has not three axes") }
    let (features, rows, units) = (shape[0], shape[1], shape[2])
    func moved<Element>(_ values: [Element]) -> [Element] {
      var result: [Element] = []
      result.reserveCapacity(values.count)
      for row in 0..<rows {
        for feature in 0..<features {
          let start = (feature * rows + row) * units
          result += values[start..<(start + units)]
        }
      }
      return result
    }
    let columns = try Extent.product(features, units)
    switch storage {
    case .float(let values):
      return Tensor(shape: [rows, columns], dtype: dtype, storage: .float(moved(values)))
    case .double(let values):
      return Tensor(shape: [rows, columns], dtype: dtype, storage: .double(moved(values)))
    case .integer, .text: throw LayerError(.weights, "a kernel that is not of numbers")
    }
  }
}

import HornbillCore

/// Convolutions and pooling as operations; kernels are operands.
///
/// Source: Keras 3, `keras/src/ops/nn.py`, with `keras/src/backend/tensorflow/nn.py`.
enum ConvolutionOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "Conv": { (c, g) throws(LayerError) in
      let (x, kernel) = try c.pair(isStrong: true, isFloating: true, &g)
      return [try convolution(c, x, kernel, &g)]
    },
    "DepthwiseConv": { (c, g) throws(LayerError) in
      let (x, kernel) = try c.pair(isStrong: true, isFloating: true, &g)
      return [try depthwise(c, x, kernel, &g)]
    },
    "SeparableConv": { (c, g) throws(LayerError) in
      let values = try g.promoted(
        [
          c.argument(0, "inputs"), c.argument(1, "depthwise_kernel"),
          c.argument(2, "pointwise_kernel"),
        ], isStrong: true, isFloating: true)
      let x = try depthwise(c, values[0], values[1], &g)
      let ones = [Int](repeating: 1, count: max(g.rank(x) - 2, 0))
      let format = try format(c)
      var y = try g.channelsLast(x, from: format)
      let window = WindowSpec(
        size: ones, strides: ones, dilations: ones, paddingBefore: ones.map { $0 - 1 },
        paddingAfter: ones.map { $0 - 1 })
      y = try g.convolution(y, values[2], window, groups: 1)
      return [try g.channels(y, to: format)]
    },
    "ConvTranspose": transposed,
    "MaxPool": pool(.maximum),
    "AveragePool": pool(.average),
    "AdaptiveMaxPool": adaptivePool(.maximum),
    "AdaptiveAveragePool": adaptivePool(.average),
  ]

  private static func format(_ c: OperationCall) throws(LayerError) -> DataFormat {
    try c.choice("data_format", default: DataFormat.channelsLast)
  }

  private static func padding(_ c: OperationCall) throws(LayerError) -> Padding {
    let text = try c.string("padding", default: "valid")
    switch text {
    case "valid", "VALID": return .valid
    case "same", "SAME": return .same
    default: throw c.invalid("padding", expected: "\"valid\" or \"same\"")
    }
  }

  /// The sliding window of a convolution whose kernel has these extents.
  private static func geometry(
    _ c: OperationCall, size: [Int]
  ) throws(LayerError) -> WindowGeometry {
    let ones = [Int](repeating: 1, count: size.count)
    return WindowGeometry(
      size: size,
      strides: try c.extents("strides", axes: size.count, default: ones),
      dilations: try c.extents("dilation_rate", axes: size.count, default: ones),
      padding: try padding(c), format: try format(c))
  }

  private static func requireKernel(
    _ x: Value, _ kernel: Value, _ g: GraphBuilder
  ) throws(LayerError) {
    guard g.rank(x) >= 3, g.rank(kernel) == g.rank(x) else {
      throw LayerError(
        .shape,
        "a convolution of shape \(Shape(g.shape(x))) with a kernel of shape \(Shape(g.shape(kernel)))"
      )
    }
  }

  private static func convolution(
    _ c: OperationCall, _ input: Value, _ kernel: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    try requireKernel(input, kernel, g)
    let geometry = try geometry(c, size: Array(g.shape(kernel).dropLast(2)))
    let x = try g.channelsLast(input, from: geometry.format)
    let channels = g.shape(x)[g.rank(x) - 1]
    let own = g.shape(kernel)[g.rank(kernel) - 2]
    guard own > 0, channels % own == 0 else {
      throw LayerError(.shape, "\(channels) channels for a kernel of \(own)")
    }
    let window = try geometry.window(over: g.spatialExtents(x))
    let y = try g.convolution(x, kernel, window, groups: channels / own)
    return try g.channels(y, to: geometry.format)
  }

  private static func depthwise(
    _ c: OperationCall, _ input: Value, _ kernel: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    try requireKernel(input, kernel, g)
    let size = Array(g.shape(kernel).dropLast(2))
    let geometry = try geometry(c, size: size)
    let x = try g.channelsLast(input, from: geometry.format)
    let (channels, multiplier) = (g.shape(kernel)[size.count], g.shape(kernel)[size.count + 1])
    let flat = try g.reshape(kernel, to: size + [1, Extent.product(channels, multiplier)])
    let window = try geometry.window(over: g.spatialExtents(x))
    let y = try g.convolution(x, flat, window, groups: channels)
    return try g.channels(y, to: geometry.format)
  }

  private static let transposed: Operation.Rule = { (c, g) throws(LayerError) in
    let (input, kernel) = try c.pair(isStrong: true, isFloating: true, &g)
    try requireKernel(input, kernel, g)
    let size = Array(g.shape(kernel).dropLast(2))
    let geometry = try geometry(c, size: size)
    let added =
      try c["output_padding"] == nil
      ? nil : c.extents("output_padding", axes: size.count, atLeast: 0)
    let arguments = TransposedConvolutionArguments(
      filters: g.shape(kernel)[size.count], window: geometry, outputPadding: added,
      options: FilterOptions(activation: .linear, useBias: false, kernels: [:]))
    let x = try g.channelsLast(input, from: geometry.format)
    let inputs = g.spatialExtents(x)
    var outputs: [Int] = []
    for (axis, extent) in inputs.enumerated() {
      outputs.append(try arguments.outputExtent(axis, of: extent))
    }
    let window = try arguments.forwardWindow(inputs: inputs, outputs: outputs)
    let y = try g.transposedConvolution(x, kernel, window, output: outputs)
    return [try g.channels(y, to: geometry.format)]
  }

  private static func pool(_ kind: PoolKind) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let input = try c.tensor(0, "inputs", &g)
      let axes = max(g.rank(input) - 2, 0)
      let size = try c.extents("pool_size", axes: axes)
      let geometry = WindowGeometry(
        size: size, strides: try c.extents("strides", axes: axes, default: size),
        padding: try padding(c), format: try format(c))
      let x = try g.channelsLast(input, from: geometry.format)
      let y = try g.pool(kind, x, geometry.window(over: g.spatialExtents(x)))
      return [try g.channels(y, to: geometry.format)]
    }
  }

  private static func adaptivePool(_ kind: PoolKind) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      var y = try c.tensor(0, "inputs", &g)
      let axes = try format(c).spatialAxes(rank: g.rank(y))
      let counts = try c.extents("output_size", axes: axes.count)
      for (axis, count) in zip(axes, counts) {
        y = try g.adaptivePool(kind, y, axis: axis, count: count)
      }
      return [y]
    }
  }
}

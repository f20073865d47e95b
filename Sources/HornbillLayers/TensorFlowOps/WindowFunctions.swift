import HornbillCore

/// TensorFlow's convolutions, poolings and patches.
///
/// Source: TensorFlow, `tensorflow/python/ops/nn_ops.py`, `nn_impl.py` and `array_ops.py`.
enum WindowFunctions {
  /// The functions by name, without the module.
  static let rules: [String: Operation.Rule] = [
    "conv1d": convolution, "conv2d": convolution, "conv3d": convolution,
    "convolution": convolution, "atrous_conv2d": convolution,
    "depthwise_conv2d": { (c, g) throws(LayerError) in
      let (x, kernel) = try c.both("filter", "filters", in: &g)
      return [try depthwise(c, x, kernel, &g)]
    },
    "separable_conv2d": { (c, g) throws(LayerError) in
      let (x, kernel) = try c.both("depthwise_filter", in: &g)
      let pointwise = try g.operand(c.required(2, "pointwise_filter"), as: g.dtype(x))
      let y = try g.channelsLast(depthwise(c, x, kernel, &g), from: format(c))
      let window = WindowSpec(
        size: [1, 1], strides: [1, 1], dilations: [1, 1], paddingBefore: [0, 0],
        paddingAfter: [0, 0])
      return [
        try g.channels(g.convolution(y, pointwise, window, groups: 1), to: format(c))
      ]
    },
    "conv1d_transpose": transposed, "conv2d_transpose": transposed,
    "conv3d_transpose": transposed, "conv_transpose": transposed,
    "max_pool": pool(.maximum), "max_pool1d": pool(.maximum), "max_pool2d": pool(.maximum),
    "max_pool3d": pool(.maximum), "avg_pool": pool(.average), "avg_pool1d": pool(.average),
    "avg_pool2d": pool(.average), "avg_pool3d": pool(.average),
    "pool": { (c, g) throws(LayerError) in
      let kind = try c.text("pooling_type") ?? ""
      guard kind == "AVG" || kind == "MAX" else {
        throw c.bad("pooling_type", expected: "\"AVG\" or \"MAX\"")
      }
      return try pool(kind == "AVG" ? .average : .maximum)(c, &g)
    },
    "depth_to_space": blocks("DepthToSpace"), "space_to_depth": blocks("SpaceToDepth"),
    "extract_patches": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      let size = try c.requiredWholes(nil, "sizes", in: g)
      let steps = try c.wholes(nil, "strides", in: g) ?? size
      let rates = try c.wholes(nil, "rates", in: g) ?? [1, 1, 1, 1]
      guard g.rank(x) == 4,
        [size, steps, rates].allSatisfy({ list in
          list.count == 4 && list.allSatisfy { $0 > 0 }
        })
      else { throw c.bad("sizes", expected: "of four integers above 0") }
      let geometry = WindowGeometry(
        size: Array(size[1..<3]), strides: Array(steps[1..<3]), dilations: Array(rates[1..<3]),
        padding: try padding(c) ?? .valid)
      return [try g.patches(x, geometry.window(over: g.spatialExtents(x)))]
    },
    "local_response_normalization": localResponse, "lrn": localResponse,
  ]

  static func format(_ c: OperationCall) throws(LayerError) -> DataFormat {
    guard let text = try c.text("data_format") else { return .channelsLast }
    if let format = DataFormat(rawValue: text) { return format }
    switch text {
    case "NHWC", "NWC", "NDHWC": return .channelsLast
    case "NCHW", "NCW", "NCDHW": return .channelsFirst
    default: throw c.bad("data_format", expected: "an order of axes that is supported")
    }
  }

  /// The padding that has a name; `nil` for one of explicit numbers.
  private static func padding(_ c: OperationCall) throws(LayerError) -> Padding? {
    switch c.value(nil, "padding") {
    case .string("SAME"), .string("same"): return .same
    case .string("VALID"), .string("valid"), nil: return .valid
    case .string("EXPLICIT"), .list: return nil
    default: throw c.bad("padding", expected: "\"SAME\", \"VALID\" or pairs of integers")
    }
  }

  /// As many numbers as there are spatial axes, of one, of those, or of all axes.
  private static func spatial(
    _ c: OperationCall, _ names: [String], axes: Int, default fallback: [Int]?,
    _ g: GraphBuilder
  ) throws(LayerError) -> [Int] {
    guard let argument = c.value(nil, names) else {
      guard let fallback else { throw c.missing(names[0]) }
      return fallback
    }
    var numbers = try g.wholes(argument, c.className)
    if numbers.count == 1 { numbers = [Int](repeating: numbers[0], count: axes) }
    if numbers.count == axes + 2 {
      let edge = try format(c) == .channelsLast ? [0, axes + 1] : [0, 1]
      guard edge.allSatisfy({ numbers[$0] == 1 }) else {
        throw LayerError(
          .unsupported, "\(c.className): \"\(names[0])\" over batch or channels is not supported")
      }
      numbers =
        try format(c) == .channelsLast ? Array(numbers[1...axes]) : Array(numbers[2...])
    }
    guard numbers.count == axes, numbers.allSatisfy({ $0 > 0 && $0 <= 1 << 31 }) else {
      throw c.bad(names[0], expected: "of \(axes) integers from 1 to 2^31")
    }
    return numbers
  }

  /// The window over a tensor with its channels last.
  private static func window(
    _ c: OperationCall, size: [Int], over x: Value, strides fallback: [Int]? = nil,
    _ g: GraphBuilder
  ) throws(LayerError) -> WindowSpec {
    let axes = size.count
    let ones = [Int](repeating: 1, count: axes)
    let strides = try spatial(
      c, ["strides", "stride"], axes: axes, default: fallback ?? ones, g)
    let dilations = try spatial(
      c, ["dilations", "rate", "dilation_rate"], axes: axes, default: ones, g)
    guard g.rank(x) == axes + 2 else {
      throw LayerError(.shape, "a window of \(axes) axes over shape \(Shape(g.shape(x)))")
    }
    guard let padding = try padding(c) else {
      let edges = try c.wholes(nil, "explicit_paddings", "padding", in: g) ?? []
      guard edges.count == 2 * axes + 4, edges.allSatisfy({ $0 >= 0 && $0 <= 1 << 31 })
      else {
        throw c.bad("padding", expected: "a pair of integers for each axis")
      }
      let first = try format(c) == .channelsLast ? 2 : 4
      return WindowSpec(
        size: size, strides: strides, dilations: dilations,
        paddingBefore: (0..<axes).map { edges[first + 2 * $0] },
        paddingAfter: (0..<axes).map { edges[first + 2 * $0 + 1] })
    }
    return try WindowGeometry(
      size: size, strides: strides, dilations: dilations, padding: padding
    ).window(over: g.spatialExtents(x))
  }

  private static let convolution: Operation.Rule = { (c, g) throws(LayerError) in
    let (input, kernel) = try c.both("filters", "filter", in: &g)
    let x = try g.channelsLast(input, from: format(c))
    guard g.rank(kernel) == g.rank(x), g.rank(x) >= 3 else {
      throw LayerError(
        .shape,
        "a convolution of shape \(Shape(g.shape(input))) with a kernel of shape \(Shape(g.shape(kernel)))"
      )
    }
    let channels = g.shape(x)[g.rank(x) - 1]
    let own = g.shape(kernel)[g.rank(kernel) - 2]
    guard own > 0, channels % own == 0 else {
      throw LayerError(.shape, "\(channels) channels for a kernel of \(own)")
    }
    let window = try window(c, size: Array(g.shape(kernel).dropLast(2)), over: x, g)
    let y = try g.convolution(x, kernel, window, groups: channels / own)
    return [try g.channels(y, to: format(c))]
  }

  private static func depthwise(
    _ c: OperationCall, _ input: Value, _ kernel: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let x = try g.channelsLast(input, from: format(c))
    let shape = g.shape(kernel)
    guard shape.count == 4, g.rank(x) == 4 else {
      throw LayerError(
        .shape, "a depthwise convolution with a kernel of shape \(Shape(shape))")
    }
    let filters = try Extent.product(shape[2], shape[3])
    let flat = try g.reshape(kernel, to: [shape[0], shape[1], 1, filters])
    let window = try window(c, size: Array(shape[..<2]), over: x, g)
    let y = try g.convolution(x, flat, window, groups: shape[2])
    return try g.channels(y, to: format(c))
  }

  /// The gradient of a convolution; the output's shape is an argument.
  private static let transposed: Operation.Rule = { (c, g) throws(LayerError) in
    let (input, kernel) = try c.both("filters", "filter", in: &g)
    let shape = try c.requiredWholes(2, "output_shape", in: g)
    let x = try g.channelsLast(input, from: format(c))
    let axes = g.rank(x) - 2
    guard axes > 0, g.rank(kernel) == axes + 2, shape.count == axes + 2 else {
      throw LayerError(
        .shape, "a transposed convolution of shape \(Shape(g.shape(input))) to \(shape)")
    }
    let outputs = try Array(shape[(format(c) == .channelsLast ? 1 : 2)...].prefix(axes))
    guard outputs.allSatisfy({ $0 > 0 }) else {
      throw c.bad("output_shape", expected: "of integers above 0")
    }
    let model = try g.full(0, shape: [1] + outputs + [1], g.dtype(x))
    let window = try window(
      c, size: Array(g.shape(kernel).dropLast(2)), over: model, g)
    for axis in 0..<axes where window.positions(axis, extent: outputs[axis]) != g.shape(x)[axis + 1]
    {
      throw LayerError(
        .shape, "a convolution of \(shape) does not give shape \(Shape(g.shape(input)))")
    }
    let y = try g.transposedConvolution(x, kernel, window, output: outputs)
    return [try g.channels(y, to: format(c))]
  }

  private static func pool(_ kind: PoolKind) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let x = try g.channelsLast(c.x(&g), from: format(c))
      let axes = g.rank(x) - 2
      guard axes > 0 else {
        throw LayerError(.shape, "pooling of shape \(Shape(g.shape(x)))")
      }
      let size = try spatial(
        c, ["ksize", "window_shape", "pool_size"], axes: axes, default: nil, g)
      let window = try window(c, size: size, over: x, g)
      return [try g.channels(g.pool(kind, x, window), to: format(c))]
    }
  }

  private static func blocks(_ name: String) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let block = try c.whole(nil, "block_size", in: g) ?? 0
      let format = try format(c).rawValue
      return try c.keras(
        name, [c.x(&g)],
        [("block_size", .integer(Int64(block))), ("data_format", .string(format))], &g)
    }
  }

  private static let localResponse: Operation.Rule = { (c, g) throws(LayerError) in
    let x = try c.x(&g)
    let radius = try c.whole(nil, "depth_radius", in: g) ?? 5
    guard g.rank(x) == 4, radius >= 0, radius <= 1 << 12 else {
      throw LayerError(.shape, "a response normalization of shape \(Shape(g.shape(x)))")
    }
    let channels = g.shape(x)[3]
    let padded = try g.pad(
      g.square(x), before: [0, 0, 0, radius], after: [0, 0, 0, radius])
    var sum = try g.slice(padded, axis: 3, start: 0, count: channels)
    for offset in 0..<(2 * radius) {
      sum = try g.add(sum, g.slice(padded, axis: 3, start: offset + 1, count: channels))
    }
    let scaled = try g.multiply(sum, c.real(nil, "alpha", default: 1, in: g))
    let base = try g.add(scaled, c.real(nil, "bias", default: 1, in: g))
    let beta = try c.real(nil, "beta", default: 0.5, in: g)
    return [try g.divide(x, g.binary(.power, base, g.number(beta, g.dtype(x))))]
  }
}

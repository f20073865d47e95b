import HornbillCore

/// TensorFlow's convolutions, poolings and other functions of windows.
enum WindowTranslation {
  static let rules: [String: TensorFlowTranslation.Rule] = [
    "conv1d": convolution("Conv"), "conv2d": convolution("Conv"), "conv3d": convolution("Conv"),
    "convolution": convolution("Conv"), "atrous_conv2d": convolution("Conv"),
    "depthwise_conv2d": convolution("DepthwiseConv"),
    "separable_conv2d": { (c, g) throws(LayerError) in
      let x = try c.x
      let depthwise = try c.operand(c.required(1, "depthwise_filter"), like: x.spec.dtype)
      let pointwise = try c.operand(c.required(2, "pointwise_filter"), like: x.spec.dtype)
      return [
        g.apply(
          "SeparableConv", .tensor(x), depthwise, pointwise,
          fields: try evenGeometry(c, axes: 2))
      ]
    },
    "conv1d_transpose": transposed, "conv2d_transpose": transposed, "conv3d_transpose": transposed,
    "conv_transpose": transposed,
    "Conv2DBackpropInput": { (c, g) throws(LayerError) in
      let values = c.arguments.positional
      guard values.count == 3 else { throw c.refusal("it has not three operands") }
      let turned = CallArguments(
        [values[2], values[1], values[0]], keywords: c.arguments.keywords)
      return try transposed(
        TensorFlowCall(function: c.function, arguments: turned, outputs: c.outputs), &g)
    },
    "max_pool": pool("MaxPool"), "max_pool1d": pool("MaxPool"), "max_pool2d": pool("MaxPool"),
    "max_pool3d": pool("MaxPool"), "avg_pool": pool("AveragePool"),
    "avg_pool1d": pool("AveragePool"), "avg_pool2d": pool("AveragePool"),
    "avg_pool3d": pool("AveragePool"),
    "pool": { (c, g) throws(LayerError) in
      switch c.text("pooling_type") {
      case "MAX": return try pool("MaxPool")(c, &g)
      case "AVG": return try pool("AveragePool")(c, &g)
      default: throw c.refusal("the kind of pooling is not known")
      }
    },
    "depth_to_space": blocks("DepthToSpace"), "space_to_depth": blocks("SpaceToDepth"),
    "extract_patches": patches, "ExtractImagePatches": patches,
    "local_response_normalization": localResponse, "lrn": localResponse,
    "space_to_batch_nd": spaceToBatch, "batch_to_space_nd": batchToSpace,
  ]

  static func format(_ c: TensorFlowCall) -> String {
    c.isChannelsFirst ? "channels_first" : "channels_last"
  }

  /// Extents along the spatial axes, of one number, of those, or of all axes.
  private static func spatial(
    _ c: TensorFlowCall, axes: Int, _ names: [String], fallback: [Int]
  ) throws(LayerError) -> [Int] {
    var numbers: [Int]?
    for name in names where numbers == nil { numbers = try c.wholes(nil, name) }
    guard let numbers else { return fallback }
    if numbers.count == 1 { return [Int](repeating: numbers[0], count: axes) }
    if numbers.count == axes { return numbers }
    guard numbers.count == axes + 2 else { throw c.refusal("a window of \(numbers.count) extents") }
    let edge = c.isChannelsFirst ? [0, 1] : [0, axes + 1]
    guard edge.allSatisfy({ numbers[$0] == 1 }) else {
      throw c.refusal("a window over batch or channels")
    }
    return Array(c.isChannelsFirst ? numbers[2...] : numbers[1...axes])
  }

  /// The name of a padding in Keras.
  private static func padding(_ c: TensorFlowCall) throws(LayerError) -> String {
    guard let padding = c.text("padding")?.uppercased(), ["SAME", "VALID"].contains(padding) else {
      throw c.refusal("the padding is given by numbers")
    }
    return padding.lowercased()
  }

  private static func geometry(
    _ c: TensorFlowCall, axes: Int
  ) throws(LayerError) -> [(String, JSON)] {
    let ones = [Int](repeating: 1, count: axes)
    let strides = try spatial(c, axes: axes, ["strides", "stride"], fallback: ones)
    let rates = try spatial(
      c, axes: axes, ["dilations", "rate", "dilation_rate"], fallback: ones)
    return [
      ("strides", .integers(strides)), ("padding", .string(try padding(c))),
      ("data_format", .string(format(c))), ("dilation_rate", .integers(rates)),
    ]
  }

  /// The geometry of a convolution of each channel, which Keras 3 takes as single numbers only.
  private static func evenGeometry(
    _ c: TensorFlowCall, axes: Int
  ) throws(LayerError) -> [(String, JSON)] {
    var fields = try geometry(c, axes: axes)
    for index in fields.indices {
      guard let numbers = fields[index].1.array else { continue }
      guard let first = numbers.first, numbers.allSatisfy({ $0 == first }) else {
        throw c.refusal("strides and gaps differ from axis to axis")
      }
      fields[index].1 = first
    }
    return fields
  }

  private static func convolution(_ className: String) -> TensorFlowTranslation.Rule {
    { (c, g) throws(LayerError) in
      let x = try c.x
      let kernel = try c.operand(c.required(1, "filters", "filter"), like: x.spec.dtype)
      let axes = try c.rank(x) - 2
      guard (1...3).contains(axes) else { throw c.refusal("only one batch axis is written") }
      let fields =
        className == "Conv" ? try geometry(c, axes: axes) : try evenGeometry(c, axes: axes)
      return [g.apply(className, .tensor(x), kernel, fields: fields)]
    }
  }

  /// The gradient of a convolution, as a convolution of the input with zeros between its cells; Keras 3.15 does not run its own
  /// operation `ConvTranspose`.
  private static let transposed: TensorFlowTranslation.Rule = { (c, g) throws(LayerError) in
    var x = try c.x
    let axes = try c.rank(x) - 2
    guard (1...3).contains(axes), !c.isChannelsFirst, let shape = x.spec.shape?.dimensions,
      !shape.dropFirst().contains(nil),
      case .array(let kernel) = try c.operand(
        c.required(1, "filters", "filter"), like: x.spec.dtype),
      kernel.shape.count == axes + 2, let stated = try c.wholes(2, "output_shape")
    else { throw c.refusal("an extent or the kernel is not known") }
    let ones = [Int](repeating: 1, count: axes)
    let strides = try spatial(c, axes: axes, ["strides", "stride"], fallback: ones)
    guard try spatial(c, axes: axes, ["dilations"], fallback: ones) == ones else {
      throw c.refusal("windows with gaps are not written")
    }
    let outputs = stated.count == axes ? stated : Array(stated.dropFirst().prefix(axes))
    guard outputs.count == axes, let channels = shape[axes + 1] else {
      throw c.refusal("the output's shape is not known")
    }
    let extents = shape[1...axes].compactMap { $0 }
    let isSame = try padding(c) == "same"
    var parts: [Int] = []
    for axis in 0..<axes { parts += [extents[axis], 1] }
    x = g.reshape(x, to: parts + [channels])
    let gaps = (0..<axes).flatMap { [[0, 0], [0, strides[$0] - 1]] }
    x = g.pad(x, [[0, 0]] + gaps + [[0, 0]])
    x = g.reshape(x, to: (0..<axes).map { extents[$0] * strides[$0] } + [channels])
    var widths: [[Int]] = [[0, 0]]
    for axis in 0..<axes {
      let size = kernel.shape[axis]
      let total = max((extents[axis] - 1) * strides[axis] + size - outputs[axis], 0)
      let before = size - 1 - (isSame ? total / 2 : 0)
      let after = outputs[axis] + size - 1 - before - extents[axis] * strides[axis]
      guard before >= 0, size > 0 else { throw c.refusal("the kernel is too small") }
      widths.append([before, after])
    }
    // Zeros behind the last cell may be too many.
    let all = Argument<DraftTensor>.slice(start: .none, stop: .none, step: .none)
    var key = [all]
    for axis in 0..<axes {
      let stop = extents[axis] * strides[axis] + min(widths[axis + 1][1], 0)
      guard stop > 0 else { throw c.refusal("the output is too small") }
      key.append(.slice(start: .none, stop: .integer(Int64(stop)), step: .none))
    }
    if widths.contains(where: { $0[1] < 0 }) {
      var cut = g.apply("GetItem", .tensor(x), .list(key))
      cut.spec.shape = x.spec.shape
      x = cut
    }
    x = g.pad(x, widths.map { [$0[0], max($0[1], 0)] } + [[0, 0]])
    return [
      g.apply(
        "Conv", .tensor(x), .array(try kernel.turnedForTransposition()),
        fields: [
          ("strides", .integers(ones)), ("padding", .string("valid")),
          ("data_format", .string("channels_last")), ("dilation_rate", .integers(ones)),
        ])
    ]
  }

  private static func pool(_ className: String) -> TensorFlowTranslation.Rule {
    { (c, g) throws(LayerError) in
      let x = try c.x
      let axes = try c.rank(x) - 2
      guard (1...3).contains(axes) else { throw c.refusal("only one batch axis is written") }
      let ones = [Int](repeating: 1, count: axes)
      let size = try spatial(
        c, axes: axes, ["ksize", "window_shape", "pool_size"], fallback: ones)
      guard try spatial(c, axes: axes, ["dilations"], fallback: ones) == ones else {
        throw c.refusal("windows with gaps are not written")
      }
      let strides = try spatial(c, axes: axes, ["strides", "stride"], fallback: ones)
      return [
        g.apply(
          className, .tensor(x),
          fields: [
            ("pool_size", .integers(size)), ("strides", .integers(strides)),
            ("padding", .string(try padding(c))), ("data_format", .string(format(c))),
          ])
      ]
    }
  }

  private static func blocks(_ className: String) -> TensorFlowTranslation.Rule {
    { (c, g) throws(LayerError) in
      guard let size = try c.whole(1, "block_size") else { throw c.refusal("no block size") }
      return [
        try g.apply(
          className, .tensor(c.x),
          fields: [
            ("block_size", .integer(Int64(size))), ("data_format", .string(format(c))),
          ])
      ]
    }
  }

  /// The windows as channels: one slice for each cell of a window.
  private static let patches: TensorFlowTranslation.Rule = { (c, g) throws(LayerError) in
    var x = try c.x
    let ones = [1, 1]
    let size = try spatial(c, axes: 2, ["sizes", "ksizes"], fallback: ones)
    let strides = try spatial(c, axes: 2, ["strides"], fallback: ones)
    let rates = try spatial(c, axes: 2, ["rates"], fallback: ones)
    guard let shape = x.spec.shape?.dimensions, shape.count == 4, let height = shape[1],
      let width = shape[2], (size + strides + rates).allSatisfy({ $0 > 0 && $0 < 1 << 10 }),
      size[0] * size[1] <= 1 << 10
    else { throw c.refusal("an extent is not known") }
    let padding: Padding = try padding(c) == "same" ? .same : .valid
    let window = try WindowGeometry(
      size: size, strides: strides, dilations: rates, padding: padding
    ).window(over: [height, width])
    let edge = [0, 0]
    let rows = [window.paddingBefore[0], window.paddingAfter[0]]
    let columns = [window.paddingBefore[1], window.paddingAfter[1]]
    let widths: [[Int]] = [edge, rows, columns, edge]
    let positions = [
      window.positions(0, extent: height), window.positions(1, extent: width),
    ]
    x = g.pad(x, widths)
    var cells: [Argument<DraftTensor>] = []
    for row in 0..<size[0] {
      for column in 0..<size[1] {
        let starts = [row * rates[0], column * rates[1]]
        let all = Argument<DraftTensor>.slice(start: .none, stop: .none, step: .none)
        var key = [all]
        for axis in 0..<2 {
          let stop = starts[axis] + (positions[axis] - 1) * strides[axis] + 1
          key.append(
            .slice(
              start: .integer(Int64(starts[axis])), stop: .integer(Int64(stop)),
              step: .integer(Int64(strides[axis]))))
        }
        cells.append(.tensor(g.apply("GetItem", .tensor(x), .list(key + [all]))))
      }
    }
    return [g.apply("Concatenate", .list(cells), fields: [("axis", .integer(-1))])]
  }

  private static let localResponse: TensorFlowTranslation.Rule = { (c, g) throws(LayerError) in
    let x = try c.x
    let radius = try c.whole(1, "depth_radius") ?? 5
    guard try c.rank(x) == 4, let channels = x.spec.shape?.dimensions[3], radius >= 0,
      radius <= 1 << 10
    else { throw c.refusal("the channels are not known") }
    let edge = [0, 0]
    let padded = g.pad(
      g.apply("Square", .tensor(x)), [edge, edge, edge, [radius, radius]])
    var sum: DraftTensor?
    for offset in 0...(2 * radius) {
      var part = g.apply(
        "GetItem", .tensor(padded),
        .list([
          .ellipsis,
          .slice(
            start: .integer(Int64(offset)), stop: .integer(Int64(offset + channels)), step: .none),
        ]))
      part.spec.shape = x.spec.shape
      if let all = sum {
        sum = try g.sum(.tensor(all), .tensor(part))
      } else {
        sum = part
      }
    }
    guard let sum else { throw c.refusal("no channels") }
    let scaled = try g.apply("Multiply", .tensor(sum), .number(c.real(3, "alpha", default: 1)))
    let base = try g.sum(.tensor(scaled), .number(c.real(2, "bias", default: 1)))
    let power = try g.apply("Power", .tensor(base), .number(c.real(4, "beta", default: 0.5)))
    return [g.apply("Divide", .tensor(x), .tensor(power))]
  }

  // MARK: Blocks in the batch

  /// The extents, the block and the pairs of numbers of a call.
  private static func batchBlocks(
    _ c: TensorFlowCall, _ names: String...
  ) throws(LayerError) -> (extents: [Int], block: [Int], pairs: [[Int]]) {
    let block = try c.wholes(1, "block_shape") ?? []
    var numbers: [Int]?
    for name in names where numbers == nil { numbers = try c.wholes(2, name) }
    guard let shape = try c.x.spec.shape?.dimensions.dropFirst(), !shape.contains(nil),
      !block.isEmpty, block.count <= shape.count, let numbers, numbers.count == 2 * block.count,
      block.allSatisfy({ $0 > 0 })
    else { throw c.refusal("an extent is not known") }
    let pairs = block.indices.map { [numbers[2 * $0], numbers[2 * $0 + 1]] }
    return (shape.compactMap { $0 }, block, pairs)
  }

  private static let spaceToBatch: TensorFlowTranslation.Rule = { (c, g) throws(LayerError) in
    var (extents, block, pairs) = try batchBlocks(c, "paddings")
    let rest = extents.count - block.count
    var x = try g.pad(c.x, [[0, 0]] + pairs + [[Int]](repeating: [0, 0], count: rest))
    var parts: [Int] = []
    for axis in extents.indices {
      guard axis < block.count else {
        parts.append(extents[axis])
        continue
      }
      extents[axis] = (extents[axis] + pairs[axis].reduce(0, +)) / block[axis]
      parts += [extents[axis], block[axis]]
    }
    x = g.reshape(x, to: parts)
    let blocks = block.indices.map { 2 * $0 + 2 }
    let spaces = block.indices.map { 2 * $0 + 1 }
    let others = (0..<rest).map { 2 * block.count + 1 + $0 }
    x = g.transpose(x, blocks + [0] + spaces + others)
    return [g.reshape(x, to: extents)]
  }

  private static let batchToSpace: TensorFlowTranslation.Rule = { (c, g) throws(LayerError) in
    var (extents, block, pairs) = try batchBlocks(c, "crops")
    let count = block.count
    var x = try g.apply(
      "Reshape", .tensor(c.x), fields: [("newshape", .integers(block + [-1] + extents))],
      shape: Shape(block + [nil] + extents.map { $0 }))
    var order = [count]
    for axis in block.indices { order += [count + 1 + axis, axis] }
    order += (count..<extents.count).map { count + 1 + $0 }
    x = g.transpose(x, order)
    for axis in block.indices { extents[axis] *= block[axis] }
    x = g.reshape(x, to: extents)
    guard pairs.contains(where: { $0 != [0, 0] }) else { return [x] }
    let all = Argument<DraftTensor>.slice(start: .none, stop: .none, step: .none)
    var key = [all]
    for axis in block.indices {
      let stop = extents[axis] - pairs[axis][1]
      key.append(
        .slice(
          start: .integer(Int64(pairs[axis][0])), stop: .integer(Int64(stop)), step: .none))
    }
    return [g.apply("GetItem", .tensor(x), .list(key))]
  }
}

extension GraphDraft {
  /// Adds zeros around a tensor, pairs of widths for each axis.
  mutating func pad(_ x: DraftTensor, _ widths: [[Int]]) -> DraftTensor {
    guard widths.contains(where: { $0 != [0, 0] }) else { return x }
    let shape = x.spec.shape.map { shape in
      Shape(
        zip(shape.dimensions, widths).map { extent, pair in extent.map { $0 + pair[0] + pair[1] } })
    }
    return apply(
      "Pad", .tensor(x),
      fields: [
        ("pad_width", .array(widths.map { JSON.integers($0) })), ("mode", .string("constant")),
      ], keywords: [("constant_values", .number(0))], shape: shape)
  }
}

extension Tensor {
  /// A kernel with its cells in reverse and its last two axes exchanged.
  fileprivate func turnedForTransposition() throws(LayerError) -> Tensor {
    let (outputs, inputs) = (shape[shape.count - 2], shape[shape.count - 1])
    let cells = shape.dropLast(2).reduce(1, *)
    func turned<Element>(_ values: [Element]) -> [Element] {
      var result: [Element] = []
      result.reserveCapacity(values.count)
      for cell in (0..<cells).reversed() {
        for input in 0..<inputs {
          for output in 0..<outputs {
            result.append(values[(cell * outputs + output) * inputs + input])
          }
        }
      }
      return result
    }
    let form = shape.dropLast(2) + [inputs, outputs]
    switch storage {
    case .float(let values):
      return Tensor(shape: Array(form), dtype: dtype, storage: .float(turned(values)))
    case .double(let values):
      return Tensor(shape: Array(form), dtype: dtype, storage: .double(turned(values)))
    case .integer, .text: throw LayerError(.weights, "a kernel that is not of numbers")
    }
  }
}

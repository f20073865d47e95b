import HornbillCore

/// TensorFlow's functions of images and windows.
enum ImageTranslation {
  static let rules: [String: TensorFlowTranslation.Rule] = [
    "image.flip_left_right": { (c, g) throws(LayerError) in [flip(try c.x, -2, &g)] },
    "image.flip_up_down": { (c, g) throws(LayerError) in [flip(try c.x, -3, &g)] },
    "image.rgb_to_grayscale": { (c, g) throws(LayerError) in
      [
        try g.apply(
          "RGBToGrayscale", .tensor(c.x), fields: [("data_format", .string("channels_last"))])
      ]
    },
    "image.adjust_contrast": { (c, g) throws(LayerError) in
      let x = try c.x
      let factor = try c.real(1, "contrast_factor", default: 1)
      let mean = g.apply(
        "Mean", .tensor(x), fields: [("axis", .integers([-3, -2])), ("keepdims", .bool(true))])
      let offset = g.apply("Subtract", .tensor(x), .tensor(mean))
      let scaled = g.apply("Multiply", .tensor(offset), .number(factor))
      return [try g.sum(.tensor(scaled), .tensor(mean))]
    },
    "image.crop_to_bounding_box": { (c, g) throws(LayerError) in
      guard let top = try c.whole(1, "offset_height"), let left = try c.whole(2, "offset_width"),
        let height = try c.whole(3, "target_height"), let width = try c.whole(4, "target_width")
      else { throw c.refusal("no box") }
      return [try g.box(c.x, rows: top..<(top + height), columns: left..<(left + width))]
    },
    "max_pool": { (c, g) throws(LayerError) in try pool("MaxPool", c, &g) },
    "max_pool2d": { (c, g) throws(LayerError) in try pool("MaxPool", c, &g) },
    "avg_pool": { (c, g) throws(LayerError) in try pool("AveragePool", c, &g) },
    "avg_pool2d": { (c, g) throws(LayerError) in try pool("AveragePool", c, &g) },
    "depth_to_space": { (c, g) throws(LayerError) in try blocks("DepthToSpace", c, &g) },
    "space_to_depth": { (c, g) throws(LayerError) in try blocks("SpaceToDepth", c, &g) },
    "conv2d": { (c, g) throws(LayerError) in
      let x = try c.x
      let kernel = try c.operand(c.required(1, "filters", "filter"), like: x.spec.dtype)
      guard let padding = c.text("padding"), padding == "SAME" || padding == "VALID" else {
        throw c.refusal("the padding is given by numbers")
      }
      return [
        g.apply(
          "Conv", .tensor(x), kernel,
          fields: [
            ("strides", try window(c, "strides", fallback: 1)),
            ("padding", .string(padding.lowercased())),
            ("data_format", .string(format(c))),
            ("dilation_rate", try window(c, "dilations", fallback: 1)),
          ])
      ]
    },
  ]

  private static func format(_ c: TensorFlowCall) -> String {
    c.isChannelsFirst ? "channels_first" : "channels_last"
  }

  private static func flip(_ x: DraftTensor, _ axis: Int, _ g: inout GraphDraft) -> DraftTensor {
    g.apply("Flip", .tensor(x), fields: [("axis", .integer(Int64(axis)))])
  }

  /// The extents of a window along the two spatial axes.
  private static func window(
    _ c: TensorFlowCall, _ name: String, fallback: Int
  ) throws(LayerError) -> JSON {
    let numbers = try c.wholes(nil, name) ?? [fallback]
    switch numbers.count {
    case 1: return .integers([numbers[0], numbers[0]])
    case 2: return .integers(numbers)
    case 4: return .integers(Array(c.isChannelsFirst ? numbers[2...3] : numbers[1...2]))
    default: throw c.refusal("a window of \(numbers.count) extents")
    }
  }

  private static func pool(
    _ className: String, _ c: TensorFlowCall, _ g: inout GraphDraft
  ) throws(LayerError) -> [DraftTensor] {
    guard let padding = c.text("padding"), padding == "SAME" || padding == "VALID",
      try c.rank(c.x) == 4
    else { throw c.refusal("only windows over two axes are written") }
    return [
      try g.apply(
        className, .tensor(c.x),
        fields: [
          ("pool_size", try window(c, "ksize", fallback: 1)),
          ("strides", try window(c, "strides", fallback: 1)),
          ("padding", .string(padding.lowercased())), ("data_format", .string(format(c))),
        ])
    ]
  }

  private static func blocks(
    _ className: String, _ c: TensorFlowCall, _ g: inout GraphDraft
  ) throws(LayerError) -> [DraftTensor] {
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

extension GraphDraft {
  /// A part of an image whose channels come last.
  mutating func box(_ x: DraftTensor, rows: Range<Int>, columns: Range<Int>) -> DraftTensor {
    func cut(_ range: Range<Int>) -> Argument<DraftTensor> {
      .slice(
        start: .integer(Int64(range.lowerBound)), stop: .integer(Int64(range.upperBound)),
        step: .none)
    }
    let all = Argument<DraftTensor>.slice(start: .none, stop: .none, step: .none)
    return apply("GetItem", .tensor(x), .list([.ellipsis, cut(rows), cut(columns), all]))
  }
}

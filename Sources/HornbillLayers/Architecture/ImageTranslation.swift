import HornbillCore

/// TensorFlow's functions of images.
enum ImageTranslation {
  static let rules: [String: TensorFlowTranslation.Rule] = [
    "image.flip_left_right": { (c, g) throws(LayerError) in [flip(try c.x, -2, &g)] },
    "image.flip_up_down": { (c, g) throws(LayerError) in [flip(try c.x, -3, &g)] },
    "image.transpose": { (c, g) throws(LayerError) in [turned(try c.x, &g)] },
    "image.rot90": { (c, g) throws(LayerError) in
      let x = try c.x
      switch (((try c.whole(1, "k") ?? 1) % 4) + 4) % 4 {
      case 1: return [turned(flip(x, -2, &g), &g)]
      case 2: return [flip(flip(x, -3, &g), -2, &g)]
      case 3: return [flip(turned(x, &g), -2, &g)]
      default: return [g.apply("StopGradient", .tensor(x))]
      }
    },
    "image.rgb_to_grayscale": colour("RGBToGrayscale"),
    "image.rgb_to_hsv": colour("RGBToHSV"), "image.hsv_to_rgb": colour("HSVToRGB"),
    "image.grayscale_to_rgb": { (c, g) throws(LayerError) in
      let x = try c.x
      let ones = [Int](repeating: 1, count: max(try c.rank(x) - 1, 0))
      return [g.apply("Tile", .tensor(x), fields: [("repeats", .integers(ones + [3]))])]
    },
    "image.adjust_brightness": { (c, g) throws(LayerError) in
      let x = try floatImage(c)
      return [try g.sum(.tensor(x), c.required(1, "delta"))]
    },
    "image.adjust_contrast": { (c, g) throws(LayerError) in
      let x = try floatImage(c)
      let factor = try c.required(1, "contrast_factor")
      var mean = g.apply(
        "Mean", .tensor(x), fields: [("axis", .integers([-3, -2])), ("keepdims", .bool(true))])
      mean.spec.shape = x.spec.shape.map { shape in
        var extents = shape.dimensions
        for axis in 2...3 where axis <= extents.count { extents[extents.count - axis] = 1 }
        return Shape(extents)
      }
      let offset = g.apply("Subtract", .tensor(x), .tensor(mean))
      let scaled = g.apply("Multiply", .tensor(offset), factor)
      return [try g.sum(.tensor(scaled), .tensor(mean))]
    },
    "image.per_image_standardization": { (c, g) throws(LayerError) in
      let x = try floatImage(c)
      guard let extents = x.spec.shape?.dimensions.suffix(3), extents.count == 3,
        let count = Shape.elementCount(extents.map { $0 ?? -1 }), !extents.contains(nil), count > 0
      else { throw c.refusal("the extents are not known") }
      let fields = [("axis", JSON.integers([-3, -2, -1])), ("keepdims", JSON.bool(true))]
      let mean = g.apply("Mean", .tensor(x), fields: fields)
      let spread = g.apply("Std", .tensor(x), fields: fields)
      let bounded = g.apply(
        "Maximum", .tensor(spread), .number(1 / Double(count).squareRoot()))
      let offset = g.apply("Subtract", .tensor(x), .tensor(mean))
      return [g.apply("Divide", .tensor(offset), .tensor(bounded))]
    },
    "image.central_crop": { (c, g) throws(LayerError) in
      let share = try c.real(1, "central_fraction", default: 1)
      guard share > 0, share <= 1 else { throw c.refusal("the share is not above 0 and up to 1") }
      let (x, extents) = try image(c)
      let starts = extents.map { Int((Double($0) - Double($0) * share) / 2) }
      return [
        g.box(
          x, rows: starts[0]..<(extents[0] - starts[0]),
          columns: starts[1]..<(extents[1] - starts[1]))
      ]
    },
    "image.crop_to_bounding_box": { (c, g) throws(LayerError) in
      let (offsets, targets) = try box(c)
      return [
        try g.box(
          c.x, rows: offsets[0]..<(offsets[0] + targets[0]),
          columns: offsets[1]..<(offsets[1] + targets[1]))
      ]
    },
    "image.pad_to_bounding_box": { (c, g) throws(LayerError) in
      let (x, extents) = try image(c)
      let (offsets, targets) = try box(c)
      return [try padded(x, extents, offsets, targets, c, &g)]
    },
    "image.resize_with_crop_or_pad": cropOrPad,
    "image.resize_image_with_crop_or_pad": cropOrPad,
    "image.resize": resize, "compat.v1.image.resize": sampled(nil),
    "compat.v1.image.resize_images": sampled(nil),
    "image.resize_bilinear": sampled("bilinear"),
    "image.resize_nearest_neighbor": sampled("nearest"),
  ]

  private static func flip(_ x: DraftTensor, _ axis: Int, _ g: inout GraphDraft) -> DraftTensor {
    g.apply("Flip", .tensor(x), fields: [("axis", .integer(Int64(axis)))], shape: x.spec.shape)
  }

  private static func turned(_ x: DraftTensor, _ g: inout GraphDraft) -> DraftTensor {
    g.apply("Swapaxes", .tensor(x), fields: [("axis1", .integer(-3)), ("axis2", .integer(-2))])
  }

  private static func colour(_ className: String) -> TensorFlowTranslation.Rule {
    { (c, g) throws(LayerError) in
      [
        try g.apply(
          className, .tensor(floatImage(c)), fields: [("data_format", .string("channels_last"))])
      ]
    }
  }

  /// The images, whose numbers have fractions; TensorFlow scales others.
  private static func floatImage(_ c: TensorFlowCall) throws(LayerError) -> DraftTensor {
    let x = try c.x
    guard x.spec.dtype.isFloatingPoint else { throw c.refusal("images of whole numbers") }
    return x
  }

  /// The images with the extents of their rows and columns.
  private static func image(
    _ c: TensorFlowCall
  ) throws(LayerError) -> (x: DraftTensor, extents: [Int]) {
    let x = try c.x
    guard let shape = x.spec.shape?.dimensions, shape.count == 3 || shape.count == 4,
      let height = shape[shape.count - 3], let width = shape[shape.count - 2]
    else { throw c.refusal("the extents are not known") }
    return (x, [height, width])
  }

  private static func box(
    _ c: TensorFlowCall
  ) throws(LayerError) -> (offsets: [Int], targets: [Int]) {
    guard let top = try c.whole(1, "offset_height"), let left = try c.whole(2, "offset_width"),
      let height = try c.whole(3, "target_height"), let width = try c.whole(4, "target_width"),
      [top, left, height, width].allSatisfy({ (0..<1 << 31).contains($0) })
    else { throw c.refusal("no box") }
    return ([top, left], [height, width])
  }

  private static func padded(
    _ x: DraftTensor, _ extents: [Int], _ offsets: [Int], _ targets: [Int], _ c: TensorFlowCall,
    _ g: inout GraphDraft
  ) throws(LayerError) -> DraftTensor {
    let widths = extents.indices.map { [offsets[$0], targets[$0] - offsets[$0] - extents[$0]] }
    guard widths.allSatisfy({ $0[0] >= 0 && $0[1] >= 0 }) else {
      throw c.refusal("the image does not fit into the box")
    }
    let lead = [[Int]](repeating: [0, 0], count: try c.rank(x) - 3)
    return g.pad(x, lead + widths + [[0, 0]])
  }

  private static let cropOrPad: TensorFlowTranslation.Rule = { (c, g) throws(LayerError) in
    var (x, extents) = try image(c)
    guard let height = try c.whole(1, "target_height"), let width = try c.whole(2, "target_width"),
      height > 0, width > 0
    else { throw c.refusal("no extents") }
    let targets = [height, width]
    var starts = [0, 0]
    var offsets = [0, 0]
    for axis in 0..<2 {
      let excess = extents[axis] - targets[axis]
      starts[axis] = max(excess, 0) / 2
      offsets[axis] = max(-excess, 0) / 2
      extents[axis] = min(extents[axis], targets[axis])
    }
    let rank = try c.rank(x)
    let cut = g.box(
      x, rows: starts[0]..<(starts[0] + extents[0]),
      columns: starts[1]..<(starts[1] + extents[1]))
    let shape = x.spec.shape
    x = cut
    x.spec.shape = shape.map { shape in
      var all = shape.dimensions
      (all[rank - 3], all[rank - 2]) = (extents[0], extents[1])
      return Shape(all)
    }
    return [try padded(x, extents, offsets, targets, c, &g)]
  }

  // MARK: Sizes

  private static func size(_ c: TensorFlowCall) throws(LayerError) -> [Int] {
    guard let size = try c.wholes(1, "size"), size.count == 2, size.allSatisfy({ $0 > 0 }) else {
      throw c.refusal("no size")
    }
    return size
  }

  /// The name of a method of resizing.
  private static func method(_ c: TensorFlowCall) throws(LayerError) -> String {
    switch c.value(2, "method") {
    case nil, .integer(0)?: return "bilinear"
    case .integer(1)?: return "nearest"
    case .integer(2)?: return "bicubic"
    case .integer(3)?: return "area"
    case .string(let name)?: return name.lowercased()
    default: throw c.refusal("the method of resizing is not known")
    }
  }

  private static let resize: TensorFlowTranslation.Rule = { (c, g) throws(LayerError) in
    let (x, _) = try image(c)
    let method = try method(c)
    guard ["bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"].contains(method) else {
      throw c.refusal("Keras 3 does not resize by \"\(method)\"")
    }
    guard !c.flag("preserve_aspect_ratio"), x.spec.dtype.isFloatingPoint || method == "nearest"
    else {
      throw c.refusal("Keras 3 resizes to the given size and keeps the type")
    }
    let antialias = c.flag("antialias")
    let wide = method == "nearest" ? x : g.cast(x, to: .float32)
    return [
      try g.apply(
        "Resize", .tensor(wide),
        fields: [
          ("size", .integers(size(c))), ("interpolation", .string(method)),
          ("antialias", .bool(antialias)), ("crop_to_aspect_ratio", .bool(false)),
          ("pad_to_aspect_ratio", .bool(false)), ("fill_mode", .string("constant")),
          ("fill_value", .double(0)), ("data_format", .string("channels_last")),
        ])
    ]
  }

  /// The old resizing, whose first cells or corners lie over each other, as reads of cells and their means.
  private static func sampled(_ name: String?) -> TensorFlowTranslation.Rule {
    { (c, g) throws(LayerError) in
      var method = name ?? ""
      if name == nil { method = try ImageTranslation.method(c) }
      let (image, extents) = try image(c)
      let size = try size(c)
      guard method == "bilinear" || method == "nearest", !c.flag("half_pixel_centers"),
        !c.flag("preserve_aspect_ratio")
      else { throw c.refusal("the old resizing is written by nearest cells and bilinear only") }
      guard name != nil || extents != size else {
        return [g.apply("StopGradient", .tensor(image))]
      }
      let isAligned = c.flag("align_corners")
      let cells = zip(extents, size).map { extent, count in
        (0..<count).map { index -> (lower: Int, fraction: Float) in
          let scale =
            isAligned && count > 1
            ? Float(extent - 1) / Float(count - 1) : Float(extent) / Float(count)
          let position = Float(index) * scale
          guard method == "bilinear" else {
            let cell = position.rounded(isAligned ? .toNearestOrAwayFromZero : .down)
            return (min(Int(cell), extent - 1), 0)
          }
          let lower = min(Int(position.rounded(.down)), extent - 1)
          return (lower, position - position.rounded(.down))
        }
      }
      var y = method == "nearest" ? image : g.cast(image, to: .float32)
      for axis in [1, 0] {
        let place = JSON.integer(Int64(axis - 3))
        let lower = cells[axis].map { Int64($0.lower) }
        let first = g.take(y, lower, place)
        guard method == "bilinear", cells[axis].contains(where: { $0.fraction > 0 }) else {
          y = first
          continue
        }
        let second = g.take(y, lower.map { min($0 + 1, Int64(extents[axis]) - 1) }, place)
        let shape = axis == 1 ? [size[1], 1] : [size[0], 1, 1]
        let fractions = Tensor(shape: shape, cells[axis].map(\.fraction))
        let step = g.apply("Subtract", .tensor(second), .tensor(first))
        let part = g.apply("Multiply", .tensor(step), .array(fractions))
        y = try g.sum(.tensor(first), .tensor(part))
      }
      return [y]
    }
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

  /// Cells along an axis.
  mutating func take(_ x: DraftTensor, _ cells: [Int64], _ axis: JSON) -> DraftTensor {
    var result = apply(
      "Take", .tensor(x), .array(Tensor(shape: [cells.count], integers: cells, dtype: .int32)),
      fields: [("axis", axis)], dtype: x.spec.dtype)
    if case .integer(let place) = axis, var extents = x.spec.shape?.dimensions {
      extents[place < 0 ? extents.count + Int(place) : Int(place)] = cells.count
      result.spec.shape = Shape(extents)
    }
    return result
  }
}

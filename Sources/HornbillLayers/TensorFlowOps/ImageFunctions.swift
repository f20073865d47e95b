import HornbillCore

/// TensorFlow's functions of images, which have their channels last.
///
/// Source: TensorFlow, `tensorflow/python/ops/image_ops_impl.py`.
enum ImageFunctions {
  /// The functions by name.
  static let rules: [String: Operation.Rule] = [
    "image.resize": resize,
    "image.resize_images": resize,
    "compat.v1.image.resize": resize, "compat.v1.image.resize_images": resize,
    "image.resize_bilinear": cornered(.bilinear),
    "image.resize_nearest_neighbor": cornered(.nearest),
    "image.resize_bicubic": cornered(.bicubic),
    "image.resize_area": cornered(.area),
    "image.scale_and_translate": scaleAndTranslate,
    "image.central_crop": { (c, g) throws(LayerError) in
      let (x, axes) = try images(c, &g)
      let share = try c.real(1, "central_fraction", in: g)
      guard share > 0, share <= 1 else {
        throw c.bad("central_fraction", expected: "above 0 and up to 1")
      }
      if share == 1 { return [x] }
      var y = x
      for axis in axes {
        let extent = g.shape(x)[axis]
        let start = Int((Double(extent) - Double(extent) * share) / 2)
        y = try g.slice(y, axis: axis, start: start, count: extent - 2 * start)
      }
      return [y]
    },
    "image.crop_to_bounding_box": { (c, g) throws(LayerError) in
      let (x, axes) = try images(c, &g)
      let (offsets, targets) = try box(c, g)
      var y = x
      for (index, axis) in axes.enumerated() {
        y = try g.slice(y, axis: axis, start: offsets[index], count: targets[index])
      }
      return [y]
    },
    "image.pad_to_bounding_box": { (c, g) throws(LayerError) in
      let (x, axes) = try images(c, &g)
      let (offsets, targets) = try box(c, g)
      return [try padded(x, axes, offsets, targets, &g)]
    },
    "image.resize_with_crop_or_pad": cropOrPad,
    "image.resize_image_with_crop_or_pad": cropOrPad,
    "image.flip_left_right": flipped(1), "image.flip_up_down": flipped(0),
    "image.transpose": { (c, g) throws(LayerError) in
      let (x, axes) = try images(c, &g)
      var order = Array(0..<g.rank(x))
      order.swapAt(axes[0], axes[1])
      return [try g.transpose(x, order)]
    },
    "image.rot90": { (c, g) throws(LayerError) in
      let (x, axes) = try images(c, &g)
      let turns = (((try c.whole(1, "k", in: g) ?? 1) % 4) + 4) % 4
      var order = Array(0..<g.rank(x))
      order.swapAt(axes[0], axes[1])
      switch turns {
      case 1: return [try g.transpose(g.reverse(x, axis: axes[1]), order)]
      case 2: return [try g.reverse(g.reverse(x, axis: axes[0]), axis: axes[1])]
      case 3: return [try g.reverse(g.transpose(x, order), axis: axes[1])]
      default: return [x]
      }
    },
    "image.rgb_to_grayscale": { (c, g) throws(LayerError) in
      let x = try floatImage(c, &g)
      let weights = try g.cast(
        g.constant(Tensor(shape: [3], [0.2989, 0.587, 0.114] as [Float])), to: g.dtype(x))
      return [try g.sum(g.multiply(x, weights), axes: [-1], keepDimensions: true)]
    },
    "image.grayscale_to_rgb": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      guard g.shape(x).last == 1 else {
        throw LayerError(.shape, "a gray image of shape \(Shape(g.shape(x)))")
      }
      return [try g.broadcast(x, to: Array(g.shape(x).dropLast()) + [3])]
    },
    "image.rgb_to_hsv": { (c, g) throws(LayerError) in
      try c.keras("RGBToHSV", [c.x(&g)], [], &g)
    },
    "image.hsv_to_rgb": { (c, g) throws(LayerError) in
      try c.keras("HSVToRGB", [c.x(&g)], [], &g)
    },
    "image.adjust_contrast": { (c, g) throws(LayerError) in
      let x = try floatImage(c, &g)
      let factor = try g.operand(c.required(1, "contrast_factor"), as: g.dtype(x))
      let mean = try g.mean(x, axes: [-3, -2], keepDimensions: true)
      return [try g.add(g.multiply(g.subtract(x, mean), factor), mean)]
    },
    "image.adjust_brightness": { (c, g) throws(LayerError) in
      let x = try floatImage(c, &g)
      return [try g.add(x, g.operand(c.required(1, "delta"), as: g.dtype(x)))]
    },
    "image.per_image_standardization": { (c, g) throws(LayerError) in
      let (input, _) = try images(c, &g)
      let x = try g.cast(input, to: g.dtype(input) == .float16 ? .float16 : .float32)
      let mean = try g.mean(x, axes: [-3, -2, -1], keepDimensions: true)
      let centered = try g.subtract(x, mean)
      let variance = try g.mean(g.square(centered), axes: [-3, -2, -1], keepDimensions: true)
      let count = try g.product(Array(g.shape(x).suffix(3)))
      let least = 1 / Double(max(count, 1)).squareRoot()
      let spread = try g.maximum(g.unary(.sqrt, variance), g.number(least, g.dtype(x)))
      return [try g.divide(centered, spread)]
    },
  ]

  /// The images, and the axes of their rows and columns.
  private static func images(
    _ c: OperationCall, _ g: inout GraphBuilder
  ) throws(LayerError) -> (Value, [Int]) {
    let x = try c.x(&g)
    guard g.rank(x) == 3 || g.rank(x) == 4 else {
      throw LayerError(
        .shape, "\(c.className) of shape \(Shape(g.shape(x))), 3 or 4 axes are needed")
    }
    return (x, [g.rank(x) - 3, g.rank(x) - 2])
  }

  /// The images as numbers with fractions; TensorFlow scales other images, which is not supported.
  private static func floatImage(
    _ c: OperationCall, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let x = try c.x(&g)
    guard g.dtype(x).isFloatingPoint, g.rank(x) >= 3 else {
      throw LayerError(
        .unsupported, "\(c.className) of \(g.dtype(x))\(Shape(g.shape(x))) is not supported")
    }
    return x
  }

  private static func box(
    _ c: OperationCall, _ g: GraphBuilder
  ) throws(LayerError) -> (offsets: [Int], targets: [Int]) {
    guard let top = try c.whole(1, "offset_height", in: g),
      let left = try c.whole(2, "offset_width", in: g)
    else { throw c.missing("offset_height") }
    return ([top, left], try target(c, from: 3, g))
  }

  private static func target(
    _ c: OperationCall, from position: Int, _ g: GraphBuilder
  ) throws(LayerError) -> [Int] {
    guard let height = try c.whole(position, "target_height", in: g),
      let width = try c.whole(position + 1, "target_width", in: g)
    else { throw c.missing("target_height") }
    return [height, width]
  }

  private static func padded(
    _ x: Value, _ axes: [Int], _ offsets: [Int], _ targets: [Int], _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    var before = [Int](repeating: 0, count: g.rank(x))
    var after = before
    for (index, axis) in axes.enumerated() {
      before[axis] = max(offsets[index], 0)
      after[axis] = try Extent.sum(targets[index], -before[axis]) - g.shape(x)[axis]
      guard offsets[index] >= 0, targets[index] >= 0, after[axis] >= 0 else {
        throw LayerError(
          .shape, "an image of shape \(Shape(g.shape(x))) does not fit into \(targets)")
      }
    }
    return try g.pad(x, before: before, after: after)
  }

  private static let cropOrPad: Operation.Rule = { (c, g) throws(LayerError) in
    let (x, axes) = try images(c, &g)
    let targets = try target(c, from: 1, g)
    guard targets.allSatisfy({ $0 > 0 }) else {
      throw c.bad("target_height", expected: "an integer above 0")
    }
    var y = x
    var offsets: [Int] = []
    for (index, axis) in axes.enumerated() {
      let extent = g.shape(x)[axis]
      let excess = extent - targets[index]
      if excess > 0 {
        y = try g.slice(y, axis: axis, start: excess / 2, count: targets[index])
      }
      offsets.append(max(-excess, 0) / 2)
    }
    return [try padded(y, axes, offsets, targets, &g)]
  }

  private static func flipped(_ index: Int) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let (x, axes) = try images(c, &g)
      return [try g.reverse(x, axis: axes[index])]
    }
  }

  // MARK: Sizes

  private static func size(_ c: OperationCall, _ g: GraphBuilder) throws(LayerError) -> [Int] {
    let size = try c.requiredWholes(1, "size", in: g)
    guard size.count == 2, size.allSatisfy({ $0 > 0 && $0 <= 1 << 31 }) else {
      throw c.bad("size", expected: "of two integers from 1 to 2^31")
    }
    return size
  }

  private static let resize: Operation.Rule = { (c, g) throws(LayerError) in
    let (x, axes) = try images(c, &g)
    var size = try size(c, g)
    let interpolation: Interpolation
    switch c.value(2, "method") {
    case nil, .integer(0): interpolation = .bilinear
    case .integer(1): interpolation = .nearest
    case .integer(2): interpolation = .bicubic
    case .integer(3): interpolation = .area
    case .string(let name):
      guard let method = Interpolation(rawValue: name.lowercased()) else {
        throw c.bad("method", expected: "a method of resizing")
      }
      interpolation = method
    default: throw c.bad("method", expected: "a method of resizing")
    }
    let own = axes.map { g.shape(x)[$0] }
    if try c.flag("preserve_aspect_ratio") {
      guard own.allSatisfy({ $0 > 0 }) else {
        throw LayerError(.shape, "an image of shape \(Shape(g.shape(x))) has no aspect ratio")
      }
      let scale = min(
        Double(Float(size[0]) / Float(own[0])), Double(Float(size[1]) / Float(own[1])))
      size = own.map { max(Int((scale * Double($0)).rounded(.toNearestOrEven)), 1) }
    }
    if own == size { return [x] }
    let isLegacy = c.className.hasPrefix("compat.v1.")
    if isLegacy, interpolation == .bilinear || interpolation == .nearest {
      return [
        try resized(x, axes, size, interpolation, Corners(c, isHalved: false), &g)
      ]
    }
    guard !isLegacy || interpolation == .area else {
      throw LayerError(.unsupported, "\(c.className) by \(interpolation) is not supported")
    }
    let isKept = interpolation == .nearest || g.dtype(x).isFloatingPoint
    let y = try isKept ? x : g.cast(x, to: .float32)
    let result = try g.resized(
      y, axes: axes, to: size, by: interpolation, antialias: c.flag("antialias"))
    return [interpolation == .nearest ? result : try g.cast(result, to: .float32)]
  }

  /// Where the cells of an image and of the resized one lie over each other.
  private enum Corners {
    /// The corners of the outer cells.
    case halved
    /// The first corners only; the old rule.
    case first
    /// The centres of the outer cells.
    case aligned

    init(_ c: OperationCall, isHalved: Bool) throws(LayerError) {
      if try c.flag("align_corners") {
        self = .aligned
      } else {
        self = try c.flag("half_pixel_centers", default: isHalved) ? .halved : .first
      }
    }
  }

  private static func cornered(_ interpolation: Interpolation) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let (x, axes) = try images(c, &g)
      let size = try size(c, g)
      return [try resized(x, axes, size, interpolation, Corners(c, isHalved: false), &g)]
    }
  }

  private static func resized(
    _ x: Value, _ axes: [Int], _ size: [Int], _ interpolation: Interpolation,
    _ corners: Corners, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let isKept = interpolation == .nearest
    var y = try isKept ? x : g.cast(x, to: .float32)
    switch (interpolation, corners) {
    case (.area, .first), (.bicubic, .halved), (.bilinear, .halved), (.nearest, .halved):
      return try g.resized(y, axes: axes, to: size, by: interpolation)
    case (.bilinear, _), (.nearest, _): break
    default:
      throw LayerError(
        .unsupported, "resizing by \(interpolation) with corners of that kind is not supported")
    }
    for (axis, count) in zip(axes, size).reversed() {
      let extent = g.shape(y)[axis]
      guard extent > 0 else { throw LayerError(.shape, "an image without cells") }
      _ = try Extent.tableCount([count, extent])
      let scale =
        corners == .aligned && count > 1
        ? Float(extent - 1) / Float(count - 1) : Float(extent) / Float(count)
      let taps = (0..<count).map { index -> Resampling.Cell in
        let position = Float(index) * scale
        if isKept {
          let cell = position.rounded(corners == .aligned ? .toNearestOrAwayFromZero : .down)
          return Resampling.Cell(start: min(Int(cell), extent - 1), weights: [1])
        }
        let lower = min(Int(position.rounded(.down)), extent - 1)
        let fraction = position - position.rounded(.down)
        guard fraction > 0, lower + 1 < extent else {
          return Resampling.Cell(start: lower, weights: [1])
        }
        return Resampling.Cell(start: lower, weights: [1 - fraction, fraction])
      }
      y = try g.resampled(y, axis: axis, Resampling(cells: taps, form: .line))
    }
    return y
  }

  private static let scaleAndTranslate: Operation.Rule = { (c, g) throws(LayerError) in
    let (x, axes) = try images(c, &g)
    let size = try size(c, g)
    let kernels: [String: Interpolation] = [
      "lanczos1": .lanczos3, "lanczos3": .lanczos3, "lanczos5": .lanczos5,
      "gaussian": .gaussian, "triangle": .bilinear, "keyscubic": .bicubic,
      "mitchellcubic": .mitchellcubic,
    ]
    let name = try c.text("kernel_type") ?? "lanczos3"
    let antialias = try c.flag("antialias", default: true)
    guard let interpolation = kernels[name], name != "lanczos1",
      antialias || (name != "triangle" && name != "keyscubic")
    else {
      throw LayerError(.unsupported, "resizing by the kernel \(name.prefix(40)) is not supported")
    }
    let scale = try g.operand(c.required(2, "scale"), as: .float32)
    let shift = try g.operand(c.required(3, "translation"), as: .float32)
    let wanted = zip(axes, size).map { Double(Float($1) / Float(g.shape(x)[$0])) }
    guard g.folded(shift)?.values == [0, 0], g.folded(scale)?.values == wanted else {
      throw LayerError(.unsupported, "an image that is moved or partly shown is not supported")
    }
    let y = try g.cast(x, to: .float32)
    return [
      try g.resized(y, axes: axes, to: size, by: interpolation, antialias: antialias)
    ]
  }
}

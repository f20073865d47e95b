import HornbillCore

/// Operations on the sizes and colours of images.
///
/// Source: Keras 3, `keras/src/ops/image.py`, with `keras/src/backend/tensorflow/image.py`.
enum ImageOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "Resize": resize,
    "CropImages": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, "images", &g)
      let axes = try spatialAxes(c, x, &g)
      var starts = [Int](repeating: 0, count: g.rank(x))
      var counts = g.shape(x)
      for (axis, names) in zip(axes, names("cropping")) {
        let extent = counts[axis]
        let before = try optional(c, names.before)
        let after = try optional(c, names.after)
        let target = try optional(c, names.target)
        let start = before ?? (extent - (target ?? 0) - (after ?? 0))
        starts[axis] = start
        counts[axis] = target ?? (extent - start - (after ?? 0))
      }
      return [
        try g.slice(
          x, starts: starts, counts: counts, strides: [Int](repeating: 1, count: g.rank(x)))
      ]
    },
    "PadImages": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, "images", &g)
      let axes = try spatialAxes(c, x, &g)
      var before = [Int](repeating: 0, count: g.rank(x))
      var after = before
      for (axis, names) in zip(axes, names("padding")) {
        let extent = g.shape(x)[axis]
        let first = try optional(c, names.before)
        let last = try optional(c, names.after)
        let target = try optional(c, names.target) ?? extent + (first ?? 0) + (last ?? 0)
        before[axis] = first ?? (target - extent - (last ?? 0))
        after[axis] = last ?? (target - extent - before[axis])
      }
      return [try g.pad(x, before: before, after: after)]
    },
    "RGBToGrayscale": { (c, g) throws(LayerError) in
      [
        try onImages(c, &g) { (x, g) throws(LayerError) in
          if g.shape(x).last == 1 { return x }
          let y = try g.floating(x)
          let shares: [Double] = [0.2989, 0.587, 0.114]
          let weights = try g.cast(g.constant(Tensor(shape: [3], shares)), to: g.dtype(y))
          let sum = try g.sum(g.multiply(y, weights), axes: [-1], keepDimensions: true)
          return try g.cast(sum, to: g.dtype(x))
        }
      ]
    },
    "RGBToHSV": { (c, g) throws(LayerError) in [try onImages(c, &g, toHSV)] },
    "HSVToRGB": { (c, g) throws(LayerError) in [try onImages(c, &g, toRGB)] },
  ]

  private static let resize: Operation.Rule = { (c, g) throws(LayerError) in
    let x = try c.tensor(0, "images", &g)
    let size = try c.extents("size", axes: 2)
    let interpolation = try c.choice("interpolation", default: Interpolation.bilinear)
    let antialias = try c.bool("antialias")
    let format = try c.choice("data_format", default: DataFormat.channelsLast)
    let axes = try ImageAxes(rank: g.rank(x), format: format)
    var y: Value
    if try c.bool("crop_to_aspect_ratio") {
      y = try g.smartResized(
        x, height: size[0], width: size[1], axes: axes, by: interpolation, antialias: antialias)
    } else if try c.bool("pad_to_aspect_ratio") {
      y = try g.paddedAndResized(
        x, height: size[0], width: size[1], axes: axes,
        fill: c.number("fill_value", default: 0), by: interpolation, antialias: antialias)
    } else {
      y = try g.resized(
        x, axes: [axes.height, axes.width], to: size, by: interpolation, antialias: antialias)
    }
    return [y]
  }

  /// A function of images with their channels last.
  static func onImages(
    _ c: OperationCall, _ g: inout GraphBuilder,
    _ function: (Value, inout GraphBuilder) throws(LayerError) -> Value
  ) throws(LayerError) -> Value {
    let images = try c.tensor(0, "images", &g)
    guard g.rank(images) == 3 || g.rank(images) == 4 else {
      throw LayerError(
        .shape, "\(c.className) of shape \(Shape(g.shape(images))), 3 or 4 axes are needed")
    }
    let isFirst =
      try c.choice("data_format", default: DataFormat.channelsLast) == .channelsFirst
    let x = try isFirst ? g.moveAxis(images, from: -3, to: -1) : images
    let y = try function(x, &g)
    return try isFirst ? g.moveAxis(y, from: -1, to: -3) : y
  }

  private static func spatialAxes(
    _ c: OperationCall, _ x: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> [Int] {
    let format = try c.choice("data_format", default: DataFormat.channelsLast)
    let first = format == .channelsLast ? -3 : -2
    return [try g.axis(first, of: x), try g.axis(first + 1, of: x)]
  }

  private static func names(
    _ what: String
  ) -> [(before: String, after: String, target: String)] {
    [
      ("top_\(what)", "bottom_\(what)", "target_height"),
      ("left_\(what)", "right_\(what)", "target_width"),
    ]
  }

  private static func optional(_ c: OperationCall, _ field: String) throws(LayerError) -> Int? {
    try c[field] == nil ? nil : c.integer(field)
  }

  /// Source: TensorFlow, `tensorflow/core/kernels/image/colorspace_op.h`.
  private static func toHSV(
    _ x: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    guard g.shape(x).last == 3, g.dtype(x).isFloatingPoint else {
      throw LayerError(.shape, "colours of \(g.dtype(x))\(Shape(g.shape(x)))")
    }
    func channel(_ index: Int, _ g: inout GraphBuilder) throws(LayerError) -> Value {
      try g.slice(x, axis: -1, start: index, count: 1)
    }
    let (r, b) = (try channel(0, &g), try channel(2, &g))
    let green = try channel(1, &g)
    let value = try g.maximum(r, g.maximum(green, b))
    let range = try g.subtract(value, g.minimum(r, g.minimum(green, b)))
    let zero = g.scalar(0, g.dtype(x))
    let isLit = try g.binary(.greater, value, zero)
    let saturation = try g.select(isLit, g.divide(range, value), zero)
    let norm = try g.divide(g.scalar(1.0 / 6, g.dtype(x)), range)
    let fromRed = try g.multiply(norm, g.subtract(green, b))
    let fromGreen = try g.add(g.multiply(norm, g.subtract(b, r)), 2.0 / 6)
    let fromBlue = try g.add(g.multiply(norm, g.subtract(r, green)), 4.0 / 6)
    let isRed = try g.binary(.equal, r, value)
    let isGreen = try g.binary(.equal, green, value)
    var hue = try g.select(isRed, fromRed, g.select(isGreen, fromGreen, fromBlue))
    hue = try g.select(g.binary(.greater, range, zero), hue, zero)
    hue = try g.select(g.binary(.less, hue, zero), g.add(hue, 1), hue)
    return try g.concatenate([hue, saturation, value], axis: -1)
  }

  private static func toRGB(
    _ x: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    guard g.shape(x).last == 3, g.dtype(x).isFloatingPoint else {
      throw LayerError(.shape, "colours of \(g.dtype(x))\(Shape(g.shape(x)))")
    }
    let hue = try g.slice(x, axis: -1, start: 0, count: 1)
    let saturation = try g.slice(x, axis: -1, start: 1, count: 1)
    let value = try g.slice(x, axis: -1, start: 2, count: 1)
    let angle = try g.multiply(hue, 6)
    func clipped(_ y: Value, _ g: inout GraphBuilder) throws(LayerError) -> Value {
      try g.minimum(g.maximum(y, 0), 1)
    }
    func distance(_ centre: Double, _ g: inout GraphBuilder) throws(LayerError) -> Value {
      try g.unary(.absolute, g.add(angle, -centre))
    }
    let red = try clipped(g.add(distance(3, &g), -1), &g)
    let green = try clipped(g.add(g.unary(.negate, distance(2, &g)), 2), &g)
    let blue = try clipped(g.add(g.unary(.negate, distance(4, &g)), 2), &g)
    let colours = try g.concatenate([red, green, blue], axis: -1)
    let white = try g.add(g.unary(.negate, saturation), 1)
    return try g.multiply(g.add(white, g.multiply(saturation, colours)), value)
  }
}

import HornbillCore

/// Operations that move the cells of images.
///
/// Source: Keras 3, `keras/src/backend/tensorflow/image.py`; TensorFlow, `tensorflow/core/kernels/image/image_ops.h`.
enum ImageTransformOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "AffineTransform": { (c, g) throws(LayerError) in
      let mode = try c.choice("fill_mode", default: FillMode.constant)
      return [
        try onBatch(c, &g) { (x, g) throws(LayerError) in
          let transform = try g.operand(c.argument(1, "transform"), as: .float32)
          return try projected(c, x, transform, mode, &g)
        }
      ]
    },
    "PerspectiveTransform": { (c, g) throws(LayerError) in
      [
        try onBatch(c, &g) { (x, g) throws(LayerError) in
          let start = try g.operand(c.argument(1, "start_points"), as: .float32)
          let end = try g.operand(c.argument(2, "end_points"), as: .float32)
          return try projected(c, x, homography(start, end, &g), .constant, &g)
        }
      ]
    },
    "MapCoordinates": mapCoordinates,
    "ElasticTransform": { (_, _) throws(LayerError) in
      throw LayerError(.unsupported, "ElasticTransform moves cells at random")
    },
  ]

  /// What stands outside an image.
  private enum FillMode: String, CaseIterable {
    case constant, nearest, reflect, wrap, mirror
  }

  /// A function of a batch of images with their channels last.
  private static func onBatch(
    _ c: OperationCall, _ g: inout GraphBuilder,
    _ function: (Value, inout GraphBuilder) throws(LayerError) -> Value
  ) throws(LayerError) -> Value {
    try ImageOperations.onImages(c, &g) { (images, g) throws(LayerError) in
      if g.rank(images) == 4 { return try function(images, &g) }
      return try g.squeeze(function(g.expand(images, axis: 0), &g), axis: 0)
    }
  }

  /// Images read where eight numbers send each cell of the result.
  private static func projected(
    _ c: OperationCall, _ images: Value, _ transform: Value, _ mode: FillMode,
    _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let s = g.shape(images)
    let numbers = g.rank(transform) == 1 ? try g.expand(transform, axis: 0) : transform
    guard g.rank(numbers) == 2, g.shape(numbers)[1] == 8,
      g.shape(numbers)[0] == 1 || g.shape(numbers)[0] == s[0]
    else {
      throw LayerError(
        .shape, "transforms of shape \(Shape(g.shape(transform))) for images of \(Shape(s))")
    }
    var t: [Value] = []
    for index in 0..<8 {
      t.append(
        try g.reshape(g.select(numbers, axis: 1, index: index), to: [g.shape(numbers)[0], 1, 1]))
    }
    let y = try g.reshape(g.range(s[1], .float32), to: [1, s[1], 1])
    let x = try g.range(s[2], .float32)
    func line(_ i: Int, _ g: inout GraphBuilder) throws(LayerError) -> Value {
      try g.add(g.multiply(t[i], x), g.multiply(t[i + 1], y))
    }
    let depth = try g.add(line(6, &g), 1)
    let column = try g.divide(g.add(line(0, &g), t[2]), depth)
    let row = try g.divide(g.add(line(3, &g), t[5]), depth)
    let isFinite = try g.notEqual(depth, 0)
    let zero = g.scalar(0, .float32)
    let u = try inside(g.select(isFinite, column, zero), s[2], mode, &g)
    let v = try inside(g.select(isFinite, row, zero), s[1], mode, &g)
    let filling = try g.number(c.number("fill_value", default: 0), g.dtype(images))
    func read(_ v: Value, _ u: Value, _ g: inout GraphBuilder) throws(LayerError) -> Value {
      try cell(images, v, u, filling, &g)
    }
    let sampled: Value
    switch try c.string("interpolation", default: "bilinear") {
    case "nearest":
      sampled = try read(rounded(v, &g), rounded(u, &g), &g)
    case "bilinear":
      let (left, top) = (try g.unary(.floor, u), try g.unary(.floor, v))
      let (right, bottom) = (try g.add(left, 1), try g.add(top, 1))
      func mixed(
        _ a: Value, _ b: Value, _ share: Value, _ rest: Value, _ g: inout GraphBuilder
      ) throws(LayerError) -> Value {
        try g.add(
          g.multiply(g.expand(share, axis: -1), g.cast(a, to: .float32)),
          g.multiply(g.expand(rest, axis: -1), g.cast(b, to: .float32)))
      }
      let (toRight, toLeft) = (try g.subtract(right, u), try g.subtract(u, left))
      let upper = try mixed(read(top, left, &g), read(top, right, &g), toRight, toLeft, &g)
      let lower = try mixed(read(bottom, left, &g), read(bottom, right, &g), toRight, toLeft, &g)
      sampled = try g.cast(
        mixed(upper, lower, g.subtract(bottom, v), g.subtract(v, top), &g), to: g.dtype(images))
    default: throw c.invalid("interpolation", expected: "\"nearest\" or \"bilinear\"")
    }
    return try g.select(g.expand(isFinite, axis: -1), sampled, filling)
  }

  /// The nearest whole number, half away from 0.
  private static func rounded(
    _ x: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let size = try g.unary(.floor, g.add(g.unary(.absolute, x), 0.5))
    return try g.select(g.unary(.signBit, x), g.unary(.negate, size), size)
  }

  /// A coordinate brought inside an axis as a fill mode asks for.
  private static func inside(
    _ x: Value, _ extent: Int, _ mode: FillMode, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let last = Double(extent - 1)
    func bounded(_ x: Value, _ g: inout GraphBuilder) throws(LayerError) -> Value {
      try g.minimum(g.maximum(x, 0), last)
    }
    func scalar(_ number: Double, _ g: inout GraphBuilder) -> Value { g.scalar(number, g.dtype(x)) }
    func turns(_ x: Value, _ period: Double, _ g: inout GraphBuilder) throws(LayerError) -> Value {
      try g.unary(.truncate, g.divide(x, scalar(period, &g)))
    }
    switch mode {
    case .constant: return x
    case .nearest: return try bounded(x, &g)
    case .mirror:
      throw LayerError(.configuration, "the fill mode \"mirror\" is not one of this operation")
    case .reflect, .wrap: break
    }
    if extent <= 1 { return try g.multiply(x, 0) }
    let isBelow = try g.binary(.less, x, scalar(0, &g))
    let isAbove = try g.binary(.greater, x, scalar(last, &g))
    let opposite = try g.unary(.negate, x)
    var below: Value
    var above: Value
    if mode == .reflect {
      let period = 2 * Double(extent)
      below = try g.add(x, g.multiply(turns(opposite, period, &g), period))
      let isFar = try g.binary(.less, below, scalar(-Double(extent), &g))
      below = try g.select(
        isFar, g.add(below, period), g.add(g.unary(.negate, below), -1))
      above = try g.subtract(x, g.multiply(turns(x, period, &g), period))
      let isBack = try g.binary(.greaterEqual, above, scalar(Double(extent), &g))
      above = try g.select(
        isBack, g.add(g.unary(.negate, above), period - 1), above)
    } else {
      let period = Double(extent)
      below = try g.add(x, g.multiply(g.add(turns(opposite, last, &g), 1), period))
      above = try g.subtract(x, g.multiply(turns(x, last, &g), period))
    }
    return try bounded(g.select(isBelow, below, g.select(isAbove, above, x)), &g)
  }

  /// The cells `(batch, …, channels)` at rows and columns `(1 or batch, …)`; a number outside the image.
  private static func cell(
    _ images: Value, _ row: Value, _ column: Value, _ filling: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let s = g.shape(images)
    func index(_ x: Value, _ extent: Int, _ g: inout GraphBuilder) throws(LayerError) -> Value {
      try g.cast(g.minimum(g.maximum(x, 0), Double(max(extent - 1, 0))), to: .int32)
    }
    func isInside(
      _ x: Value, _ extent: Int, _ g: inout GraphBuilder
    ) throws(LayerError) -> Value {
      try g.binary(
        .logicalAnd, g.binary(.greaterEqual, x, g.scalar(0, g.dtype(x))),
        g.binary(.less, x, g.scalar(Double(extent), g.dtype(x))))
    }
    _ = try Extent.product(s[0], Extent.product(s[1], s[2]))
    let flat = try g.reshape(images, to: [s[0] * s[1] * s[2], s[3]])
    let first = try g.reshape(g.range(s[0], step: s[1] * s[2]), to: [s[0], 1, 1])
    let rowStart = try g.multiply(index(row, s[1], &g), g.scalar(Double(s[2]), .int32))
    let place = try g.add(first, g.add(rowStart, index(column, s[2], &g)))
    let found = try g.gather(flat, place, axis: 0)
    let isKnown = try g.binary(
      .logicalAnd, isInside(row, s[1], &g), isInside(column, s[2], &g))
    return try g.select(g.expand(isKnown, axis: -1), found, filling)
  }

  /// The eight numbers that send four points to four others.
  private static func homography(
    _ start: Value, _ end: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let from = g.rank(start) == 2 ? try g.expand(start, axis: 0) : start
    let to = g.rank(end) == 2 ? try g.expand(end, axis: 0) : end
    guard g.shape(from) == g.shape(to), g.rank(from) == 3,
      Array(g.shape(from).dropFirst()) == [4, 2]
    else {
      throw LayerError(.shape, "points of shapes \(Shape(g.shape(start))), \(Shape(g.shape(end)))")
    }
    let one = try g.full(1, shape: [g.shape(from)[0], 4, 1], .float32)
    let zeros = try g.full(0, shape: [g.shape(from)[0], 4, 3], .float32)
    let place = try g.concatenate([to, one], axis: -1)
    func rows(_ coordinate: Int, _ g: inout GraphBuilder) throws(LayerError) -> Value {
      let target = try g.slice(from, axis: -1, start: coordinate, count: 1)
      let product = try g.unary(.negate, g.multiply(target, to))
      return try g.concatenate(
        coordinate == 0 ? [place, zeros, product] : [zeros, place, product], axis: -1)
    }
    let stacked = try g.stack([rows(0, &g), rows(1, &g)], axis: 2)
    let count = g.shape(from)[0]
    let matrix = try g.reshape(stacked, to: [count, 8, 8])
    let side = try g.reshape(from, to: [count, 8, 1])
    return try g.reshape(g.solve(matrix, side), to: [count, 8])
  }

  private static let mapCoordinates: Operation.Rule = { (c, g) throws(LayerError) in
    let x = try c.tensor(0, "inputs", &g)
    var coordinates = try c.tensor(1, "coordinates", &g)
    let order = try c.integer("order")
    let mode = try c.choice("fill_mode", default: FillMode.constant)
    let shape = g.shape(x)
    guard order == 0 || order == 1 else { throw c.invalid("order", expected: "0 or 1") }
    guard g.rank(coordinates) >= 2, g.shape(coordinates)[0] == shape.count, !shape.isEmpty else {
      throw LayerError(
        .shape,
        "coordinates of shape \(Shape(g.shape(coordinates))) into shape \(Shape(shape))")
    }
    if !g.dtype(coordinates).isFloatingPoint { coordinates = try g.cast(coordinates, to: .float32) }
    let dtype = g.dtype(coordinates)
    var corners: [(index: Value, isValid: Value?, weight: Value?)] = [
      (g.scalar(0, .int32), nil, nil)
    ]
    for (axis, extent) in shape.enumerated() {
      let position = try g.select(coordinates, axis: 0, index: axis)
      var choices: [(Value, Value?)] = []
      if order == 0 {
        choices = [(try g.cast(g.unary(.roundHalfToEven, position), to: .int32), nil)]
      } else {
        let lower = try g.unary(.floor, position)
        let upper = try g.subtract(position, lower)
        let index = try g.cast(lower, to: .int32)
        choices = [
          (index, try g.subtract(g.scalar(1, dtype), upper)),
          (try g.add(index, g.scalar(1, .int32)), upper),
        ]
      }
      let stride = g.scalar(Double(shape[(axis + 1)...].reduce(1, *)), .int32)
      var next: [(index: Value, isValid: Value?, weight: Value?)] = []
      for corner in corners {
        for (index, weight) in choices {
          let (safe, isValid) = try bounded(index, extent, mode, &g)
          let place = try g.add(corner.index, g.multiply(safe, stride))
          next.append(
            (
              place, try both(.logicalAnd, corner.isValid, isValid, &g),
              try both(.multiply, corner.weight, weight, &g)
            ))
        }
      }
      corners = next
    }
    let flat = try g.flattened(x)
    let filling = try g.number(c.number("fill_value", default: 0), dtype)
    var result: Value?
    for corner in corners {
      var value = try g.cast(g.gather(flat, corner.index, axis: 0), to: dtype)
      if let isValid = corner.isValid { value = try g.select(isValid, value, filling) }
      if let weight = corner.weight { value = try g.multiply(weight, value) }
      result = try both(.add, result, value, &g)
    }
    guard var y = result else { return [] }
    if g.dtype(x).isInteger { y = try g.unary(.roundHalfToEven, y) }
    return [try g.cast(y, to: g.dtype(x))]
  }

  private static func both(
    _ op: BinaryOp, _ a: Value?, _ b: Value?, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value? {
    guard let a, let b else { return a ?? b }
    return try g.binary(op, a, b)
  }

  /// An index brought inside an axis, and whether it was there where that matters.
  private static func bounded(
    _ index: Value, _ extent: Int, _ mode: FillMode, _ g: inout GraphBuilder
  ) throws(LayerError) -> (Value, Value?) {
    let zero = g.scalar(0, .int32)
    let count = g.scalar(Double(extent), .int32)
    let clipped = try g.minimum(
      g.maximum(index, zero), g.scalar(Double(max(extent - 1, 0)), .int32))
    switch mode {
    case .constant: return (clipped, try g.binary(.equal, clipped, index))
    case .nearest: return (clipped, nil)
    case .wrap: return (try g.binary(.modulo, index, count), nil)
    case .mirror, .reflect:
      let twice = g.scalar(2 * Double(extent), .int32)
      let rest = try g.binary(.modulo, g.unary(.absolute, index), twice)
      let isUnder = try g.binary(.less, rest, count)
      var over = try g.subtract(twice, rest)
      if mode == .reflect { over = try g.subtract(over, g.scalar(1, .int32)) }
      return (try g.select(isUnder, rest, over), nil)
    }
  }
}

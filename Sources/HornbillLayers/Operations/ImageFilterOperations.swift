import HornbillCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Operations that filter images.
///
/// Source: Keras 3, `keras/src/ops/image.py`, with `keras/src/backend/tensorflow/image.py`.
enum ImageFilterOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "GaussianBlur": gaussianBlur,
    "SobelEdges": sobelEdges,
    "SSIM": similarity,
    "ScaleAndTranslate": scaleAndTranslate,
  ]

  /// A bell of so many cells that sum to 1.
  private static func bell(_ size: Int, _ sigma: Double) -> [Double] {
    let cells = (0..<size).map { cell in
      let x = (Double(cell) - Double(size - 1) / 2) / sigma
      return exp(-0.5 * x * x)
    }
    let total = cells.reduce(0, +)
    return cells.map { $0 / total }
  }

  /// Images `(batch, height, width, channels)`, each channel filtered by the same kernels.
  private static func filtered(
    _ x: Value, _ kernels: [[Double]], size: [Int], padding: (before: [Int], after: [Int]),
    _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let channels = g.shape(x)[3]
    let count = try Extent.tableCount([size[0], size[1], channels, kernels.count])
    var numbers: [Double] = []
    numbers.reserveCapacity(count)
    for cell in 0..<(size[0] * size[1]) {
      for _ in 0..<channels { for kernel in kernels { numbers.append(kernel[cell]) } }
    }
    let shape = size + [1, channels * kernels.count]
    let kernel = try g.cast(g.constant(Tensor(shape: shape, numbers)), to: g.dtype(x))
    let window = WindowSpec(
      size: size, strides: [1, 1], dilations: [1, 1], paddingBefore: padding.before,
      paddingAfter: padding.after)
    return try g.convolution(x, kernel, window, groups: channels)
  }

  /// Images as a batch.
  private static func batch(
    _ x: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    g.rank(x) == 3 ? try g.expand(x, axis: 0) : x
  }

  /// Keras lays the products of both bells out in the wrong order where the extents differ, which this repeats.
  private static let gaussianBlur: Operation.Rule = { (c, g) throws(LayerError) in
    let size = try c.extents("kernel_size", axes: 2, default: [3, 3])
    var sigma = [1.0, 1.0]
    if let given = c["sigma"] {
      let numbers = given.number.map { [$0, $0] } ?? given.array?.compactMap(\.number) ?? []
      guard numbers.count == 2 else { throw c.invalid("sigma", expected: "two numbers") }
      sigma = numbers
    }
    let rows = bell(size[1], sigma[1])
    let columns = bell(size[0], sigma[0])
    let kernel = rows.flatMap { row in columns.map { row * $0 } }
    let before = size.map { ($0 - 1) / 2 }
    let after = size.map { $0 / 2 }
    return [
      try ImageOperations.onImages(c, &g) { (images, g) throws(LayerError) in
        let blurred = try filtered(
          batch(images, &g), [kernel], size: size, padding: (before, after), &g)
        return try g.reshape(blurred, to: g.shape(images))
      }
    ]
  }

  private static let sobelEdges: Operation.Rule = { (c, g) throws(LayerError) in
    let isFirst = try c.choice("data_format", default: DataFormat.channelsLast) == .channelsFirst
    let images = try c.tensor(0, "images", &g)
    guard g.rank(images) == 4 else {
      throw LayerError(.shape, "SobelEdges of shape \(Shape(g.shape(images))), 4 axes are needed")
    }
    let x = try g.channelsLast(images, from: isFirst ? .channelsFirst : .channelsLast)
    let padded = try g.pad(x, before: [0, 1, 1, 0], after: [0, 1, 1, 0], mode: .reflect)
    let vertical: [Double] = [-1, -2, -1, 0, 0, 0, 1, 2, 1]
    let horizontal: [Double] = [-1, 0, 1, -2, 0, 2, -1, 0, 1]
    let edges = try filtered(
      padded, [vertical, horizontal], size: [3, 3], padding: ([0, 0], [0, 0]), &g)
    let y = try g.reshape(edges, to: g.shape(x) + [2])
    return [isFirst ? try g.transpose(y, [0, 3, 1, 2, 4]) : y]
  }

  private static let similarity: Operation.Rule = { (c, g) throws(LayerError) in
    let (a, b) = try c.pair(isStrong: true, isFloating: true, &g)
    let isSingle = g.rank(a) == 3
    let isFirst = try c.choice("data_format", default: DataFormat.channelsLast) == .channelsFirst
    let format: DataFormat = isFirst ? .channelsFirst : .channelsLast
    let size = try c.integer("filter_size", atLeast: 1, default: 11)
    let weights = bell(size, try c.number("filter_sigma", default: 1.5))
    let kernel = weights.flatMap { row in weights.map { row * $0 } }
    let peak = try c.number("max_val", default: 1)
    let (k1, k2) = (try c.number("k1", default: 0.01), try c.number("k2", default: 0.03))
    let (c1, c2) = (k1 * peak * k1 * peak, k2 * peak * k2 * peak)
    let x = try g.channelsLast(batch(a, &g), from: format)
    let y = try g.channelsLast(batch(b, &g), from: format)
    guard g.rank(x) == 4, g.shape(x) == g.shape(y) else {
      throw LayerError(.shape, "SSIM of shapes \(Shape(g.shape(a))) and \(Shape(g.shape(b)))")
    }
    func mean(_ z: Value, _ g: inout GraphBuilder) throws(LayerError) -> Value {
      try filtered(z, [kernel], size: [size, size], padding: ([0, 0], [0, 0]), &g)
    }
    let (m1, m2) = (try mean(x, &g), try mean(y, &g))
    let product = try g.multiply(m1, m2)
    let squares = try g.add(g.square(m1), g.square(m2))
    let variances = try g.subtract(
      g.add(mean(g.square(x), &g), mean(g.square(y), &g)), squares)
    let covariance = try g.subtract(mean(g.multiply(x, y), &g), product)
    let numerator = try g.multiply(
      g.add(g.multiply(product, 2), c1), g.add(g.multiply(covariance, 2), c2))
    let denominator = try g.multiply(g.add(squares, c1), g.add(variances, c2))
    let map = try g.divide(numerator, denominator)
    let result = try g.mean(map, axes: [1, 2, 3])
    return [isSingle ? try g.squeeze(result, axis: 0) : result]
  }

  // MARK: Scale and translate

  private enum Kernel: String, CaseIterable {
    case linear, bilinear, trilinear, triangle, cubic, bicubic, tricubic, lanczos3, lanczos5

    /// The weight at a distance of at least 0.
    func weight(_ x: Float) -> Float {
      switch self {
      case .linear, .bilinear, .trilinear, .triangle: return max(0, 1 - x)
      case .cubic, .bicubic, .tricubic:
        if x >= 2 { return 0 }
        return x >= 1 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : (1.5 * x - 2.5) * x * x + 1
      case .lanczos3, .lanczos5:
        let radius: Float = self == .lanczos3 ? 3 : 5
        if x > radius { return 0 }
        if x <= 1e-3 { return 1 }
        let angle = Float.pi * x
        return radius * sin(angle) * sin(angle / radius) / (angle * angle)
      }
    }

    /// The weights of `extent` cells in each of `count` cells: row `i` belongs to cell `i` of the operand.
    func weights(
      from extent: Int, to count: Int, scale: Float, translation: Float, antialias: Bool
    ) -> [Float] {
      let inverse = 1 / scale
      let width = antialias ? max(inverse, 1) : 1
      var matrix = [Float](repeating: 0, count: extent * count)
      for index in 0..<count {
        let sample = (Float(index) + 0.5) * inverse - translation * inverse - 0.5
        guard sample >= -0.5, sample <= Float(extent) - 0.5 else { continue }
        let column = (0..<extent).map { weight(abs(sample - Float($0)) / width) }
        let total = column.reduce(0, +)
        guard abs(total) > 1000 * 0x1p-23 else { continue }
        for cell in 0..<extent { matrix[cell * count + index] = column[cell] / total }
      }
      return matrix
    }
  }

  private static let scaleAndTranslate: Operation.Rule = { (c, g) throws(LayerError) in
    let images = try c.tensor(0, "images", &g)
    let axes = try c.integers("spatial_dims") ?? []
    let kernel = try c.choice("method", default: Kernel.linear)
    let antialias = try c.bool("antialias", default: true)
    func numbers(_ position: Int, _ name: String) throws(LayerError) -> [Float] {
      let argument = try c.argument(position, name)
      if case .array(let tensor) = argument, let numbers = tensor.floats { return numbers }
      guard let numbers = Tensor(literal: argument)?.floats else {
        throw LayerError(.unsupported, "ScaleAndTranslate by tensors is not supported")
      }
      return numbers
    }
    let target = try numbers(1, "output_shape").map { Int(Int64(saturating: Double($0))) }
    let scales = try numbers(2, "scale")
    let translations = try numbers(3, "translation")
    guard target.count == g.rank(images), scales.count == axes.count,
      translations.count == axes.count
    else { throw LayerError(.shape, "ScaleAndTranslate needs a number for each axis") }
    let dtype = g.dtype(images)
    var y = try g.floating(images)
    for (index, axis) in axes.enumerated() {
      let axis = try g.axis(axis, of: images)
      let (extent, count) = (g.shape(y)[axis], target[axis])
      _ = try Extent.tableCount([extent, count])
      let weights = kernel.weights(
        from: extent, to: count, scale: scales[index], translation: translations[index],
        antialias: antialias)
      let matrix = try g.cast(
        g.constant(Tensor(shape: [extent, count], weights)), to: g.dtype(y))
      y = try g.moveAxis(g.tensordot(y, matrix, [axis], [0]), from: -1, to: axis)
    }
    if dtype.isFloatingPoint { return [y] }
    let all = Array(0..<g.rank(images))
    let least = try g.reduce(.minimum, images, axes: all)
    let most = try g.reduce(.maximum, images, axes: all)
    let rounded = try g.cast(g.unary(.roundHalfToEven, y), to: .int64)
    let bounded = try g.minimum(
      g.maximum(rounded, g.cast(least, to: .int64)), g.cast(most, to: .int64))
    return [try g.cast(bounded, to: dtype)]
  }
}

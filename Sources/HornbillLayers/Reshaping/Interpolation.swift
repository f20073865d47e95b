package import HornbillCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// How an image is resized.
///
/// But for `area`, cell centres are at halves: output cell `i` of `m` looks at `(i + 0.5) · n / m − 0.5` among `n` cells.
///
/// Source: TensorFlow, `tensorflow/python/ops/image_ops_impl.py`, `resize`; the weights are those of its kernels for the CPU
/// (`resize_bilinear_op.cc`, `resize_bicubic_op.cc`, `scale_and_translate_op.cc`, `resize_area_op.cc`), in the precision that they use.
public enum Interpolation: String, Sendable, Hashable, CaseIterable {
  /// The cell below `(i + 0.5) · n / m`.
  case nearest
  /// A line through two cells.
  case bilinear
  /// Keys' cubic through four cells, with a = −0.5; cells outside the image do not count.
  case bicubic
  /// The mean of the covered area.
  case area
  /// Lanczos' kernel of radius 3.
  case lanczos3
  /// Lanczos' kernel of radius 5.
  case lanczos5
  /// A Gaussian of radius 1.5 and deviation 0.5; Keras 2 only.
  case gaussian
  /// Mitchell's cubic; Keras 2 only.
  case mitchellcubic
}

extension Interpolation {
  /// Whether an axis that keeps its extent keeps its values too.
  var keepsEqualExtents: Bool { self != .gaussian && self != .mitchellcubic }

  /// The weights of every cell of an axis of `count` cells that is made from `extent` cells, both above 0.
  func taps(from extent: Int, to count: Int, antialias: Bool = false) -> [Resampling.Cell] {
    let scale = Float(extent) / Float(count)
    return (0..<count).map { index in
      switch self {
      case .nearest:
        let position = ((Float(index) + 0.5) * scale).rounded(.down)
        return Resampling.Cell(start: min(max(Int(position), 0), extent - 1), weights: [1])
      case .bilinear where !antialias:
        return linearTaps((Float(index) + 0.5) * scale - 0.5, extent)
      case .bicubic where !antialias:
        return cubicTaps((Float(index) + 0.5) * scale - 0.5, extent)
      case .area:
        return areaTaps(Float(index) * scale, Float(index + 1) * scale, scale, extent)
      default:
        return kernelTaps(index, from: extent, to: count, antialias: antialias)
      }
    }
  }

  private func linearTaps(_ position: Float, _ extent: Int) -> Resampling.Cell {
    let floor = position.rounded(.down)
    let upper = min(Int(position.rounded(.up)), extent - 1)
    let lower = min(max(Int(floor), 0), upper)
    let fraction = position - floor
    if lower == upper { return Resampling.Cell(start: lower, weights: [1]) }
    return Resampling.Cell(start: lower, weights: [1 - fraction, fraction])
  }

  /// The fraction is taken to the nearest 1/1024, as in TensorFlow's table of coefficients.
  private func cubicTaps(_ position: Float, _ extent: Int) -> Resampling.Cell {
    let cell = Int(position.rounded(.down))
    let step = ((position - position.rounded(.down)) * 1024).rounded(.toNearestOrEven)
    let near = Double(step / 1024)
    let far = Double((1024 - step) / 1024)
    let all = [
      Interpolation.outerCubic(near + 1), Interpolation.innerCubic(near),
      Interpolation.innerCubic(far), Interpolation.outerCubic(far + 1),
    ].map { Float($0) }
    return normalized(all, first: cell - 1, extent)
  }

  private static func innerCubic(_ x: Double) -> Double { (1.5 * x - 2.5) * x * x + 1 }

  private static func outerCubic(_ x: Double) -> Double { ((-0.5 * x + 2.5) * x - 4) * x + 2 }

  /// Weights that sum to 1 once those outside the axis are left out.
  private func normalized(_ weights: [Float], first: Int, _ extent: Int) -> Resampling.Cell {
    let start = min(max(first, 0), extent - 1)
    let end = min(max(first + weights.count, start + 1), extent)
    var inside: [Float] = []
    for cell in start..<end {
      let index = cell - first
      inside.append(weights.indices.contains(index) ? weights[index] : 0)
    }
    let total = inside.reduce(0, +)
    if abs(total) >= 1000 * Float.leastNormalMagnitude {
      let factor = 1 / total
      inside = inside.map { $0 * factor }
    }
    return Resampling.Cell(start: start, weights: inside)
  }

  /// One over the area that a cell covers, as TensorFlow rounds it.
  static func inverseArea(_ extents: [(from: Int, to: Int)]) -> Float {
    let area = extents.reduce(Float(1)) { $0 * (Float($1.from) / Float($1.to)) }
    return Float(1 / Double(area))
  }

  private func areaTaps(
    _ from: Float, _ to: Float, _ scale: Float, _ extent: Int
  ) -> Resampling.Cell {
    let start = min(max(Int(from.rounded(.down)), 0), extent - 1)
    let end = min(max(Int(to.rounded(.up)), start + 1), extent)
    var weights: [Float] = []
    for cell in start..<end {
      let low = Float(cell)
      let high = low + 1
      let covered =
        low < from ? (high > to ? scale : high - from) : (high > to ? to - low : 1)
      weights.append(covered)
    }
    return Resampling.Cell(start: start, weights: weights)
  }

  private func kernelTaps(
    _ index: Int, from extent: Int, to count: Int, antialias: Bool
  ) -> Resampling.Cell {
    let inverse = 1 / (Float(count) / Float(extent))
    let width = antialias ? max(inverse, 1) : 1
    let sample = (Float(index) + 0.5) * inverse
    let reach = radius * width
    let first = min(max(Int((sample - reach - 0.5).rounded(.up)), 0), extent - 1)
    let last = min(max(Int((sample + reach - 0.5).rounded(.down)), first), extent - 1)
    let weights = (first...last).map { cell in
      kernel(abs((Float(cell) + 0.5 - sample) * (1 / width)))
    }
    return normalized(weights, first: first, extent)
  }

  private var radius: Float {
    switch self {
    case .lanczos3: 3
    case .lanczos5: 5
    case .gaussian: 1.5
    case .bicubic, .mitchellcubic: 2
    case .bilinear, .nearest, .area: 1
    }
  }

  /// The kernel at a distance of at least 0.
  private func kernel(_ x: Float) -> Float {
    switch self {
    case .lanczos3, .lanczos5:
      if x > radius { return 0 }
      if x <= 1e-3 { return 1 }
      // `Float.pi` is rounded towards zero; TensorFlow's constant is the nearest number.
      let pi: Float = 3.14159265359
      return radius * sin(pi * x) * sin(pi * x / radius) / (pi * pi * x * x)
    case .gaussian:
      return x >= radius ? 0 : exp(-x * x / 0.5)
    case .bicubic:
      if x >= 2 { return 0 }
      return x >= 1 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : (1.5 * x - 2.5) * x * x + 1
    case .mitchellcubic:
      if x >= 2 { return 0 }
      if x >= 1 { return (((-7.0 / 18.0) * x + 2) * x - 10.0 / 3.0) * x + 16.0 / 9.0 }
      return ((7.0 / 6.0) * x - 2) * x * x + 8.0 / 9.0
    case .bilinear, .nearest, .area:
      return max(0, 1 - x)
    }
  }
}

extension GraphBuilder {
  /// The tensor with axes resized, one after another.
  ///
  /// `nearest` keeps the element type; the others compute in `float32` and give other floating-point types back as such.
  ///
  /// - Parameter antialias: whether the kernel widens when an axis shrinks.
  package mutating func resized(
    _ x: Value, axes: [Int], to targets: [Int], by interpolation: Interpolation,
    antialias: Bool = false
  ) throws(LayerError) -> Value {
    let extents = shape(x)
    var resolved: [Int] = []
    for axis in axes { resolved.append(try self.axis(axis, of: x)) }
    let pairs = Array(zip(resolved, targets))
    if pairs.allSatisfy({ extents[$0] == $1 }) { return x }
    guard pairs.allSatisfy({ extents[$0] > 0 && $1 > 0 }) else {
      throw LayerError(
        .shape, "shape \(Shape(extents)) cannot be resized to \(Shape(targets)) along \(axes)")
    }
    let dtype = dtype(x)
    var y = x
    if interpolation != .nearest { y = try cast(x, to: .float32) }
    let changing = pairs.filter {
      extents[$0] != $1 || !interpolation.keepsEqualExtents
    }
    let isLine = interpolation == .bilinear && !antialias
    let isColumnsFirst = isLine || interpolation == .area
    let order = isColumnsFirst ? changing.reversed() : changing
    for (number, (axis, target)) in order.enumerated() {
      _ = try Extent.tableCount([target, interpolation == .nearest ? 1 : extents[axis]])
      var form = Resampling.Form.sum(factor: 1)
      if isLine {
        form = .line
      } else if interpolation == .area, number == order.count - 1 {
        // The covered areas are divided out once, after the last axis.
        form = .sum(factor: Interpolation.inverseArea(pairs.map { (extents[$0], $1) }))
      }
      let cells = interpolation.taps(from: extents[axis], to: target, antialias: antialias)
      y = try resampled(y, axis: axis, Resampling(cells: cells, form: form))
    }
    return dtype.isFloatingPoint ? try cast(y, to: dtype) : y
  }

  /// The tensor with an axis whose cells are made of the operand's.
  mutating func resampled(
    _ x: Value, axis: Int, _ resampling: Resampling
  ) throws(LayerError) -> Value {
    if resampling.form != .line, resampling.form != .sum(factor: 1) {
      return try resample(x, resampling, axis: axis)
    }
    guard resampling.cells.allSatisfy({ $0.weights == [1] }) else {
      return try resample(x, resampling, axis: axis)
    }
    let indices = constant(
      Tensor(
        shape: [resampling.cells.count],
        integers: resampling.cells.map { Int64($0.start) }, dtype: .int32))
    return try gather(x, indices, axis: axis)
  }
}

public import HornbillCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension Initializer {
  /// The first value of a variable.
  ///
  /// With a seed the numbers are those of Keras 3 on its TensorFlow backend: the uniform kinds to the last bit, the normal
  /// ones within two units in the last place, the orthogonal ones within 1e-6.
  ///
  /// - Parameters:
  ///   - shape: the variable's extents.
  ///   - dtype: the variable's element type.
  /// - Throws: ``LayerError`` with the code `configuration` when the initializer does not fit the shape or type, and with the
  ///   code `unsupported` when its code is not in the file.
  public func values(shape: [Int], dtype: DType = .float32) throws(LayerError) -> Tensor {
    guard let count = Shape.elementCount(shape), shape.allSatisfy({ $0 >= 0 }) else {
      throw LayerError(.shape, "shape \(Shape(shape)) has too many elements")
    }
    switch self {
    case .zeros: return Tensor.filled(0, shape: shape, count: count, dtype: dtype)
    case .ones: return Tensor.filled(1, shape: shape, count: count, dtype: dtype)
    case .constant(let value):
      return Tensor.filled(value, shape: shape, count: count, dtype: dtype)
    case .array(let array): return try array.broadcast(to: shape).converted(to: dtype)
    case .identity(let gain):
      guard shape.count == 2 else { throw misfit("a shape of 2 axes", shape) }
      var numbers = [Double](repeating: 0, count: count)
      for index in 0..<min(shape[0], shape[1]) { numbers[index * shape[1] + index] = gain }
      return Tensor(numbers, shape: shape, dtype: dtype)
    case .stft(let kernel): return try kernel.values(shape: shape, dtype: dtype)
    case .custom(let json):
      throw LayerError(
        .unsupported,
        "\(json["class_name"]?.string ?? json.brief) is an initializer whose code is not in the file; give the weights"
      )
    default: break
    }
    guard dtype.isFloatingPoint else {
      throw LayerError(
        .configuration, "a random initializer makes floating-point numbers, not \(dtype)")
    }
    return try random(shape: shape, count: count, dtype: dtype)
  }

  private func random(
    shape: [Int], count: Int, dtype: DType
  ) throws(LayerError) -> Tensor {
    switch self {
    case .randomUniform(let least, let most, let seed):
      return uniform(least, most, seed, shape: shape, count: count, dtype: dtype)
    case .randomNormal(let mean, let deviation, let seed):
      let numbers = RandomNumbers(seed: seed, dtype: dtype).normal(count)
      return Tensor(numbers, factor: deviation, offset: mean, shape: shape, dtype: dtype)
    case .truncatedNormal(let mean, let deviation, let seed):
      let numbers = RandomNumbers(seed: seed, dtype: dtype).truncatedNormal(count)
      return Tensor(numbers, factor: deviation, offset: mean, shape: shape, dtype: dtype)
    case .varianceScaling(let scaling):
      let variance = try scaling.variance(shape: shape)
      switch scaling.distribution {
      case .uniform:
        let limit = (3 * variance).squareRoot()
        return uniform(-limit, limit, scaling.seed, shape: shape, count: count, dtype: dtype)
      case .untruncatedNormal:
        return try Initializer.randomNormal(stddev: variance.squareRoot(), seed: scaling.seed)
          .random(shape: shape, count: count, dtype: dtype)
      case .truncatedNormal:
        // The deviation of a normal distribution that is cut off at two deviations.
        let deviation = variance.squareRoot() / 0.87962566103423978
        return try Initializer.truncatedNormal(stddev: deviation, seed: scaling.seed)
          .random(shape: shape, count: count, dtype: dtype)
      }
    case .orthogonal(let gain, let seed):
      guard shape.count >= 2, let columns = shape.last else {
        throw misfit("a shape of at least 2 axes", shape)
      }
      let rows = shape.dropLast().reduce(1, *)
      let (long, short) = (max(rows, columns), min(rows, columns))
      let numbers = RandomNumbers(seed: seed, dtype: dtype).normal(count)
      var q = OrthonormalColumns(numbers, rows: long, columns: short).elements
      if rows < columns {
        q = (0..<count).map { q[$0 % columns * short + $0 / columns] }
      }
      return Tensor(q, factor: gain, shape: shape, dtype: dtype)
    default:
      throw LayerError(.configuration, "\(self) is no random initializer")
    }
  }

  /// Keras brings the bounds into `float32` before it brings them into the type.
  private func uniform(
    _ least: Double, _ most: Double, _ seed: Int?, shape: [Int], count: Int, dtype: DType
  ) -> Tensor {
    let numbers = RandomNumbers(seed: seed, dtype: dtype).uniform(count)
    let least = Double(Float(least))
    let most = Double(Float(most))
    let bounds = Tensor([least, most], shape: [2], dtype: dtype).doubles ?? [least, most]
    let width = Tensor([bounds[1] - bounds[0]], shape: [1], dtype: dtype).doubles?[0] ?? 0
    return Tensor(numbers, factor: width, offset: bounds[0], shape: shape, dtype: dtype)
  }

  private func misfit(_ expected: String, _ shape: [Int]) -> LayerError {
    LayerError(
      .configuration, "the initializer needs \(expected), found \(Shape(shape))")
  }
}

extension VarianceScaling {
  /// The variance of the numbers of a variable.
  func variance(shape: [Int]) throws(LayerError) -> Double {
    let (inputs, outputs) = try fans(shape)
    switch mode {
    case .fanIn: return scale / max(1, inputs)
    case .fanOut: return scale / max(1, outputs)
    case .fanAverage: return scale / max(1, (inputs + outputs) / 2)
    }
  }

  /// The numbers of inputs and outputs that a variable connects.
  ///
  /// Source: Keras 3, `keras/src/initializers/random_initializers.py`, `compute_fans`.
  private func fans(_ shape: [Int]) throws(LayerError) -> (Double, Double) {
    if let inputAxes, let outputAxes {
      return (try product(inputAxes, shape), try product(outputAxes, shape))
    }
    switch shape.count {
    case 0: return (1, 1)
    case 1: return (Double(shape[0]), Double(shape[0]))
    default:
      let window = shape.dropLast(2).reduce(1.0) { $0 * Double($1) }
      return (Double(shape[shape.count - 2]) * window, Double(shape[shape.count - 1]) * window)
    }
  }

  private func product(_ axes: [Int], _ shape: [Int]) throws(LayerError) -> Double {
    var product = 1.0
    for axis in axes {
      let index = axis < 0 ? axis + shape.count : axis
      guard shape.indices.contains(index) else {
        throw LayerError(
          .configuration, "axis \(axis) of the initializer does not exist in \(Shape(shape))")
      }
      product *= Double(shape[index])
    }
    return product
  }
}

extension STFTKernel {
  /// The kernel `(frame, 1, bins)` of one half of the transform.
  func values(shape: [Int], dtype: DType) throws(LayerError) -> Tensor {
    guard shape.count == 3, shape[1] == 1, shape[2] > 1 else {
      throw LayerError(
        .configuration,
        "a short-time Fourier transform needs a shape (frame, 1, bins), found \(Shape(shape))")
    }
    let (frame, bins) = (shape[0], shape[2])
    let factors = try window(count: frame)
    var scale = 1.0
    if window != nil, let scaling {
      switch scaling {
      case .density: scale = factors.reduce(0) { $0 + $1 * $1 }.squareRoot()
      case .spectrum: scale = factors.reduce(0) { $0 + abs($1) }
      }
    }
    let period = 2 * (bins - 1)
    var numbers: [Double] = []
    numbers.reserveCapacity(frame * bins)
    for (time, factor) in factors.enumerated() {
      for bin in 0..<bins {
        let angle = -2 * Double.pi * Double(time * bin % period) / Double(period)
        numbers.append((side == .real ? cos(angle) : sin(angle)) * factor / scale)
      }
    }
    return Tensor(numbers, shape: shape, dtype: dtype)
  }

  private func window(count: Int) throws(LayerError) -> [Double] {
    let coefficients: (Double, Double)
    switch window {
    case nil, "boxcar", "ones", "rect", "rectangular": return [Double](repeating: 1, count: count)
    case "hann": coefficients = (0.5, 0.5)
    case "hamming": coefficients = (0.54, 0.46)
    case let name?:
      throw LayerError(.unsupported, "the window \"\(name.prefix(40))\" is not supported")
    }
    guard count > 1 else { return [Double](repeating: 1, count: count) }
    let period = Double(periodic ? count : count - 1)
    return (0..<count).map {
      coefficients.0 - coefficients.1 * cos(2 * .pi * Double($0) / period)
    }
  }
}

extension Tensor {
  /// Numbers rounded to a type.
  init(_ numbers: [Double], shape: [Int], dtype: DType) {
    self = Tensor(shape: shape, numbers).converted(to: dtype)
  }

  /// `number · factor + offset` for numbers of a type, in its arithmetic.
  fileprivate init(
    _ numbers: [Double], factor: Double, offset: Double? = nil, shape: [Int], dtype: DType
  ) {
    if dtype == .float64 {
      let shift = offset ?? 0
      self.init(shape: shape, numbers.map { offset == nil ? $0 * factor : $0 * factor + shift })
      return
    }
    let factor = dtype.rounded(Float(factor))
    let shift = offset.map { dtype.rounded(Float($0)) }
    let values = numbers.map { number in
      let product = dtype.rounded(Float(number) * factor)
      return shift.map { dtype.rounded(product + $0) } ?? product
    }
    self.init(shape: shape, dtype: dtype, storage: .float(values))
  }

  fileprivate static func filled(
    _ value: Double, shape: [Int], count: Int, dtype: DType
  ) -> Tensor {
    Tensor([Double](repeating: value, count: count), shape: shape, dtype: dtype)
  }

  /// The tensor repeated along axes of extent 1 and further ones in front.
  fileprivate func broadcast(to target: [Int]) throws(LayerError) -> Tensor {
    guard let numbers = doubles, rank <= target.count,
      zip(shape.reversed(), target.reversed()).allSatisfy({ $0 == $1 || $0 == 1 })
    else {
      throw LayerError(
        .configuration,
        "the initializer's array of shape \(Shape(shape)) does not fit \(Shape(target))")
    }
    var result = numbers
    var inner = 1
    let extents = [Int](repeating: 1, count: target.count - rank) + shape
    for axis in target.indices.reversed() {
      if extents[axis] != target[axis] {
        var next: [Double] = []
        next.reserveCapacity(result.count * target[axis])
        for start in stride(from: 0, to: result.count, by: max(inner, 1)) {
          for _ in 0..<target[axis] { next += result[start..<(start + inner)] }
        }
        result = next
      }
      inner *= target[axis]
    }
    return Tensor(shape: target, result)
  }
}

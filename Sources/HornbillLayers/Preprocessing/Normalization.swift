public import HornbillCore

/// Numbers moved to mean 0 and variance 1, by statistics that are given or were learned with `adapt`.
///
///     y = (x − mean) / max(√variance, 1e-7)
///     y = x · max(√variance, 1e-7) + mean        with `invert`
///
/// - Input: any shape. Output: the same. Given statistics are rounded to `float32`.
/// - Weights: `mean` and `variance` of the extents of the kept axes, `count` (); none when mean and variance are given.
/// - Source: Keras 3, `keras/src/layers/preprocessing/normalization.py`.
public struct Normalization: Layer {
  public static let className = "Normalization"

  /// The axes whose elements have statistics of their own.
  public let axes: [Int]
  /// The mean, which broadcasts against the kept axes; `nil` when it is a weight.
  public let mean: Tensor?
  /// The variance, which broadcasts against the kept axes; `nil` when it is a weight.
  public let variance: Tensor?
  /// Whether the layer undoes a normalization.
  public let invert: Bool

  /// Makes a layer whose statistics are weights.
  public init(axes: [Int] = [-1], invert: Bool = false) {
    self.axes = axes
    self.invert = invert
    mean = nil
    variance = nil
  }

  /// Makes a layer with given statistics.
  public init(axes: [Int] = [-1], mean: Tensor, variance: Tensor, invert: Bool = false) {
    self.axes = axes
    self.mean = mean
    self.variance = variance
    self.invert = invert
  }

  public init(config: LayerConfig) throws(LayerError) {
    let isNone = config.fields["axis"]?.isNull ?? false
    axes = isNone ? [] : try config.axes("axis", default: [-1])
    mean = try config.array("mean")
    variance = try config.array("variance")
    guard (mean == nil) == (variance == nil) else {
      throw config.invalid(
        mean == nil ? "mean" : "variance", expected: "mean and variance, or neither")
    }
    invert = try config.bool("invert", default: false)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("axis", axes)
    config.set("invert", invert)
    config.set("mean", nested: mean)
    config.set("variance", nested: variance)
  }

  public var supportsMasking: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let shape = try call.inputShape
    if mean == nil {
      var extents: [Int] = []
      for axis in try keptAxes(rank: shape.rank) { extents.append(try call.knownExtent(axis)) }
      build.weight("mean", extents, trainable: false, initializer: .zeros)
      build.weight("variance", extents, trainable: false, initializer: .ones)
      build.weight("count", [], dtype: .int64, trainable: false, initializer: .zeros)
    }
    return [TensorSpec(shape)]
  }

  /// The axes from the front, ascending.
  private func keptAxes(rank: Int) throws(LayerError) -> [Int] {
    let kept = Set(axes.map { $0 < 0 ? $0 + rank : $0 }).sorted()
    guard kept.allSatisfy({ (0..<rank).contains($0) }) else {
      throw LayerError(.shape, "axes \(axes) do not exist in an input of \(rank) axes")
    }
    return kept
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try lowering.graph.cast(call.input, to: call.dtype)
    let extents = lowering.graph.shape(x)
    let kept = try keptAxes(rank: extents.count)
    func statistic(_ given: Tensor?, _ index: Int) throws(LayerError) -> Value {
      let keptExtents = kept.map { extents[$0] }
      var value: Value
      if let given {
        let single = lowering.graph.constant(given.converted(to: .float32))
        value = try lowering.graph.cast(single, to: call.dtype)
        value = try lowering.graph.broadcast(value, to: keptExtents)
      } else {
        value = call.weights[index]
      }
      let shape = extents.indices.map { kept.contains($0) ? extents[$0] : 1 }
      return try lowering.graph.reshape(value, to: shape)
    }
    let mean = try statistic(mean, 0)
    let deviation = try lowering.graph.maximum(
      lowering.graph.unary(.sqrt, statistic(variance, 1)), 1e-7)
    if invert {
      return [try lowering.graph.add(mean, lowering.graph.multiply(x, deviation))]
    }
    return [try lowering.graph.divide(lowering.graph.subtract(x, mean), deviation)]
  }
}

public import HornbillCore

/// Exponentials that sum to 1 along some axes.
///
///     y = exp(x − max(x)) / sum(exp(x − max(x)))
///
/// - Input: any shape. Output: the same. Weights: none.
/// - Mask: of a shape that broadcasts to the input's; masked elements take no part and are 0. Keras 1 and 2 lower them by 1e9
///   (65504 in `float16`) instead, so that wholly masked axes keep the softmax of their inputs.
/// - Source: Keras 3, `keras/src/layers/activations/softmax.py`.
public struct Softmax: Layer {
  public static let className = "Softmax"

  /// The axes, taken together.
  public let axes: [Int]

  /// Makes a softmax.
  public init(axes: [Int] = [-1]) {
    self.axes = axes
  }

  public init(config: LayerConfig) throws(LayerError) {
    axes = try config.axes("axis", default: [-1])
    guard !axes.isEmpty else {
      throw config.invalid("axis", expected: "an axis or a list of axes")
    }
  }

  public func encode(to config: inout ConfigEncoder) {
    config.setAxes("axis", axes)
  }

  public var supportsMasking: Bool { true }

  public var isBuiltFromStart: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(present: axes, "axes")
    return [try call.input]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    [try lowering.softmax(call.input, mask: call.mask, axes: axes)]
  }
}

extension Lowering {
  /// Softmax over the given axes taken together, masked as the layer ``Softmax`` does.
  mutating func softmax(
    _ x: Value, mask given: Value?, axes: [Int]
  ) throws(LayerError) -> Value {
    guard let given else { return try graph.softmax(x, axes: axes) }
    guard graph.rank(given) <= graph.rank(x) else {
      throw LayerError(
        .shape,
        "a mask of shape \(Shape(graph.shape(given))) does not fit the input's shape \(Shape(graph.shape(x)))"
      )
    }
    let dtype = graph.dtype(x)
    if rules.kerasMajor < 3 {
      let weight = try graph.cast(given, to: dtype)
      let lowered = try graph.multiply(
        graph.subtract(graph.scalar(1, dtype), weight), dtype == .float16 ? -65504 : -1e9)
      return try graph.softmax(graph.add(x, lowered), axes: axes)
    }
    let mask = try graph.truth(given)
    let low = graph.scalar(dtype == .float16 ? -3e4 : -1e9, dtype)
    let y = try graph.softmax(graph.select(mask, x, low), axes: axes)
    return try graph.select(mask, y, graph.scalar(0, dtype))
  }
}

extension GraphBuilder {
  /// A mask as Boolean; of other types, what exceeds one half is true.
  mutating func truth(_ mask: Value) throws(LayerError) -> Value {
    let dtype = dtype(mask)
    if dtype == .bool { return mask }
    if dtype.isFloatingPoint { return try binary(.greater, mask, scalar(0.5, dtype)) }
    return try binary(.greater, mask, scalar(0, dtype))
  }
}

public import HornbillCore

/// Marks the steps of a sequence all of whose features have one value, so that later layers skip them.
///
///     mask = any(x ≠ maskValue, last axis);  y = mask ? x : 0
///
/// - Input: `(…, features)`. Output: the same shape.
/// - Weights: none.
/// - Masks: a new one, `(…)`.
/// - Source: Keras 3, `keras/src/layers/core/masking.py`.
public struct Masking: Layer {
  public static let className = "Masking"

  /// The value of skipped features.
  public let maskValue: Double

  /// Makes a layer that skips steps of one value.
  public init(maskValue: Double = 0) {
    self.maskValue = maskValue
  }

  public init(config: LayerConfig) throws(LayerError) {
    maskValue = try config.number("mask_value", default: 0)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("mask_value", maskValue)
  }

  public var supportsMasking: Bool { true }

  public var isBuiltFromStart: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    [try call.input]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try call.input
    let differs = try differing(x, in: &lowering.graph)
    let counts = try lowering.graph.reduce(.any, differs, axes: [-1], keepDimensions: true)
    let zero = lowering.graph.scalar(0, lowering.graph.dtype(x))
    return [try lowering.graph.select(counts, x, zero)]
  }

  public func outputMasks(
    _ call: LayerCall, outputs: [Value], in lowering: inout Lowering
  ) throws(LayerError) -> [Value?] {
    let differs = try differing(call.input, in: &lowering.graph)
    let mask = try lowering.graph.reduce(.any, differs, axes: [-1])
    lowering.recordMaskOperation("not_equal", differs)
    lowering.recordMaskOperation("any", mask)
    return [mask]
  }

  /// Which features differ from the value, which is rounded to their type.
  private func differing(_ x: Value, in graph: inout GraphBuilder) throws(LayerError) -> Value {
    let dtype = graph.dtype(x)
    if dtype.isFloatingPoint {
      let value = try graph.cast(graph.scalar(maskValue, .float32), to: dtype)
      return try graph.binary(
        .notEqual, x, dtype == .float64 ? graph.scalar(maskValue, .float64) : value)
    }
    let wide = try graph.cast(x, to: .float64)
    return try graph.notEqual(wide, maskValue)
  }
}

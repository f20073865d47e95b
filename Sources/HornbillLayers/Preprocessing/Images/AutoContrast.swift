public import HornbillCore

/// Each channel of an image stretched to the whole range of colours, in training and at inference.
///
///     y = (x − low) · 255 / (high − low)
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same, in the type of the layer's
///   computation. A channel of one colour stays.
/// - The lowest and highest colours are those along axes 1 and 2 of the batch, with channels first too.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/auto_contrast.py`.
public struct AutoContrast: UncastInputLayer {
  public static let className = "AutoContrast"

  private let range: ValueRange
  package let images: ImageFields

  /// The lowest and the highest colour.
  public var valueRange: (Double, Double) { (range.least, range.most) }

  /// Makes a layer for colours in a range.
  public init(valueRange: (Double, Double) = (0, 255)) {
    self.init(valueRange: valueRange, images: ImageFields())
  }

  private init(valueRange: (Double, Double), images: ImageFields) {
    self.images = images
    range = ValueRange(
      least: min(valueRange.0, valueRange.1), most: max(valueRange.0, valueRange.1))
  }

  public init(config: LayerConfig) throws(LayerError) {
    let given = try config.valueRange()
    self.init(
      valueRange: (given.least, given.most), images: try ImageFields(config: config))
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("value_range", colours: valueRange)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try call.mapParts { (part, spec) throws(LayerError) in
      part == .images ? TensorSpec(spec.shape) : spec
    }
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    try call.mapParts { (part, value) throws(LayerError) in
      part == .images ? try stretched(value, call.dtype, into: &lowering.graph) : value
    }
  }

  private func stretched(
    _ images: Value, _ dtype: DType, into graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let original = try graph.cast(images, to: dtype)
    let rank = graph.rank(original)
    _ = try ImageAxes(rank: rank, format: .channelsLast)
    let axes = [rank - 3, rank - 2]
    let x = try graph.colours(original, from: range, to: .bytes)
    let low = try graph.reduce(.minimum, x, axes: axes, keepDimensions: true)
    let high = try graph.reduce(.maximum, x, axes: axes, keepDimensions: true)
    let scale = try graph.divide(graph.scalar(255, dtype), graph.subtract(high, low))
    let offset = try graph.multiply(graph.unary(.negate, low), scale)
    let spread = try graph.add(graph.multiply(x, scale), offset)
    let clipped = try graph.minimum(graph.maximum(spread, 0), 255)
    let result = try graph.colours(clipped, from: .bytes, to: range)
    return try graph.select(graph.unary(.isNaN, result), original, result)
  }
}

public import HornbillCore

/// Images of another size.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same with the new height and
///   width. Keras 3 gives images of integers back as such, rounded and clipped.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/resizing.py`.
public struct Resizing: UncastInputLayer {
  public static let className = "Resizing"

  /// The new height.
  public let height: Int
  /// The new width.
  public let width: Int
  /// How the cells between are found.
  public let interpolation: Interpolation
  /// Whether the edges of an image of another aspect ratio are cut off.
  public let cropToAspectRatio: Bool
  /// Whether an image of another aspect ratio gets a margin; one that gets none and is not cut is stretched.
  public let padToAspectRatio: Bool
  /// The colour of the margin.
  public let fillValue: Double
  /// Whether the kernel widens when an image shrinks.
  public let antialias: Bool
  package let images: ImageFields
  private let keepsType: Bool

  /// Where the channels stand.
  public var dataFormat: DataFormat { images.dataFormat }

  /// Makes a layer.
  ///
  /// Building a model throws ``LayerError`` when an extent is not above 0, or when images are to be both cut and padded.
  public init(
    height: Int, width: Int, interpolation: Interpolation = .bilinear,
    cropToAspectRatio: Bool = false, padToAspectRatio: Bool = false, fillValue: Double = 0,
    antialias: Bool = false, dataFormat: DataFormat = .channelsLast
  ) {
    self.height = height
    self.width = width
    self.interpolation = interpolation
    self.cropToAspectRatio = cropToAspectRatio
    self.padToAspectRatio = padToAspectRatio
    self.fillValue = fillValue
    self.antialias = antialias
    images = ImageFields(dataFormat: dataFormat)
    keepsType = true
  }

  public init(config: LayerConfig) throws(LayerError) {
    height = try config.positive("height")
    width = try config.positive("width")
    interpolation = try config.choice("interpolation", default: Interpolation.bilinear)
    antialias = try config.bool("antialias", default: false)
    images = try ImageFields(config: config)
    keepsType = config.context.rules.kerasMajor >= 3
    cropToAspectRatio = try config.bool("crop_to_aspect_ratio", default: false)
    padToAspectRatio = try config.bool("pad_to_aspect_ratio", default: false)
    fillValue = try config.number("fill_value", default: 0)
    guard !cropToAspectRatio || !padToAspectRatio else {
      throw config.invalid("pad_to_aspect_ratio", expected: "false beside crop_to_aspect_ratio")
    }
    let mode = try config.string("fill_mode", default: "constant")
    guard mode == "constant" else { throw config.invalid("fill_mode", expected: "\"constant\"") }
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("height", height)
    config.set("width", width)
    config.set("interpolation", interpolation)
    config.set("crop_to_aspect_ratio", cropToAspectRatio)
    config.set("pad_to_aspect_ratio", padToAspectRatio)
    config.set("fill_mode", "constant")
    config.set("fill_value", fillValue)
    config.set("antialias", antialias)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(positive: [height, width], "height and width")
    guard !cropToAspectRatio || !padToAspectRatio else {
      throw LayerError(
        .configuration, "padToAspectRatio: expected false beside cropToAspectRatio, found true")
    }
    return try call.mapParts { (part, spec) throws(LayerError) in
      guard part == .images || part == .segmentationMasks else { return spec }
      let result = try spec.resized(height: height, width: width, format: dataFormat)
      return keepsType ? result : TensorSpec(result.shape)
    }
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    try call.mapParts { (part, value) throws(LayerError) in
      switch part {
      case .images: return try resized(value, by: interpolation, call, into: &lowering)
      case .segmentationMasks: return try resized(value, by: .nearest, call, into: &lowering)
      case .boxes:
        throw LayerError(.unsupported, "bounding boxes beside images are not supported")
      case .boxLabels, .other: return value
      }
    }
  }

  private func resized(
    _ images: Value, by interpolation: Interpolation, _ call: LayerCall,
    into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    var x = images
    let isFloat = lowering.graph.dtype(x).isFloatingPoint
    if isFloat || !keepsType { x = try lowering.graph.cast(x, to: call.dtype) }
    let axes = try ImageAxes(rank: lowering.graph.rank(x), format: dataFormat)
    let dtype = lowering.graph.dtype(x)
    var y: Value
    if cropToAspectRatio {
      y = try lowering.graph.smartResized(
        x, height: height, width: width, axes: axes, by: interpolation, antialias: antialias)
    } else if padToAspectRatio {
      y = try lowering.graph.paddedAndResized(
        x, height: height, width: width, axes: axes, fill: fillValue, by: interpolation,
        antialias: antialias)
    } else {
      y = try lowering.graph.resized(
        x, axes: [axes.height, axes.width], to: [height, width], by: interpolation,
        antialias: antialias)
    }
    if lowering.graph.dtype(y) == dtype { return y }
    return try lowering.graph.saturated(y, to: dtype)
  }
}

extension GraphBuilder {
  /// Numbers rounded to integers, half to even, and clipped to the type's range.
  mutating func saturated(_ x: Value, to dtype: DType) throws(LayerError) -> Value {
    guard dtype.isInteger else { return try cast(x, to: dtype) }
    var (least, most) = (0.0, 255.0)
    if dtype.isUnsignedInteger {
      most = Double(sign: .plus, exponent: dtype.bitWidth, significand: 1) - 1
    } else {
      most = Double(sign: .plus, exponent: dtype.bitWidth - 1, significand: 1) - 1
      least = -most - 1
    }
    let rounded = try unary(.roundHalfToEven, cast(x, to: .float64))
    return try cast(minimum(maximum(rounded, least), most), to: dtype)
  }
}

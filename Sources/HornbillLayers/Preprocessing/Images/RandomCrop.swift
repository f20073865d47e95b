public import HornbillCore

/// A part of images, chosen at random in training.
///
/// At inference Keras 3 leaves images as they are, though it states the new height and width. Keras 2 cuts images to the aspect
/// ratio and resizes them.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: see above.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_crop.py`; Keras 2,
///   `keras/src/layers/preprocessing/image_preprocessing.py`, `RandomCrop`.
public struct RandomCrop: UncastInputLayer {
  public static let className = "RandomCrop"

  /// The height of the part.
  public let height: Int
  /// The width of the part.
  public let width: Int
  /// The seed of the random numbers; `nil` for a new one.
  public let seed: Int?
  package let images: ImageFields
  private let resizes: Bool

  /// Where the channels stand.
  public var dataFormat: DataFormat { images.dataFormat }

  /// Makes a layer.
  public init(
    height: Int, width: Int, seed: Int? = nil, dataFormat: DataFormat = .channelsLast
  ) {
    self.height = height
    self.width = width
    self.seed = seed
    images = ImageFields(dataFormat: dataFormat)
    resizes = false
  }

  public init(config: LayerConfig) throws(LayerError) {
    height = try config.positive("height")
    width = try config.positive("width")
    seed = try config.seed()
    images = try ImageFields(config: config)
    resizes = config.context.rules.kerasMajor < 3
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("height", height)
    config.set("width", width)
    config.set("seed", seed)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(positive: [height, width], "height and width")
    return try call.mapParts { (part, spec) throws(LayerError) in
      guard part == .images || part == .segmentationMasks else { return spec }
      let result = try spec.resized(height: height, width: width, format: dataFormat)
      return resizes ? TensorSpec(result.shape) : result
    }
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    try call.mapParts { (part, value) throws(LayerError) in
      if resizes, part == .images {
        let x = try lowering.graph.cast(value, to: call.dtype)
        let axes = try ImageAxes(rank: lowering.graph.rank(x), format: dataFormat)
        return try lowering.graph.smartResized(x, height: height, width: width, axes: axes)
      }
      guard lowering.graph.dtype(value).isFloatingPoint else { return value }
      return try lowering.graph.cast(value, to: call.dtype)
    }
  }
}

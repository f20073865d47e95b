public import HornbillCore

/// The middle of images; of smaller ones the middle of the wanted aspect ratio, enlarged.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same with the new height and
///   width, in the type of the layer's computation.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/center_crop.py`.
public struct CenterCrop: UncastInputLayer {
  public static let className = "CenterCrop"

  /// The new height.
  public let height: Int
  /// The new width.
  public let width: Int
  package let images: ImageFields

  /// Where the channels stand.
  public var dataFormat: DataFormat { images.dataFormat }

  /// Makes a layer.
  public init(height: Int, width: Int, dataFormat: DataFormat = .channelsLast) {
    self.height = height
    self.width = width
    images = ImageFields(dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(LayerError) {
    height = try config.positive("height")
    width = try config.positive("width")
    images = try ImageFields(config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("height", height)
    config.set("width", width)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(positive: [height, width], "height and width")
    return try call.mapParts { (part, spec) throws(LayerError) in
      guard part == .images || part == .segmentationMasks else { return spec }
      let result = try spec.resized(height: height, width: width, format: dataFormat)
      return TensorSpec(result.shape)
    }
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    try call.mapParts { (part, value) throws(LayerError) in
      switch part {
      case .images, .segmentationMasks: return try cropped(value, call, into: &lowering)
      case .boxes:
        throw LayerError(.unsupported, "bounding boxes beside images are not supported")
      case .boxLabels, .other: return value
      }
    }
  }

  private func cropped(
    _ images: Value, _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    let x = try lowering.graph.cast(images, to: call.dtype)
    let extents = lowering.graph.shape(x)
    let axes = try ImageAxes(rank: extents.count, format: dataFormat)
    if extents[axes.height] >= height, extents[axes.width] >= width {
      return try lowering.graph.centerCropped(x, height: height, width: width, axes: axes)
    }
    return try lowering.graph.smartResized(x, height: height, width: width, axes: axes)
  }
}

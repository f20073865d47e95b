public import HornbillCore

/// A fixed number of bounding boxes for each image: further ones are left out, missing ones are filled.
///
/// - Input: a dictionary with `images` and `bounding_boxes`, which holds `boxes` `(batch, n, 4)` and `labels` `(batch, n)`. Output: the
///   same with n = `maxNumber`, and −1 where there is no box. Images alone stay.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/max_num_bounding_box.py`.
public struct MaxNumBoundingBoxes: UncastInputLayer {
  public static let className = "MaxNumBoundingBoxes"

  /// The number of boxes.
  public let maxNumber: Int
  /// What fills missing boxes and labels.
  public let fillValue: Int
  package let images: ImageFields

  /// Makes a layer.
  public init(maxNumber: Int, fillValue: Int = -1) {
    self.maxNumber = maxNumber
    self.fillValue = fillValue
    images = ImageFields()
  }

  public init(config: LayerConfig) throws(LayerError) {
    maxNumber = try config.positive("max_number")
    fillValue = try config.integer("fill_value", default: -1)
    images = try ImageFields(config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("max_number", maxNumber)
    if fillValue != -1 { config.set("fill_value", fillValue) }
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(positive: maxNumber, "maxNumber")
    return try call.mapParts { (part, spec) throws(LayerError) in
      guard part == .boxes || part == .boxLabels, var shape = spec.shape, shape.rank > 1 else {
        return spec
      }
      shape[1] = maxNumber
      return TensorSpec(shape, spec.dtype)
    }
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    try call.mapParts { (part, value) throws(LayerError) in
      var x = value
      if lowering.graph.dtype(x).isFloatingPoint {
        x = try lowering.graph.cast(x, to: call.dtype)
      }
      guard part == .boxes || part == .boxLabels else { return x }
      let shape = lowering.graph.shape(x)
      guard shape.count > 1 else {
        throw LayerError(.shape, "expected boxes of shape (batch, n, 4), found \(Shape(shape))")
      }
      if shape[1] >= maxNumber {
        return try lowering.graph.slice(x, axis: 1, start: 0, count: maxNumber)
      }
      let before = [Int](repeating: 0, count: shape.count)
      var after = before
      after[1] = maxNumber - shape[1]
      return try lowering.graph.pad(
        x, before: before, after: after, mode: .constant(Double(fillValue)))
    }
  }
}

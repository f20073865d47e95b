import HornbillCore

/// The parts of the argument of an image layer: images alone, or a dictionary with `images`, `labels`, `bounding_boxes` and
/// `segmentation_masks`.
///
/// Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/base_image_preprocessing_layer.py`, `call`.
enum ImagePart: Hashable {
  case images
  case segmentationMasks
  /// The boxes themselves, and their labels.
  case boxes, boxLabels
  /// Something that image layers leave alone.
  case other
}

extension CallArguments {
  /// The tensors of the first argument with their parts, in the order of a dictionary's keys.
  var imageParts: [(part: ImagePart, element: Element)] {
    guard let first = positional.first else { return [] }
    guard case .dictionary(let pairs) = first else {
      return first.tensors.map { (.images, $0) }
    }
    var parts: [(part: ImagePart, element: Element)] = []
    for (key, value) in pairs.sorted(by: { $0.key < $1.key }) {
      switch key {
      case "images": parts += value.tensors.map { (.images, $0) }
      case "segmentation_masks": parts += value.tensors.map { (.segmentationMasks, $0) }
      case "bounding_boxes": parts += CallArguments.boxParts(value)
      default: parts += value.tensors.map { (.other, $0) }
      }
    }
    return parts
  }

  private static func boxParts(
    _ value: Argument<Element>
  ) -> [(part: ImagePart, element: Element)] {
    guard case .dictionary(let pairs) = value else { return value.tensors.map { (.boxes, $0) } }
    return pairs.sorted { $0.key < $1.key }.flatMap { key, value in
      value.tensors.map { (key == "boxes" ? .boxes : .boxLabels, $0) }
    }
  }
}

extension LayerCall {
  /// The results of a function of each tensor.
  func mapParts(
    _ body: (ImagePart, Value) throws(LayerError) -> Value
  ) throws(LayerError) -> [Value] {
    var results: [Value] = []
    for (part, flow) in arguments.imageParts { results.append(try body(part, flow.value)) }
    return results
  }
}

extension BuildCall {
  /// The results of a function of each tensor's specification.
  func mapParts(
    _ body: (ImagePart, TensorSpec) throws(LayerError) -> TensorSpec
  ) throws(LayerError) -> [TensorSpec] {
    var results: [TensorSpec] = []
    for (part, spec) in arguments.imageParts { results.append(try body(part, spec)) }
    return results
  }
}

/// The axes of an image or a batch of images.
struct ImageAxes {
  let height: Int
  let width: Int
  let channels: Int

  /// The axes in a shape of 3 or 4 axes.
  init(rank: Int, format: DataFormat) throws(LayerError) {
    guard rank == 3 || rank == 4 else {
      throw LayerError(
        .shape, "expected an image (3 axes) or a batch of images (4 axes), found \(rank) axes")
    }
    let first = rank - 3
    switch format {
    case .channelsLast: (height, width, channels) = (first, first + 1, first + 2)
    case .channelsFirst: (channels, height, width) = (first, first + 1, first + 2)
    }
  }
}

extension TensorSpec {
  /// The specification of images of another size.
  func resized(
    height: Int, width: Int, format: DataFormat
  ) throws(LayerError) -> TensorSpec {
    guard var shape else { return self }
    let axes = try ImageAxes(rank: shape.rank, format: format)
    shape[axes.height] = height
    shape[axes.width] = width
    return TensorSpec(shape, dtype)
  }
}

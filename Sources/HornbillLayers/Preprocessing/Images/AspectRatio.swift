import HornbillCore

/// A part of an image, or an image with a margin, of the aspect ratio of another size.
///
/// Source: Keras 3, `keras/src/backend/tensorflow/image.py`, `resize`; `keras/src/utils/image_utils.py`, `smart_resize`.
enum AspectRatio {
  /// `a · b / c`, rounded down.
  private static func scaled(_ a: Int, _ b: Int, _ c: Int) throws(LayerError) -> Int {
    try Extent.product(a, b) / c
  }

  /// The extents of the greatest part of that aspect ratio.
  static func cropped(
    height: Int, width: Int, toRatioOf target: (height: Int, width: Int)
  ) throws(LayerError) -> (height: Int, width: Int) {
    (
      max(min(height, try scaled(width, target.height, target.width)), 1),
      max(min(width, try scaled(height, target.width, target.height)), 1)
    )
  }

  /// The extents of the least image of that aspect ratio which holds the image.
  static func padded(
    height: Int, width: Int, toRatioOf target: (height: Int, width: Int)
  ) throws(LayerError) -> (height: Int, width: Int) {
    (
      max(height, try scaled(width, target.height, target.width)),
      max(width, try scaled(height, target.width, target.height))
    )
  }
}

extension GraphBuilder {
  /// Images that keep the middle of their height and width.
  mutating func centerCropped(
    _ images: Value, height: Int, width: Int, axes: ImageAxes
  ) throws(LayerError) -> Value {
    let extents = shape(images)
    var result = images
    for (axis, count) in [(axes.height, height), (axes.width, width)] {
      let start = (extents[axis] - count) / 2
      result = try slice(result, axis: axis, start: start, count: count)
    }
    return result
  }

  /// Images cut to an aspect ratio, then resized.
  mutating func smartResized(
    _ images: Value, height: Int, width: Int, axes: ImageAxes,
    by interpolation: Interpolation = .bilinear, antialias: Bool = false
  ) throws(LayerError) -> Value {
    let extents = shape(images)
    guard extents[axes.height] > 0, extents[axes.width] > 0 else {
      throw LayerError(.shape, "images of shape \(Shape(extents)) cannot be resized")
    }
    let part = try AspectRatio.cropped(
      height: extents[axes.height], width: extents[axes.width], toRatioOf: (height, width))
    let middle = try centerCropped(images, height: part.height, width: part.width, axes: axes)
    return try resized(
      middle, axes: [axes.height, axes.width], to: [height, width], by: interpolation,
      antialias: antialias)
  }

  /// Images with a margin on both sides of an axis, then resized.
  mutating func paddedAndResized(
    _ images: Value, height: Int, width: Int, axes: ImageAxes, fill: Double,
    by interpolation: Interpolation, antialias: Bool
  ) throws(LayerError) -> Value {
    let extents = shape(images)
    let whole = try AspectRatio.padded(
      height: extents[axes.height], width: extents[axes.width], toRatioOf: (height, width))
    var margins = [Int](repeating: 0, count: extents.count)
    margins[axes.height] = (whole.height - extents[axes.height]) / 2
    margins[axes.width] = (whole.width - extents[axes.width]) / 2
    let padded = try pad(images, before: margins, after: margins, mode: .constant(fill))
    return try resized(
      padded, axes: [axes.height, axes.width], to: [height, width], by: interpolation,
      antialias: antialias)
  }
}

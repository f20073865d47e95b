import HornbillCore

/// The numbers between which the colours of images lie.
///
/// Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/base_image_preprocessing_layer.py`,
/// `_transform_value_range`.
struct ValueRange: Sendable, Hashable {
  let least: Double
  let most: Double

  /// The range of bytes.
  static let bytes = ValueRange(least: 0, most: 255)
}

extension LayerConfig {
  /// The field `value_range`: two numbers.
  func valueRange() throws(LayerError) -> ValueRange {
    guard let range = try array("value_range") else { return .bytes }
    guard range.shape == [2], let numbers = range.doubles else {
      throw invalid("value_range", expected: "two numbers")
    }
    return ValueRange(least: numbers[0], most: numbers[1])
  }
}

extension GraphBuilder {
  /// Colours brought from one range to another.
  mutating func colours(
    _ x: Value, from source: ValueRange, to target: ValueRange
  ) throws(LayerError) -> Value {
    if source == target { return x }
    let dtype = dtype(x)
    let moved = try subtract(x, scalar(source.least, dtype))
    let unit = try divide(moved, scalar(source.most - source.least, dtype))
    return try add(multiply(unit, target.most - target.least), target.least)
  }
}

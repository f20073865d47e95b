import HornbillCore

extension LayerConfig {
  /// A number, a list of numbers nested to any depth, or a serialised array, in `float64`; `nil` when it is absent.
  ///
  /// Source: Keras 3, `keras/src/saving/serialization_lib.py`, `__numpy__` and `__tensor__`.
  func array(_ field: String) throws(LayerError) -> Tensor? {
    guard let value = self[field] else { return nil }
    var plain = value
    if value.object != nil, let inner = value["config"]?["value"] { plain = inner }
    guard let shape = LayerConfig.arrayShape(plain, depth: 0) else {
      throw invalid(field, expected: "a number or an array of numbers")
    }
    var numbers: [Double] = []
    guard LayerConfig.collect(plain, shape[...], into: &numbers) else {
      throw invalid(field, expected: "an array of numbers whose rows are of one length")
    }
    return Tensor(shape: shape, numbers)
  }

  private static func arrayShape(_ value: JSON, depth: Int) -> [Int]? {
    guard let elements = value.array else { return value.number == nil ? nil : [] }
    guard let first = elements.first else { return [0] }
    guard depth < 16, let inner = arrayShape(first, depth: depth + 1) else { return nil }
    return [elements.count] + inner
  }

  private static func collect(
    _ value: JSON, _ shape: ArraySlice<Int>, into numbers: inout [Double]
  ) -> Bool {
    guard let count = shape.first else {
      guard let number = value.number else { return false }
      numbers.append(number)
      return true
    }
    guard let elements = value.array, elements.count == count else { return false }
    for element in elements {
      guard collect(element, shape.dropFirst(), into: &numbers) else { return false }
    }
    return true
  }
}

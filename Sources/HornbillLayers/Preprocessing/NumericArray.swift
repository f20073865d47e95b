import HornbillCore

extension LayerConfig {
  /// A number, a list of numbers nested to any depth, or a serialised array; `nil` when it is absent.
  ///
  /// Numbers of the configuration's own are `float64`, those of a serialised array keep its type if it is a floating-point one.
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
    let wide = Tensor(shape: shape, numbers)
    guard value.object != nil, let name = value["config"]?["dtype"]?.string,
      let dtype = DType(rawValue: name), dtype.isFloatingPoint
    else { return wide }
    return wide.converted(to: dtype)
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

extension ConfigEncoder {
  /// Sets a list of numbers or `null`.
  mutating func set(_ field: String, numbers: [Double]?) {
    self[field] = numbers.map { .array($0.map { .double($0) }) } ?? .null
  }

  /// Sets numbers as nested lists, as a serialised array when they are of a narrower type, or `null`.
  mutating func set(_ field: String, _ array: Tensor?) {
    guard let array else {
      setNone(field)
      return
    }
    self[field] = array.dtype == .float64 ? array.nested : array.serialized
  }

  /// Sets numbers as nested lists, or `null`.
  mutating func set(_ field: String, nested array: Tensor?) {
    self[field] = array?.nested ?? .null
  }
}

import HornbillCore

/// Arithmetic with extents that come from a file, which may be absurd.
enum Extent {
  /// `a · b`.
  ///
  /// - Throws: ``LayerError`` with the code `shape` when the product exceeds the integers.
  static func product(_ a: Int, _ b: Int) throws(LayerError) -> Int {
    let (result, overflow) = a.multipliedReportingOverflow(by: b)
    if overflow { throw LayerError(.shape, "the extent \(a) · \(b) exceeds the integers") }
    return result
  }

  /// `a + b`.
  ///
  /// - Throws: ``LayerError`` with the code `shape` when the sum exceeds the integers.
  static func sum(_ a: Int, _ b: Int) throws(LayerError) -> Int {
    let (result, overflow) = a.addingReportingOverflow(b)
    if overflow { throw LayerError(.shape, "the extent \(a) + \(b) exceeds the integers") }
    return result
  }

  /// The product of extents, for a table that is made while a model is lowered.
  ///
  /// - Throws: ``LayerError`` with the code `shape` when the table would have more than 2²⁸ elements.
  static func tableCount(_ extents: [Int]) throws(LayerError) -> Int {
    guard let count = Shape.elementCount(extents), count <= 1 << 28 else {
      throw LayerError(.shape, "a table of shape \(Shape(extents)) has more than 2^28 elements")
    }
    return count
  }

  /// `a / b`, rounded up, for a non-negative `a` and a positive `b`.
  static func dividedUp(_ a: Int, by b: Int) -> Int {
    a / b + (a % b == 0 ? 0 : 1)
  }
}

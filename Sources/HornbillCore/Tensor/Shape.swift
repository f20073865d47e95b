/// The extents of a tensor's axes, any of which may be unknown.
///
/// Keras writes an unknown extent as `None`; it is most often the batch size. A tensor whose number of axes
/// is unknown has no `Shape` at all.
public struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The extents in order; `nil` where unknown.
  public var dimensions: [Int?]

  /// Makes a shape from its extents.
  public init(_ dimensions: [Int?]) {
    self.dimensions = dimensions
  }

  /// Makes a shape whose extents are all known.
  public init(_ dimensions: [Int]) {
    self.dimensions = dimensions
  }

  /// Makes a shape from its extents.
  public init(arrayLiteral elements: Int?...) {
    self.dimensions = elements
  }

  /// The number of axes.
  public var rank: Int { dimensions.count }

  /// The extents, or `nil` when any is unknown.
  public var known: [Int]? {
    var result: [Int] = []
    result.reserveCapacity(dimensions.count)
    for dimension in dimensions {
      guard let dimension else { return nil }
      result.append(dimension)
    }
    return result
  }

  /// The product of all extents; `nil` when any is unknown or the product exceeds `Int`.
  public var elementCount: Int? {
    known.flatMap(Shape.elementCount)
  }

  /// The extents from `start` on, as a shape.
  public func dropFirst(_ count: Int = 1) -> Shape {
    Shape(Array(dimensions.dropFirst(count)))
  }

  /// The extent of one axis; negative axes count from the end.
  public subscript(axis: Int) -> Int? {
    get { dimensions[axis < 0 ? axis + rank : axis] }
    set { dimensions[axis < 0 ? axis + rank : axis] = newValue }
  }

  /// The shape as Keras 3 prints it: `(None, 10)`, `(None)`, `()`.
  public var description: String {
    "(" + dimensions.map { $0.map(String.init) ?? "None" }.joined(separator: ", ") + ")"
  }

  /// The product of extents, or `nil` when it exceeds `Int` or an extent is negative.
  public static func elementCount(_ dimensions: [Int]) -> Int? {
    var product = 1
    for dimension in dimensions {
      guard dimension >= 0 else { return nil }
      let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
      if overflow { return nil }
      product = next
    }
    return product
  }
}

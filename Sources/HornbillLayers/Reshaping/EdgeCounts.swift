import HornbillCore

/// Numbers of cells at the two ends of an axis.
public struct EdgeCounts: Sendable, Hashable {
  /// The number before the first cell.
  public let before: Int
  /// The number after the last cell.
  public let after: Int

  /// Makes a pair of numbers.
  public init(_ before: Int, _ after: Int) {
    self.before = before
    self.after = after
  }
}

extension LayerConfig {
  /// Numbers of cells at the ends of each axis: one number for all, one for each axis, or a pair for each axis.
  ///
  /// For a single axis a list of two numbers is the pair.
  func edges(
    _ field: String, axes: Int, default fallback: Int
  ) throws(LayerError) -> [EdgeCounts] {
    let expected = "\(axes) pairs of integers of at least 0"
    guard let value = self[field] else {
      return [EdgeCounts](repeating: EdgeCounts(fallback, fallback), count: axes)
    }
    if let number = value.int, number >= 0 {
      return [EdgeCounts](repeating: EdgeCounts(number, number), count: axes)
    }
    guard let elements = value.array else { throw invalid(field, expected: expected) }
    if axes == 1, let pair = EdgeCounts(json: value) { return [pair] }
    guard elements.count == axes else { throw invalid(field, expected: expected) }
    var result: [EdgeCounts] = []
    for element in elements {
      if let number = element.int, number >= 0 {
        result.append(EdgeCounts(number, number))
      } else if let pair = EdgeCounts(json: element) {
        result.append(pair)
      } else {
        throw invalid(field, expected: expected)
      }
    }
    return result
  }
}

extension ConfigEncoder {
  /// Sets numbers of cells at the ends of each axis; a single axis has one pair.
  mutating func set(_ field: String, _ edges: [EdgeCounts]) {
    let pairs = edges.map { JSON.integers([$0.before, $0.after]) }
    self[field] = pairs.count == 1 ? pairs[0] : .array(pairs)
  }
}

extension EdgeCounts {
  /// Makes sure that the numbers of a layer made in Swift are at least 0.
  static func check(_ edges: [EdgeCounts], _ argument: String) throws(LayerError) {
    for edge in edges where edge.before < 0 || edge.after < 0 {
      throw LayerError(
        .configuration,
        "\(argument): expected integers of at least 0, found (\(edge.before), \(edge.after))")
    }
  }

  /// A pair from a list of two numbers of at least 0.
  init?(json: JSON) {
    guard let elements = json.array, elements.count == 2, let before = elements[0].int,
      let after = elements[1].int, before >= 0, after >= 0
    else { return nil }
    self.init(before, after)
  }
}

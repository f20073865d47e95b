import HornbillCore

/// How much an augmentation changes an image: a number up to which, or two between which, chance decides.
public enum AugmentationFactor: Sendable, Hashable, ExpressibleByFloatLiteral,
  ExpressibleByIntegerLiteral
{
  /// A number; the other end of the range is the augmentation's own: 0, 1 or the negative of the number.
  case number(Double)
  /// The ends of the range.
  case range(Double, Double)

  /// Makes a number.
  public init(floatLiteral value: Double) { self = .number(value) }

  /// Makes a number.
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
}

/// What stands in the cells of a transformed image that come from outside of it.
public enum FillMode: String, Sendable, Hashable, CaseIterable {
  /// The mirror image, edges repeated.
  case reflect
  /// The image again.
  case wrap
  /// One colour.
  case constant
  /// The nearest cell of the edge.
  case nearest
}

extension LayerConfig {
  /// A number or a list of two.
  func factor(
    _ field: String, default fallback: AugmentationFactor? = nil
  ) throws(LayerError) -> AugmentationFactor {
    if let factor = try optionalFactor(field) ?? fallback { return factor }
    throw invalid(field, expected: "a number or two numbers")
  }

  /// A number, a list of two, or `null`.
  func optionalFactor(_ field: String) throws(LayerError) -> AugmentationFactor? {
    guard let given = try array(field) else { return nil }
    guard let numbers = given.doubles, given.rank < 2, (1...2).contains(numbers.count) else {
      throw invalid(field, expected: "a number or two numbers")
    }
    return numbers.count == 1 ? .number(numbers[0]) : .range(numbers[0], numbers[1])
  }

  /// The range of colours: two numbers.
  func colours() throws(LayerError) -> (Double, Double) {
    let range = try valueRange()
    return (range.least, range.most)
  }
}

extension ConfigEncoder {
  /// Sets a factor as it was given.
  mutating func set(_ field: String, _ factor: AugmentationFactor?) {
    switch factor {
    case nil: self[field] = .null
    case .number(let number): set(field, number)
    case .range(let first, let last): self[field] = .array([.number(first), .number(last)])
    }
  }

  /// Sets the range of a factor that is at least a number: of a single number, that from its negative, or `least`, up to it.
  mutating func set(_ field: String, _ factor: AugmentationFactor, least: Double) {
    let (first, last) =
      switch factor {
      case .number(let number): (max(-abs(number), least), abs(number))
      case .range(let first, let last): (min(first, last), max(first, last))
      }
    self[field] = .array([.number(first), .number(last)])
  }

  /// Sets a range of colours.
  mutating func set(_ field: String, colours: (Double, Double)) {
    self[field] = .array([.number(colours.0), .number(colours.1)])
  }
}

public import HornbillCore

/// What training keeps a variable to; nothing at inference.
///
/// Source: Keras 3, `keras/src/constraints/constraints.py`.
public enum Constraint: Sendable, Hashable {
  /// Norms along the axes of at most a value.
  case maxNorm(maxValue: Double = 2, axes: [Int] = [0])
  /// No number below zero.
  case nonNegative
  /// Norms along the axes of 1.
  case unitNorm(axes: [Int] = [0])
  /// Norms along the axes between two values, brought there by a share.
  case minMaxNorm(
    minValue: Double = 0, maxValue: Double = 1, rate: Double = 1, axes: [Int] = [0])
  /// An object whose code is not in the file, as the file has it.
  case custom(JSON)
}

extension Constraint: KerasParameter {
  static let module = "keras.constraints"

  /// Reads the spelling of any Keras; what is not Keras's own stays as it is.
  package init(json: JSON) {
    self = KerasParameterReader(json).flatMap(Constraint.init(reader:)) ?? .custom(json)
  }

  private init?(reader: KerasParameterReader) {
    guard let axes = reader.axes("axis", [0]) else { return nil }
    switch reader.name {
    case "maxnorm":
      guard let most = reader.number("max_value", "m", 2) else { return nil }
      self = .maxNorm(maxValue: most, axes: axes)
    case "nonneg": self = .nonNegative
    case "unitnorm": self = .unitNorm(axes: axes)
    case "minmaxnorm":
      guard let least = reader.number("min_value", "low", 0),
        let most = reader.number("max_value", "high", 1), let rate = reader.number("rate", 1)
      else { return nil }
      self = .minMaxNorm(minValue: least, maxValue: most, rate: rate, axes: axes)
    default: return nil
    }
  }

  /// The object as Keras 3 writes it.
  package var json: JSON {
    switch self {
    case .maxNorm(let most, let axes):
      object("MaxNorm", [("max_value", .number(most)), ("axis", .axes(axes))])
    case .nonNegative: object("NonNeg", [])
    case .unitNorm(let axes): object("UnitNorm", [("axis", .axes(axes))])
    case .minMaxNorm(let least, let most, let rate, let axes):
      object(
        "MinMaxNorm",
        [
          ("min_value", .double(least)), ("max_value", .double(most)), ("rate", .double(rate)),
          ("axis", .axes(axes)),
        ])
    case .custom(let json): json
    }
  }
}

public import HornbillCore

/// A penalty on a variable or an output in training; nothing at inference.
///
/// Source: Keras 3, `keras/src/regularizers/regularizers.py`.
public enum Regularizer: Sendable, Hashable {
  /// What an orthogonal penalty compares.
  public enum OrthogonalMode: String, Sendable, Hashable, CaseIterable {
    /// The rows of a matrix.
    case rows
    /// The columns of a matrix.
    case columns
  }

  /// A factor times the sum of absolute values.
  case l1(Double = 0.01)
  /// A factor times the sum of squares.
  case l2(Double = 0.01)
  /// Both sums.
  case l1l2(l1: Double = 0, l2: Double = 0)
  /// A factor times the deviation of a matrix from orthogonality.
  case orthogonal(factor: Double = 0.01, mode: OrthogonalMode = .rows)
  /// An object whose code is not in the file, as the file has it.
  case custom(JSON)
}

extension Regularizer: KerasParameter {
  static let module = "keras.regularizers"

  /// Reads the spelling of any Keras; what is not Keras's own stays as it is.
  package init(json: JSON) {
    self = KerasParameterReader(json).flatMap(Regularizer.init(reader:)) ?? .custom(json)
  }

  private init?(reader: KerasParameterReader) {
    switch reader.name {
    case "l1":
      guard let l1 = reader.number("l1", 0.01) else { return nil }
      self = .l1(l1)
    case "l2":
      guard let l2 = reader.number("l2", 0.01) else { return nil }
      self = .l2(l2)
    case "l1l2", "l1l2regularizer", "weightregularizer", "activityregularizer":
      guard let l1 = reader.number("l1", 0), let l2 = reader.number("l2", 0) else { return nil }
      self = .l1l2(l1: l1, l2: l2)
    case "orthogonalregularizer":
      guard let factor = reader.number("factor", 0.01),
        let mode = reader.choice("mode", OrthogonalMode.rows)
      else { return nil }
      self = .orthogonal(factor: factor, mode: mode)
    default: return nil
    }
  }

  /// The object as Keras 3 writes it.
  ///
  /// Keras keeps the factors of `L1` and of the orthogonal penalty in `float32`, and writes what is left of them.
  package var json: JSON {
    switch self {
    case .l1(let l1): object("L1", [("l1", .double(Double(Float(l1))))])
    case .l2(let l2): object("L2", [("l2", .double(l2))])
    case .l1l2(let l1, let l2): object("L1L2", [("l1", .double(l1)), ("l2", .double(l2))])
    case .orthogonal(let factor, let mode):
      object(
        "OrthogonalRegularizer",
        [("factor", .double(Double(Float(factor)))), ("mode", .string(mode.rawValue))])
    case .custom(let json): json
    }
  }
}

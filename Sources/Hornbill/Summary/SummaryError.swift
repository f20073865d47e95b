import HornbillCore

/// Why a summary could not be printed.
public enum SummaryError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A column would be too narrow for text; the line length and the fewest cells a column needs.
  case insufficientWidth(lineLength: Int, minimum: Int)
  /// The line length or the console width is not between 1 and 10000.
  case widthOutOfRange(Int)
  /// The column positions do not fit the table; what they must be.
  case invalidPositions([Double], expected: String)
  /// A bound of `layerRange` is not a regular expression.
  case invalidPattern(String)
  /// A bound of `layerRange` matches no row.
  case noMatch(String)
  /// The release whose text is asked for has no such option.
  case unsupportedOption(String, release: SummaryStyle.Release, since: String)
  /// Keras 2 cannot summarise the named model, which has no variables yet.
  case notBuilt(model: String)
  /// No style has this name.
  case unknownStyle(String)

  /// One line: what was expected, what was found, what to do.
  public var description: String {
    switch self {
    case .insufficientWidth(let length, let minimum):
      "Insufficient console width to print summary: each column needs at least \(minimum) cells, "
        + "the line has \(length); give a greater line length or console width"
    case .widthOutOfRange(let width):
      "a width of \(width) cells: expected 1 to \(SummaryLimits.width)"
    case .invalidPositions(let positions, let expected):
      "column positions \(positions): expected \(expected)"
    case .invalidPattern(let pattern):
      "layer range: \"\(pattern.escapedForDisplay)\" is not a valid regular expression"
    case .noMatch(let pattern):
      "layer range: no layer name of the model starts with a match of "
        + "\"\(pattern.escapedForDisplay)\""
    case .unsupportedOption(let option, let release, let since):
      "the summary of Keras \(release) has no \(option): choose the style of Keras \(since) or later"
    case .notBuilt(let model):
      "model \"\(model.escapedForDisplay)\": This model has not yet been built, so Keras 2 "
        + "prints no summary; give the model an input shape or choose the style keras3"
    case .unknownStyle(let name):
      "unknown style \"\(name.escapedForDisplay)\": expected keras3, keras2 or ascii, "
        + "or a release as in keras3:3.0.4, keras2:2.3.1, keras2:2.2.4-tf"
    }
  }
}

/// The limits that keep a wrong option from asking for endless memory.
enum SummaryLimits {
  /// The greatest line length and console width, in cells.
  static let width = 10_000

  /// A width after the check that it is between 1 and `width`.
  static func check(_ value: Int) throws(SummaryError) -> Int {
    guard (1...width).contains(value) else { throw .widthOutOfRange(value) }
    return value
  }
}

/// The choices of a summary, with the meaning of the arguments of Keras's `model.summary()`.
public struct SummaryOptions: Sendable {
  /// The total length of a line in terminal cells; `nil` or 0 takes the default of the style.
  public var lineLength: Int?
  /// The right edges of the columns, without the one of `showTrainable`.
  ///
  /// Fractions of the line length. Keras 1 and 2 styles also take whole numbers of characters when
  /// the last one is greater than 1.
  public var positions: [Double]?
  /// Whether the layers of nested models are listed below them.
  public var expandNested: Bool
  /// Whether a last column tells which layers are trainable.
  public var showTrainable: Bool
  /// Two regular expressions, matched at the start of a name: the first and the last top-level row
  /// to print.
  ///
  /// Keras's rule holds: from the first match of `0` to the last match of `1`, or, when these are
  /// in the other order, from the first match of `1` to the last match of `0`.
  public var layerRange: (String, String)?
  /// The width of the terminal in cells, which Keras takes from `COLUMNS`; 80 without a terminal.
  ///
  /// The Keras 3 styles wrap the title and the totals at it, cut the table at it, and derive the
  /// default line length from it.
  public var consoleWidth: Int
  /// Whether the text carries the ANSI colours that Keras 3 sends to a terminal with 256 colours.
  public var color: Bool

  /// Makes options; without arguments those of a plain `model.summary()` that is not on a terminal.
  public init(
    lineLength: Int? = nil, positions: [Double]? = nil, expandNested: Bool = false,
    showTrainable: Bool = false, layerRange: (String, String)? = nil, consoleWidth: Int = 80,
    color: Bool = false
  ) {
    self.lineLength = lineLength
    self.positions = positions
    self.expandNested = expandNested
    self.showTrainable = showTrainable
    self.layerRange = layerRange
    self.consoleWidth = consoleWidth
    self.color = color
  }
}

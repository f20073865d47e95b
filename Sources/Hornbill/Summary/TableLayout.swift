/// The columns of a Keras 3 table and the cells they get.
struct TableLayout: Sendable, Equatable {
  /// The cells of each column between the borders, one space of padding on each side included.
  var columnWidths: [Int]

  /// Shares a line out.
  ///
  /// - Parameters:
  ///   - lineLength: The length of the line, borders included.
  ///   - positions: The right edge of each column, as a fraction of the line.
  /// - Throws: `SummaryError.insufficientWidth` when a column gets fewer than 4 cells.
  init(lineLength: Int, positions: [Double]) throws(SummaryError) {
    var asked: [Int] = []
    var edge = 0
    for position in positions {
      let width = Int(position * Double(lineLength)) - edge
      guard width >= 4 else {
        throw .insufficientWidth(lineLength: lineLength, minimum: 4)
      }
      asked.append(width + 2)
      edge += width
    }
    let available = lineLength - (positions.count + 1)
    let sum = asked.reduce(0, +)
    columnWidths =
      if sum > available {
        Self.reduced(asked, by: sum - available)
      } else {
        Self.extended(asked, by: available - sum)
      }
  }

  /// The cells of text in a column; 0 or less when it is too narrow for any.
  func textWidth(_ column: Int) -> Int { columnWidths[column] - 2 }

  /// Takes `excess` cells away, an equal part of what is left from each column, halves rounded to
  /// even.
  private static func reduced(_ widths: [Int], by excess: Int) -> [Int] {
    var remaining = excess
    return widths.enumerated().map { index, width in
      let share = min(width, roundedHalfEven(remaining, dividedBy: widths.count - index))
      remaining -= share
      return width - share
    }
  }

  /// Gives `extra` cells out in proportion to the widths, each part rounded up.
  private static func extended(_ widths: [Int], by extra: Int) -> [Int] {
    var remaining = extra
    var total = widths.reduce(0, +)
    return widths.map { width in
      let share = total > 0 ? (width * remaining + total - 1) / total : remaining
      remaining -= share
      total -= width
      return width + share
    }
  }

  private static func roundedHalfEven(_ value: Int, dividedBy divisor: Int) -> Int {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    let doubled = 2 * remainder
    return doubled > divisor || (doubled == divisor && !quotient.isMultiple(of: 2))
      ? quotient + 1 : quotient
  }
}

/// The characters a table is drawn with.
struct TableGlyphs: Sendable {
  /// One horizontal line: its left end, the line itself, the crossing of a column border, its right
  /// end.
  struct Rule: Sendable {
    let left: String
    let line: String
    let crossing: String
    let right: String

    init(_ left: String, _ line: String, _ crossing: String, _ right: String) {
      self.left = left
      self.line = line
      self.crossing = crossing
      self.right = right
    }

    func text(columns: [Int]) -> StyledText {
      let pieces = columns.map { String(repeating: line, count: max(0, $0)) }
      return StyledText(left + pieces.joined(separator: crossing) + right)
    }
  }

  let top: Rule
  let underHeader: Rule
  let betweenRows: Rule
  let bottom: Rule
  let headerBorder: String
  let border: String
  /// What stands before the name of a nested row.
  let nestedMark: String
  /// The end of a truncated text.
  let ellipsis: String

  /// The lines of Keras 3.
  static let box = TableGlyphs(
    top: Rule("┏", "━", "┳", "┓"), underHeader: Rule("┡", "━", "╇", "┩"),
    betweenRows: Rule("├", "─", "┼", "┤"), bottom: Rule("└", "─", "┴", "┘"),
    headerBorder: "┃", border: "│", nestedMark: "└ ", ellipsis: "…")

  /// Lines of ASCII characters.
  static let ascii = TableGlyphs(
    top: Rule("+", "-", "+", "+"), underHeader: Rule("+", "=", "+", "+"),
    betweenRows: Rule("+", "-", "+", "+"), bottom: Rule("+", "-", "+", "+"),
    headerBorder: "|", border: "|", nestedMark: "+ ", ellipsis: "...")
}

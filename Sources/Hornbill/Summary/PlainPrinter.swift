/// The line length and the column edges of a Keras 1 or 2 summary.
struct PlainGeometry: Sendable, Equatable {
  let lineLength: Int
  /// The right edge of each column, ascending.
  let edges: [Int]

  /// - Throws: `SummaryError.invalidPositions`, `SummaryError.widthOutOfRange`.
  init(
    release: SummaryStyle.Release, isSequentialLike: Bool, options: SummaryOptions
  ) throws(SummaryError) {
    let defaultLength: Int
    var positions: [Double]
    if isSequentialLike {
      defaultLength = 65
      positions = [0.45, 0.85, 1]
    } else {
      defaultLength = release < SummaryStyle.Release(2, 1, 0) ? 100 : 98
      positions =
        release < SummaryStyle.Release(2, 13, 0) ? [0.33, 0.55, 0.67, 1] : [0.3, 0.6, 0.7, 1]
    }
    let count = positions.count
    if let chosen = options.positions { positions = chosen }
    var length = defaultLength
    if let chosen = options.lineLength, chosen != 0 { length = try SummaryLimits.check(chosen) }

    let isAbsolute = positions.last.map { $0 > 1 } ?? false
    var result: [Int] = []
    for position in positions {
      let edge = isAbsolute ? position : (position * Double(length)).rounded(.towardZero)
      guard let edge = Int(exactly: edge), (result.last ?? 0)...SummaryLimits.width ~= edge else {
        break
      }
      result.append(edge)
    }
    guard result.count == count, positions.count == count else {
      throw .invalidPositions(
        positions,
        expected: "\(count) fractions of the line between 0 and 1, or whole numbers of characters, "
          + "in ascending order")
    }
    if options.showTrainable {
      length += 11
      guard length >= result.last ?? 0 else {
        throw .invalidPositions(positions, expected: "a last position of at most \(length)")
      }
      result.append(length)
    }
    lineLength = length
    edges = result
  }
}

/// Writes the lines of a Keras 1 or 2 summary.
struct PlainPrinter {
  let geometry: PlainGeometry
  let release: SummaryStyle.Release
  /// The text so far.
  private(set) var text = ""

  init(geometry: PlainGeometry, release: SummaryStyle.Release) {
    self.geometry = geometry
    self.release = release
  }

  mutating func add(_ line: String) {
    text += line
    text += "\n"
  }

  /// A line of one character.
  mutating func addRule(_ character: Character) {
    add(String(repeating: character, count: geometry.lineLength))
  }

  /// A line of one character between the bars of nested rows.
  mutating func addBarred(_ character: Character, level: Int) {
    let bars = String(repeating: "|", count: level)
    let length = max(0, geometry.lineLength - 2 * level)
    add(bars + String(repeating: character, count: length) + bars)
  }

  /// One row, by the rule of the release.
  ///
  /// - Throws: `SummaryError.insufficientWidth` when a column has no place for a character.
  mutating func addRow(_ fields: [String], level: Int) throws(SummaryError) {
    if release < SummaryStyle.Release(2, 7, 0) {
      addCutRow(fields)
    } else {
      try addWrappedRow(fields, level: level)
    }
  }

  /// Each field is cut at the right edge of its column; what does not fit is lost.
  private mutating func addCutRow(_ fields: [String]) {
    let hasGap = release >= SummaryStyle.Release(1, 1, 0)
    var line: [Unicode.Scalar] = []
    for (index, field) in fields.enumerated() {
      if hasGap, index > 0, !line.isEmpty { line[line.count - 1] = " " }
      line.append(contentsOf: field.unicodeScalars)
      let edge = geometry.edges[index]
      if line.count > edge { line.removeLast(line.count - edge) }
      line.append(contentsOf: repeatElement(" ", count: edge - line.count))
    }
    add(line)
  }

  /// Each field continues on further lines, broken after the end of a tuple, list, dict or quoted
  /// text.
  private mutating func addWrappedRow(_ fields: [String], level: Int) throws(SummaryError) {
    let isEarly = release < SummaryStyle.Release(2, 13, 0)
    let last = geometry.edges.count - 1
    var left = fields.map { Array($0.unicodeScalars)[...] }
    while left.contains(where: { !$0.isEmpty }) {
      var line: [Unicode.Scalar] = []
      for column in left.indices {
        let start = column > 0 ? geometry.edges[column - 1] : 0
        let end = geometry.edges[column]
        var limit = end - start
        if column != last { limit -= isEarly ? 2 : 3 }
        if column == 0, !isEarly { limit -= level }
        guard limit > 0 || left[column].isEmpty else {
          throw .insufficientWidth(lineLength: geometry.lineLength, minimum: isEarly ? 3 : 4)
        }
        let fit = Self.piece(of: left[column].prefix(max(0, limit)))
        if column == 0 {
          line.append(contentsOf: repeatElement("|", count: level))
          line.append(" ")
        }
        line.append(contentsOf: fit)
        if column != last { line.append(contentsOf: [" ", " "]) }
        left[column] = left[column].dropFirst(fit.count)
        let isShortened = level > 0 && (isEarly || column == last)
        let padding = end - line.count - (isShortened ? level : 0)
        line.append(contentsOf: repeatElement(" ", count: max(0, padding)))
      }
      line.append(contentsOf: repeatElement("|", count: level))
      add(line)
    }
  }

  /// The text up to the first end of a tuple, dict, list or quoted text that a comma follows.
  private static func piece(of text: ArraySlice<Unicode.Scalar>) -> ArraySlice<Unicode.Scalar> {
    for (index, next) in zip(text.indices, text.indices.dropFirst()) where text[next] == "," {
      switch text[index] {
      case ")", "}", "]", "'": return text[text.startIndex...next]
      default: continue
      }
    }
    return text
  }

  private mutating func add(_ line: [Unicode.Scalar]) {
    text.unicodeScalars.append(contentsOf: line)
    text += "\n"
  }
}

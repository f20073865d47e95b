/// Where the words of a cell stand.
enum TextAlignment: Sendable {
  case left
  case center
  case right
}

extension StyledText {
  /// The lines of a table cell, each `width` cells long: words longer than the cell are truncated.
  ///
  /// - Parameters:
  ///   - width: The cells of a line; a cell without any has no lines.
  ///   - filler: The style of the spaces that fill a line up.
  ///   - ellipsis: The end of a truncated line.
  func cellLines(
    width: Int, alignment: TextAlignment, filler: TextStyle, ellipsis: String
  ) -> [StyledText] {
    guard width > 0 else { return [] }
    return wrapped(width: width, folding: false).map { line in
      let stripped = alignment == .left ? line : line.dropLast(line.trailingSpaceCount)
      let text = stripped.truncated(to: width, ellipsis: ellipsis)
      let missing = max(0, width - text.width)
      let before =
        switch alignment {
        case .left: 0
        case .center: missing / 2
        case .right: missing
        }
      var result = StyledText.spaces(before, filler)
      result.append(text)
      result.append(.spaces(missing - before, filler))
      return result
    }
  }

  /// The lines of running text: words longer than a line are cut into pieces.
  func foldedLines(width: Int) -> [StyledText] {
    wrapped(width: width, folding: true).map { $0.width > width ? $0.setWidth(width) : $0 }
  }

  private func wrapped(width: Int, folding: Bool) -> [StyledText] {
    let breaks = breakPositions(width: width, folding: folding)
    return zip([0] + breaks, breaks + [count]).map { start, end in
      let line = self[start..<end]
      return line.dropLast(min(line.trailingSpaceCount, max(0, line.count - width)))
    }
  }

  /// The indices before which a line begins, ascending.
  private func breakPositions(width: Int, folding: Bool) -> [Int] {
    var breaks: [Int] = []
    var offset = 0
    for word in words {
      let text = scalars[word.range]
      let visible = CellWidth.of(scalars[word.range.lowerBound..<word.visibleEnd])
      if width - offset >= visible {
        offset += CellWidth.of(text)
      } else if visible > width {
        if folding {
          let pieces = self[word.range].pieces(width: width)
          var start = word.range.lowerBound
          for (index, piece) in pieces.enumerated() {
            if start > 0 { breaks.append(start) }
            if index == pieces.count - 1 { offset = piece.width }
            start += piece.count
          }
        } else {
          if word.range.lowerBound > 0 { breaks.append(word.range.lowerBound) }
          offset = CellWidth.of(text)
        }
      } else if offset > 0, word.range.lowerBound > 0 {
        breaks.append(word.range.lowerBound)
        offset = CellWidth.of(text)
      }
    }
    return breaks
  }

  /// The words with the white space after them; the first also has the white space before it.
  private var words: [(range: Range<Int>, visibleEnd: Int)] {
    var result: [(range: Range<Int>, visibleEnd: Int)] = []
    var start = 0
    while start < count {
      var index = start
      while index < count, PythonText.isSpace(scalars[index]) { index += 1 }
      if index == count { break }
      while index < count, !PythonText.isSpace(scalars[index]) { index += 1 }
      let visibleEnd = index
      while index < count, PythonText.isSpace(scalars[index]) { index += 1 }
      result.append((start..<index, visibleEnd))
      start = index
    }
    return result
  }

  /// The text in pieces of at most `width` cells.
  private func pieces(width: Int) -> [StyledText] {
    var result: [StyledText] = []
    var start = 0
    var end = 0
    var cells = 0
    for grapheme in CellWidth.graphemes(scalars) {
      if cells + grapheme.width > width {
        result.append(self[start..<end])
        start = end
        cells = 0
      }
      cells += grapheme.width
      end += grapheme.count
    }
    if cells > 0 { result.append(self[start..<end]) }
    return result
  }
}

import HornbillCore

/// The summary as Keras 3 draws it.
struct TableSummary {
  let content: SummaryContent
  let options: SummaryOptions
  let release: SummaryStyle.Release
  let glyphs: TableGlyphs

  private struct Column {
    let title: String
    let alignment: TextAlignment
  }

  /// The whole text, every line ended by a newline.
  func text() throws(SummaryError) -> String {
    let console = try SummaryLimits.check(options.consoleWidth)
    let rows = try content.rows(in: options.layerRange)
    let layout = try layout(console: console)
    var output = SummaryOutput(width: console, color: options.color)

    let title = "Model: \"\(content.modelName.escapedForDisplay)\""
    for line in StyledText(title, .bold).foldedLines(width: console) { output.addLine([line]) }
    addTable(rows, layout, to: &output)
    addTotals(console: console, to: &output)
    return output.text
  }

  private var columns: [Column] {
    var result = [
      Column(title: "Layer (type)", alignment: .left),
      Column(title: "Output Shape", alignment: .left),
      Column(title: "Param #", alignment: .right),
    ]
    if !content.isSequentialLike { result.append(Column(title: "Connected to", alignment: .left)) }
    if options.showTrainable { result.append(Column(title: "Trainable", alignment: .center)) }
    return result
  }

  private func layout(console: Int) throws(SummaryError) -> TableLayout {
    let isEarly = release < SummaryStyle.Release(3, 0, 5)
    var defaultLength: Int
    var positions: [Double]
    if content.isSequentialLike {
      defaultLength = isEarly ? 84 : 88
      positions = isEarly ? [0.45, 0.84, 1] : [0.45, 0.8, 1]
    } else {
      defaultLength = 108
      positions = isEarly ? [0.3, 0.56, 0.7, 1] : [0.3, 0.56, 0.74, 1]
    }
    if let chosen = options.positions {
      guard chosen.count == positions.count, chosen.allSatisfy({ (0...1).contains($0) }) else {
        throw .invalidPositions(
          chosen, expected: "\(positions.count) fractions between 0 and 1 in ascending order")
      }
      positions = chosen
    }
    if options.showTrainable {
      defaultLength += 12
      positions = positions.map { $0 * 0.9 } + [1]
    }
    var length = min(defaultLength, console - 4)
    if let chosen = options.lineLength, chosen != 0 { length = try SummaryLimits.check(chosen) }
    return try TableLayout(lineLength: length, positions: positions)
  }

  private func addTable(
    _ rows: ArraySlice<SummaryRow>, _ layout: TableLayout, to output: inout SummaryOutput
  ) {
    let columns = columns
    output.addLine([glyphs.top.text(columns: layout.columnWidths)])
    addHeader(columns, layout, to: &output)
    output.addLine([glyphs.underHeader.text(columns: layout.columnWidths)])
    var isFirst = true
    for row in rows {
      addRow(row, level: 0, columns, layout, isFirst: &isFirst, to: &output)
    }
    output.addLine([glyphs.bottom.text(columns: layout.columnWidths)])
  }

  private func addHeader(
    _ columns: [Column], _ layout: TableLayout, to output: inout SummaryOutput
  ) {
    let cells = columns.enumerated().map { index, column in
      StyledText(column.title, .bold).cellLines(
        width: layout.textWidth(index), alignment: column.alignment, filler: .bold,
        ellipsis: glyphs.ellipsis)
    }
    let height = max(1, cells.map(\.count).max() ?? 1)
    for line in 0..<height {
      var parts = [StyledText(glyphs.headerBorder)]
      for (index, cell) in cells.enumerated() {
        let missing = height - cell.count
        if line < missing {
          parts.append(.spaces(layout.columnWidths[index], .bold))
        } else {
          parts += [.spaces(1, .bold), cell[line - missing], .spaces(1, .bold)]
        }
        parts.append(StyledText(glyphs.headerBorder))
      }
      output.addLine(parts)
    }
  }

  private func addRow(
    _ row: SummaryRow, level: Int, _ columns: [Column], _ layout: TableLayout,
    isFirst: inout Bool, to output: inout SummaryOutput
  ) {
    if !isFirst { output.addLine([glyphs.betweenRows.text(columns: layout.columnWidths)]) }
    isFirst = false
    let cells = zip(columns, fields(row, level: level)).enumerated().map { index, field in
      field.1.cellLines(
        width: layout.textWidth(index), alignment: field.0.alignment, filler: .plain,
        ellipsis: glyphs.ellipsis)
    }
    let height = max(1, cells.map(\.count).max() ?? 1)
    for line in 0..<height {
      var parts = [StyledText(glyphs.border)]
      for (index, cell) in cells.enumerated() {
        if line < cell.count {
          parts += [.spaces(1), cell[line], .spaces(1)]
        } else {
          parts.append(.spaces(layout.columnWidths[index]))
        }
        parts.append(StyledText(glyphs.border))
      }
      output.addLine(parts)
    }
    guard options.expandNested else { return }
    for nested in row.nested {
      addRow(nested, level: level + 1, columns, layout, isFirst: &isFirst, to: &output)
    }
  }

  private func fields(_ row: SummaryRow, level: Int) -> [StyledText] {
    var result = [nameField(row, level: level), shapeField(row), parameterField(row)]
    if !content.isSequentialLike { result.append(connectionField(row)) }
    if options.showTrainable {
      result.append(
        !row.hasWeights
          ? StyledText("-", .bold)
          : row.trainable ? StyledText("Y", .yes) : StyledText("N", .no))
    }
    return result
  }

  private func nameField(_ row: SummaryRow, level: Int) -> StyledText {
    let prefix = level > 0 ? String(repeating: "   ", count: level) + glyphs.nestedMark : ""
    var text = StyledText(prefix + row.name.escapedForDisplay + " (")
    text.append(row.className.escapedForDisplay, .className)
    text.append(")")
    return text
  }

  private func shapeField(_ row: SummaryRow) -> StyledText {
    if row.hasOutputsFromBuild, release <= SummaryStyle.Release(3, 3, 3) { return StyledText("?") }
    let text =
      switch row.outputs {
      case .unknown: "?"
      case .multiple: "multiple"
      case .one(let shape): shape.description
      case .list(let shapes): "[" + shapes.map(\.description).joined(separator: ", ") + "]"
      case .structure(let text): text.escapedForDisplay
      }
    return colored(shape: text)
  }

  /// Gives numbers and `None` that stand alone between parentheses and commas their colours.
  private func colored(shape: String) -> StyledText {
    var result = StyledText()
    var word = ""
    func style(before end: Unicode.Scalar) -> TextStyle {
      guard end == "," || end == ")" else { return .plain }
      if word == "None" { return .unknown }
      return !word.isEmpty && word.utf8.allSatisfy { (0x30...0x39).contains($0) }
        ? .number : .plain
    }
    for scalar in shape.unicodeScalars {
      if "()[]{}, :".unicodeScalars.contains(scalar) {
        result.append(word, style(before: scalar))
        result.append(String(scalar))
        word = ""
      } else {
        word.unicodeScalars.append(scalar)
      }
    }
    result.append(word)
    return result
  }

  private func parameterField(_ row: SummaryRow) -> StyledText {
    guard row.isLayer else { return StyledText("0", .number) }
    guard let parameters = row.parameters else {
      var text = StyledText("0", .number)
      text.append(" (unbuilt)")
      return text
    }
    return StyledText(SummaryNumber.grouped(Int128(parameters)), .number)
  }

  private func connectionField(_ row: SummaryRow) -> StyledText {
    guard !row.connections.isEmpty else { return StyledText("-") }
    var text = StyledText()
    for (index, connection) in row.connections.enumerated() {
      text.append((index > 0 ? ", " : "") + connection.name.escapedForDisplay + "[")
      text.append(String(connection.node), .number)
      text.append("][")
      text.append(String(connection.tensor), .number)
      text.append("]")
    }
    return text
  }

  private func addTotals(console: Int, to output: inout SummaryOutput) {
    let totals = content.totals
    let total = totals.total
    addTotal("Total", total.count, bits: total.bits, console, to: &output)
    let rest: [(String, SummaryTotals.Amount?)] = [
      ("Trainable", totals.trainable), ("Non-trainable", totals.nonTrainable),
      ("Optimizer", totals.optimizer),
    ]
    for case (let name, let amount?) in rest {
      addTotal(
        name, Int128(amount.count), bits: Int128(amount.bits), console, to: &output)
    }
  }

  private func addTotal(
    _ name: String, _ count: Int128, bits: Int128, _ console: Int, to output: inout SummaryOutput
  ) {
    var text = StyledText(" \(name) params: ", .bold)
    text.append(SummaryNumber.grouped(count), .number)
    text.append(" (\(SummaryNumber.memorySize(bits: bits, smallestUnit: "B")))")
    for line in text.foldedLines(width: console) { output.addLine([line]) }
  }
}

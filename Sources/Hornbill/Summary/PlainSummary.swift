import HornbillCore

/// The summary as Keras 1 and 2 print it.
///
/// Lengths count characters, not terminal cells.
struct PlainSummary {
  let content: SummaryContent
  let options: SummaryOptions
  let release: SummaryStyle.Release

  /// The whole text, every line ended by a newline.
  func text() throws(SummaryError) -> String {
    guard content.isBuilt else { throw .notBuilt(model: content.modelName) }
    try checkOptions()
    let rows = try content.rows(in: options.layerRange)
    let geometry = try PlainGeometry(
      release: release, isSequentialLike: isSequentialLike, options: options)
    var printer = PlainPrinter(geometry: geometry, release: release)
    if release >= SummaryStyle.Release(2, 3, 0) || release.isTensorFlow {
      printer.add("Model: \"\(content.modelName.escapedForDisplay)\"")
    }
    printer.addRule("_")
    try printer.addRow(header, level: 0)
    printer.addRule("=")
    if release >= SummaryStyle.Release(2, 7, 0) {
      for row in rows { try addFramed(row, level: 0, isLast: false, to: &printer) }
      printer.addRule("=")
    } else {
      for (index, row) in rows.enumerated() {
        try addSingle(row, to: &printer)
        printer.addRule(index == rows.count - 1 ? "=" : "_")
      }
    }
    addTotals(to: &printer)
    printer.addRule("_")
    return printer.text
  }

  private var isSequentialLike: Bool { content.isSequentialLike && release.major >= 2 }

  private func checkOptions() throws(SummaryError) {
    let sinces: [(isUsed: Bool, name: String, since: SummaryStyle.Release)] = [
      (options.expandNested, "expand_nested", SummaryStyle.Release(2, 7, 0)),
      (options.showTrainable, "show_trainable", SummaryStyle.Release(2, 8, 0)),
      (options.layerRange != nil, "layer_range", SummaryStyle.Release(2, 10, 0)),
    ]
    for option in sinces where option.isUsed && release < option.since {
      throw .unsupportedOption(
        option.name, release: release, since: "\(option.since.major).\(option.since.minor)")
    }
  }

  private var header: [String] {
    var result = ["Layer (type)", "Output Shape", "Param #"]
    if !isSequentialLike { result.append("Connected to") }
    if options.showTrainable { result.append("Trainable") }
    return result
  }

  private func fields(_ row: SummaryRow) -> [String] {
    let name = row.name.escapedForDisplay + " (" + row.className.escapedForDisplay + ")"
    return [name, shape(row), parameters(row)]
  }

  private func shape(_ row: SummaryRow) -> String {
    switch row.outputs {
    case .unknown: "?"
    case .multiple: "multiple"
    case .one(let shape):
      row.isInputLayer && (release.isTensorFlow || release >= SummaryStyle.Release(2, 4, 0))
        ? "[\(tuple(shape))]" : tuple(shape)
    case .list(let shapes): "[" + shapes.map(tuple).joined(separator: ", ") + "]"
    case .structure(let text): text.escapedForDisplay
    }
  }

  private func tuple(_ shape: Shape) -> String {
    let items = shape.dimensions.map { $0.map(String.init) ?? "None" }
    return "(" + items.joined(separator: ", ") + (items.count == 1 ? ",)" : ")")
  }

  private func parameters(_ row: SummaryRow) -> String {
    if !row.isLayer { return "0" }
    guard let parameters = row.parameters else {
      return release.isTensorFlow ? "0 (unused)" : "0"
    }
    return String(parameters)
  }

  private func connection(_ connection: SummaryConnection) -> String {
    "\(connection.name)[\(connection.node)][\(connection.tensor)]"
  }

  /// A row of the releases up to 2.6, with its further connections in rows of their own.
  private func addSingle(
    _ row: SummaryRow, to printer: inout PlainPrinter
  ) throws(SummaryError) {
    if isSequentialLike {
      try printer.addRow(fields(row), level: 0)
      return
    }
    let connections = row.connections.map { connection($0).escapedForDisplay }
    try printer.addRow(fields(row) + [connections.first ?? ""], level: 0)
    for connection in connections.dropFirst() {
      try printer.addRow(["", "", "", connection], level: 0)
    }
  }

  /// A row of the releases from 2.7, with the rows nested below it and the separator after it.
  private func addFramed(
    _ row: SummaryRow, level: Int, isLast: Bool, to printer: inout PlainPrinter
  ) throws(SummaryError) {
    var fields = fields(row)
    if !isSequentialLike {
      let connections = row.connections.map { PythonText.literal(connection($0)) }
      fields.append("[" + connections.joined(separator: ", ") + "]")
    }
    if options.showTrainable { fields.append(row.trainable ? "Y" : "N") }
    try printer.addRow(fields, level: level)
    let isExpanded = options.expandNested && !row.nested.isEmpty
    if isExpanded {
      printer.addBarred("¯", level: level + 1)
      for (index, nested) in row.nested.enumerated() {
        try addFramed(
          nested, level: level + 1, isLast: index == row.nested.count - 1, to: &printer)
      }
      printer.addBarred("¯", level: level)
    }
    // Keras overwrites the flag of the row while it lists nested rows, so an expanded row counts as
    // the last one.
    if !isLast && !isExpanded { printer.addBarred(" ", level: level) }
  }

  private func addTotals(to printer: inout PlainPrinter) {
    let totals = content.totals
    let total = totals.weights
    if release < SummaryStyle.Release(1, 2, 0) {
      printer.add("Total params: \(total.count)")
      return
    }
    let lines: [(name: String, count: Int128, bits: Int128)] = [
      ("Total", total.count, total.bits),
      ("Trainable", Int128(totals.trainable.count), Int128(totals.trainable.bits)),
      ("Non-trainable", Int128(totals.nonTrainable.count), Int128(totals.nonTrainable.bits)),
    ]
    for line in lines {
      if release >= SummaryStyle.Release(2, 13, 0) {
        let size = SummaryNumber.memorySize(bits: line.bits, smallestUnit: "Byte")
        printer.add("\(line.name) params: \(line.count) (\(size))")
      } else {
        printer.add("\(line.name) params: \(SummaryNumber.grouped(line.count))")
      }
    }
  }
}

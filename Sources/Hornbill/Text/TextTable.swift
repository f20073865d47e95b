/// Text in columns of equal width, the first ones to the left, the others to the right.
struct TextTable {
  let rows: [[String]]
  let leftColumns: Int

  init(_ rows: [[String]], leftColumns: Int = 3) {
    self.rows = rows
    self.leftColumns = leftColumns
  }

  var lines: [String] {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { column < $0.count ? CellWidth.of($0[column].unicodeScalars) : 0 }.max() ?? 0
    }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let space = String(
          repeating: " ", count: widths[column] - CellWidth.of(cell.unicodeScalars))
        line += column < leftColumns ? cell + space : space + cell
        if column + 1 < row.count { line += "  " }
      }
      return line.trimmingTrailingSpaces
    }
  }
}

extension String {
  fileprivate var trimmingTrailingSpaces: String {
    var text = Substring(self)
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}

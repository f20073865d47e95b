/// How a run of characters looks on a terminal.
enum TextStyle: UInt8, Sendable {
  case plain
  case bold
  case className
  case number
  case unknown
  case yes
  case no

  /// The parameters of the escape sequence, in the 256-colour form; `nil` for unstyled text.
  var parameters: String? {
    switch self {
    case .plain: nil
    case .bold: "1"
    case .className: "38;5;33"
    case .number: "38;5;34"
    case .unknown: "38;5;45"
    case .yes: "1;38;5;34"
    case .no: "1;91"
    }
  }
}

/// Text in which every character has a style; `scalars` and `styles` are of equal length.
struct StyledText: Sendable, Equatable {
  private(set) var scalars: [Unicode.Scalar] = []
  private(set) var styles: [TextStyle] = []

  init() {}

  init(_ text: String, _ style: TextStyle = .plain) {
    append(text, style)
  }

  private init(scalars: [Unicode.Scalar], styles: [TextStyle]) {
    self.scalars = scalars
    self.styles = styles
  }

  static func spaces(_ count: Int, _ style: TextStyle = .plain) -> StyledText {
    StyledText(
      scalars: Array(repeating: " ", count: max(0, count)),
      styles: Array(repeating: style, count: max(0, count)))
  }

  var count: Int { scalars.count }

  /// The length in terminal cells.
  var width: Int { CellWidth.of(scalars) }

  mutating func append(_ text: String, _ style: TextStyle = .plain) {
    let added = text.unicodeScalars
    scalars.append(contentsOf: added)
    styles.append(contentsOf: repeatElement(style, count: added.count))
  }

  mutating func append(_ text: StyledText) {
    scalars.append(contentsOf: text.scalars)
    styles.append(contentsOf: text.styles)
  }

  subscript(range: Range<Int>) -> StyledText {
    StyledText(scalars: Array(scalars[range]), styles: Array(styles[range]))
  }

  /// The number of white space characters at the end.
  var trailingSpaceCount: Int {
    scalars.reversed().prefix(while: PythonText.isSpace).count
  }

  /// The text without the last `count` characters.
  func dropLast(_ count: Int) -> StyledText {
    self[0..<max(0, self.count - count)]
  }

  /// The first `width` cells; a wide character across the cut becomes a space, and a shorter text
  /// is filled up.
  func setWidth(_ width: Int) -> StyledText {
    guard width > 0 else { return StyledText() }
    var cells = 0
    var index = 0
    for grapheme in CellWidth.graphemes(scalars) {
      if cells == width { break }
      if cells + grapheme.width > width {
        var result = self[0..<index]
        result.append(" ", styles[index])
        return result
      }
      cells += grapheme.width
      index += grapheme.count
    }
    var result = self[0..<index]
    result.append(.spaces(width - cells, result.styles.last ?? .plain))
    return result
  }

  /// The text cut to `width` cells with `ellipsis` at its end, when it is longer than that.
  ///
  /// Styles stay where they are, so that the ellipsis takes that of the character it replaces.
  func truncated(to width: Int, ellipsis: String) -> StyledText {
    guard self.width > width else { return self }
    let mark = String(ellipsis.prefix(width))
    let kept = setWidth(width - mark.count)
    let text = kept.scalars + mark.unicodeScalars
    let kinds = text.indices.map { $0 < styles.count ? styles[$0] : .plain }
    return StyledText(scalars: text, styles: kinds)
  }

  /// The stretches of equal style.
  var runs: [StyledText] {
    var result: [StyledText] = []
    var start = 0
    for index in styles.indices where index + 1 == count || styles[index + 1] != styles[index] {
      result.append(self[start..<(index + 1)])
      start = index + 1
    }
    return result
  }
}

/// Collects the lines of a summary.
struct SummaryOutput {
  /// The text so far.
  private(set) var text = ""
  /// The number of cells after which lines are cut.
  let width: Int
  /// Whether styles become escape sequences.
  let color: Bool

  init(width: Int, color: Bool) {
    self.width = width
    self.color = color
  }

  /// Adds a line made of separately styled parts, cut at the console width.
  mutating func addLine(_ parts: [StyledText]) {
    var remaining = width
    for run in parts.flatMap(\.runs) where remaining > 0 {
      let length = run.width
      add(length > remaining ? run.setWidth(remaining) : run)
      remaining -= length
    }
    text += "\n"
  }

  private mutating func add(_ run: StyledText) {
    let parameters = color ? run.styles.first?.parameters : nil
    if let parameters { text += "\u{1B}[\(parameters)m" }
    text.unicodeScalars.append(contentsOf: run.scalars)
    if parameters != nil { text += "\u{1B}[0m" }
  }
}

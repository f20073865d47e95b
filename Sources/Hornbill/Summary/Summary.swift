/// The summary of a model: its layers, their output shapes and their numbers of parameters.
public struct Summary: Sendable {
  /// The style used unless another one is asked for; it follows from the file the model came from.
  public let style: SummaryStyle
  /// What the summary says.
  package let content: SummaryContent

  /// Makes a summary of known content.
  package init(content: SummaryContent, style: SummaryStyle) {
    self.content = content
    self.style = style
  }

  /// The text that `model.summary()` of the style's Keras release prints, with a newline at the end
  /// of every line.
  ///
  /// Three habits of the terminal library that Keras 3 uses are not copied: it reads parts of names
  /// in "Connected to" as markup (`x[red]` loses `[red]`), replaces `:smile:` by an emoji, and
  /// doubles a name's single final backslash. Control and formatting characters in names are
  /// written as escapes (`\u{1b}`).
  ///
  /// - Parameters:
  ///   - style: The release to imitate; `nil` takes that of the summary. Rows and call numbers stay
  ///     those of the summary's own style.
  ///   - options: Widths, columns and rows, as in Keras.
  /// - Throws: `SummaryError` when the line is too narrow, a layer range matches nothing, the
  ///   release lacks an option, or Keras 2 prints no summary because the model is not built.
  public func text(
    style: SummaryStyle? = nil, options: SummaryOptions = SummaryOptions()
  ) throws(SummaryError) -> String {
    switch style ?? self.style {
    case .keras3(let release):
      try TableSummary(content: content, options: options, release: release, glyphs: .box).text()
    case .keras2(let release):
      try PlainSummary(content: content, options: options, release: release).text()
    case .ascii:
      try TableSummary(
        content: content, options: options, release: SummaryStyle.Release(3, 15, 0),
        glyphs: .ascii
      ).text()
    }
  }

  /// The text with lines of exactly `width` cells, in a file as on a terminal.
  ///
  /// - Parameters:
  ///   - width: The length of a line, of which nothing is cut off.
  ///   - style: The release to imitate; `nil` takes that of the summary.
  /// - Throws: `SummaryError`, as `text(style:options:)`.
  public func text(
    width: Int, style: SummaryStyle? = nil
  ) throws(SummaryError) -> String {
    try text(style: style, options: SummaryOptions(lineLength: width, consoleWidth: width))
  }
}

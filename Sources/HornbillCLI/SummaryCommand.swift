import ArgumentParser
import Hornbill

/// `hornbill summary`.
struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary",
    abstract: "Prints the summary that Keras prints.",
    discussion: """
      Examples:
        hornbill summary model.keras
        hornbill summary old.h5 --style keras3 --expand-nested
        COLUMNS=120 hornbill summary model.h5 --line-length 120 --show-trainable
        hornbill summary weights.h5 --config architecture.json --json
      """)

  @OptionGroup var model: ModelOptions

  @Option(
    help:
      "keras3, keras2 or ascii, also with a release: keras2:2.3.1. By default that of the Keras that wrote the file."
  )
  var style: String?

  @Option(help: "The table's width in columns.")
  var lineLength: Int?

  @Option(help: "The right edges of the columns, as fractions of the width: 0.4,0.8,1.")
  var positions: String?

  @Flag(help: "Also lists the layers of nested models.")
  var expandNested = false

  @Flag(help: "Adds a column that says which layers are trainable.")
  var showTrainable = false

  @Option(
    parsing: .upToNextOption,
    help: "Two regular expressions: the names of the first and the last layer to list.")
  var layerRange: [String] = []

  @Flag(help: "Prints layers, shapes, parameters, bytes and connections as JSON.")
  var json = false

  func validate() throws {
    if !layerRange.isEmpty && layerRange.count != 2 {
      throw ValidationError("--layer-range takes two names, not \(layerRange.count).")
    }
    if let lineLength, lineLength < 1 {
      throw ValidationError("--line-length must be at least 1, not \(lineLength).")
    }
    _ = try fractions()
  }

  private func fractions() throws -> [Double]? {
    guard let positions else { return nil }
    return try positions.split(separator: ",").map { part in
      guard let number = Double(part), number.isFinite, number > 0 else {
        throw ValidationError("--positions takes numbers above 0, not '\(part)'.")
      }
      return number
    }
  }

  func run() throws {
    try reporting {
      let style = try style.map { try SummaryStyle(name: $0) }
      let summary = try model.model().summary(style: style)
      if json {
        try Console.line(summary.json.text(style: .pretty(2)))
      } else {
        let options = SummaryOptions(
          lineLength: lineLength, positions: try fractions(), expandNested: expandNested,
          showTrainable: showTrainable,
          layerRange: layerRange.count == 2 ? (layerRange[0], layerRange[1]) : nil,
          consoleWidth: Console.width, color: Console.usesColor)
        try Console.write(try summary.text(options: options))
      }
    }
  }
}

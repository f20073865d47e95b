import ArgumentParser
import Hornbill

/// `hornbill layers`.
struct LayersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "layers",
    abstract: "Lists the layers and operations that Hornbill runs.",
    discussion: """
      Examples:
        hornbill layers
        hornbill layers --markdown
      """)

  @Flag(help: "Prints a Markdown table.")
  var markdown = false

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    if markdown && json { throw ValidationError("--markdown and --json exclude each other.") }
  }

  func run() throws {
    try reporting {
      let coverage = Coverage.current
      if json {
        try Console.line(coverage.json.text(style: .pretty(2)))
      } else {
        try Console.write(markdown ? coverage.markdown : coverage.text)
      }
    }
  }
}

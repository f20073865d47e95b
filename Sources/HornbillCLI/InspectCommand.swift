import ArgumentParser
import Hornbill

/// `hornbill inspect`.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Lists what a model file holds: container, versions, architecture, weights.",
    discussion: """
      Only --stats reads all weights. A file whose architecture cannot be understood is listed all the same.

      Examples:
        hornbill inspect model.h5
        hornbill inspect model.weights.h5 --stats
        hornbill inspect model.keras --json
      """)

  @OptionGroup var model: ModelOptions

  @Flag(help: "Adds minimum, maximum, mean, deviation, zeros, NaN and infinities of every weight.")
  var stats = false

  @Flag(help: "Prints JSON.")
  var json = false

  func run() throws {
    try reporting {
      var inspection = try Inspection(contentsOf: model.file, options: try model.loadOptions())
      if stats {
        var progress = Progress("weights", total: inspection.weights.count)
        try inspection.readStatistics(threads: Processors.count) { progress.advance(to: $0) }
        progress.finish()
      }
      if !model.quiet {
        for upgrade in inspection.upgrades { Console.message("hornbill: upgraded \(upgrade)") }
        if let problem = inspection.problem { Console.message("hornbill: note: \(problem)") }
      }
      if json {
        try Console.line(inspection.json.text(style: .pretty(2)))
      } else {
        try Console.write(inspection.text)
      }
    }
  }
}

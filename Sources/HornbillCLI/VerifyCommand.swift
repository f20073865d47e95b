import ArgumentParser
import Hornbill

/// `hornbill verify`.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Says whether the numbers are Keras's, and names the first layer where they are not.",
    discussion: """
      Runs the model on the recorded inputs and compares outputs and layers with what Keras gave. Tolerances derive from the \
      number of roundings in the model, unless --rtol or --atol states them. fixtures/record.py makes recordings.

      Examples:
        hornbill verify model.h5 recording.npz
        hornbill verify model.keras io.npz --layers layers.npz --json
      """)

  @OptionGroup var model: ModelOptions

  @ArgumentParser.Argument(
    help: "An .npz with inputs and outputs, recorded with Keras.",
    completion: .file(extensions: ["npz"]))
  var recording: String

  @Option(
    help: "An .npz with the outputs of layers.", completion: .file(extensions: ["npz"]))
  var layers: String?

  @Option(help: "The relative tolerance; with --atol alone it is 0.")
  var rtol: Double?

  @Option(help: "The absolute tolerance; with --rtol alone it is 0.")
  var atol: Double?

  @Option(help: "fast (Float) or reference (Double).")
  var engine: Engine = .fast

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    for (name, value) in [("--rtol", rtol), ("--atol", atol)] {
      if let value, !(value >= 0) {
        throw ValidationError("\(name) must be at least 0, not \(value).")
      }
    }
  }

  func run() throws {
    try reporting {
      let tolerance =
        rtol == nil && atol == nil ? nil : Tolerance(absolute: atol ?? 0, relative: rtol ?? 0)
      let report = try model.model().verify(
        recording: recording, layers: layers, tolerance: tolerance, engine: engine)
      if json {
        try Console.line(report.json.text(style: .pretty(2)))
      } else {
        try Console.write(report.text)
      }
      if !report.passes { throw ExitCode(ExitStatus.differs.rawValue) }
    }
  }
}

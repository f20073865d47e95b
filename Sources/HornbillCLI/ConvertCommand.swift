public import ArgumentParser
public import Hornbill

/// `hornbill convert`.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Converts a model or its weights into another kind of file.",
    discussion: """
      The ending of OUT says what is made, unless --to does:

        keras           .keras         a model, as Keras 3 writes it; models of Keras 1 and 2 are upgraded
        h5              .h5, .hdf5     a model, as Keras 3 writes it with save("x.h5")
        h5-keras2                      a model for Keras 2.15
        weights-h5      .weights.h5    weights by their place in the model
        legacy-weights                 weights by layer name, as Keras 1 and 2 write them
        sharded         .weights.json  weights over several files
        npz             .npz           weights as NumPy arrays
        safetensors     .safetensors   weights under their paths
        json            .json          the architecture alone

      What was upgraded, renamed or dropped is listed on stderr, or with --json on stdout.

      Examples:
        hornbill convert old.h5 new.keras
        hornbill convert model.keras model.h5 --to h5-keras2
        hornbill convert weights.h5 model.keras --config architecture.json
        hornbill convert model.keras model.weights.json --max-shard-size 2
      """)

  @OptionGroup var model: ModelOptions

  @ArgumentParser.Argument(help: "The file to write.", completion: .file())
  var output: String

  @Option(
    help: ArgumentHelp("What to make; by default what the ending of OUT says.", valueName: "kind"))
  var to: ConversionTarget?

  @Option(help: "The most GiB in one file of sharded weights.")
  var maxShardSize: Double?

  @Flag(help: "Overwrites OUT.")
  var force = false

  @Flag(help: "Prints the report as JSON.")
  var json = false

  private var target: ConversionTarget? { to ?? ConversionTarget(path: output) }

  func validate() throws {
    guard let target else {
      throw ValidationError("'\(output)' does not say what to make; give --to.")
    }
    if let maxShardSize, !(maxShardSize > 0) {
      throw ValidationError("--max-shard-size must be above 0, not \(maxShardSize).")
    }
    if maxShardSize != nil, target != .sharded {
      throw ValidationError("--max-shard-size is for sharded weights, not for \(target.rawValue).")
    }
  }

  func run() throws {
    try reporting {
      guard let target else { return }
      if !force { try Files.checkFree(output) }
      let conversion = try Conversion(
        contentsOf: model.file, to: target, options: try model.loadOptions())
      let report = try conversion.write(
        to: output, overwriting: force, maximumShardSize: maxShardSize ?? 5)
      if json {
        try Console.line(report.json.text(style: .pretty(2)))
      } else if !model.quiet {
        for note in report.notes { Console.message("hornbill: \(note)") }
      }
    }
  }
}

extension ConversionTarget: ExpressibleByArgument {}

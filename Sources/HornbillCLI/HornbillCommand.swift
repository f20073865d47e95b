import ArgumentParser

/// The command `hornbill`.
@main
struct HornbillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hornbill",
    abstract: "Opens Keras model files without Python.",
    discussion: """
      Exit status: 0 all is well; 1 the numbers differ; 64 the command line is wrong; 65 the file is broken; 66 the file \
      cannot be opened; 69 the model holds something that Hornbill does not run; 70 a defect of Hornbill; 73 the output \
      cannot be made; 74 reading or writing failed; 77 the file is refused as unsafe.
      """,
    version: "0.1.0",
    subcommands: [
      SummaryCommand.self, InspectCommand.self, RunCommand.self, VerifyCommand.self,
      BenchCommand.self, ConvertCommand.self, EditCommand.self,
      LayersCommand.self,
    ])

  static func main() {
    StopSignals.takeOver()
    let commands = configuration.subcommands.compactMap { $0.configuration.commandName }
    if let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-"), word != "help",
      !commands.contains(word)
    {
      let suggestion = Suggestion(for: word, commands: commands)
      Console.error("'\(word)' is no command; \(suggestion.text)")
      exit(withError: ExitCode(ExitStatus.usage.rawValue))
    }
    main(nil)
  }
}

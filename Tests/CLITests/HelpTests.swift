import HornbillTestSupport
import Testing

/// What the command says of itself.
@Suite(.timeLimit(.minutes(5))) struct HelpTests {
  @Test(arguments: [
    "hornbill", "summary", "inspect", "run", "verify", "bench", "convert", "edit", "layers",
  ])
  func help(command: String) throws {
    let arguments = command == "hornbill" ? ["--help"] : [command, "--help"]
    let outcome = try Command.run(arguments, environment: ["COLUMNS": "80"])
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    try Snapshot.expect(outcome.output, "help-\(command).txt")
  }

  @Test(arguments: ["summary", "inspect", "run", "verify", "bench", "convert", "edit", "layers"])
  func helpHasExamples(command: String) throws {
    let help = try hornbill(command, "--help").output
    #expect(help.contains("Examples:\n  hornbill \(command)"))
  }

  @Test func nothingToDoShowsHelp() throws {
    #expect(try hornbill().output.contains("SUBCOMMANDS:"))
  }

  @Test func version() throws {
    #expect(try hornbill("--version").output == "0.1.0\n")
  }

  @Test func misspeltCommand() throws {
    try expectFailure(
      ["sumary", "model.h5"], status: 64, says: ["'sumary'", "did you mean 'summary'?"])
    try expectFailure(["frobnicate"], status: 64, says: ["'frobnicate'", "summary, inspect, run"])
  }

  @Test func fileWithoutCommand() throws {
    try expectFailure(
      [Notebook.keras3], status: 64, says: ["did you mean 'hornbill summary \(Notebook.keras3)'?"])
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func completions(shell: String) throws {
    let outcome = try hornbill("--generate-completion-script", shell)
    #expect(outcome.status == 0)
    for word in ["summary", "inspect", "verify", "layer-range", "batch-size"] {
      #expect(outcome.output.contains(word), "\(word)")
    }
  }
}

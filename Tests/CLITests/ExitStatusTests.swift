import HornbillCore
import HornbillTestSupport
import Testing

/// Every exit status, by name; ``BadFileTests`` and its siblings have the many ways to each.
@Suite(.timeLimit(.minutes(5))) struct ExitStatusTests {
  @Test func successIs0() throws {
    let outcome = try hornbill("verify", Notebook.keras3, Notebook.recording3)
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("PASS: 4 of 4 tensors agree"))
    #expect(outcome.errors.isEmpty)
  }

  @Test func differingNumbersAre1() throws {
    let outcome = try hornbill("verify", Notebook.keras3, Notebook.recording2)
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("first diverging layer: sequential__simple_rnn"))
    #expect(outcome.output.contains("FAIL: 1 of 4 tensors agree"))
    #expect(outcome.errors.isEmpty)
  }

  @Test(arguments: [
    ["summary"], ["summary", "--no-such-option", "x"], ["run", "x"],
    ["run", "x", "-i", "a", "-o", "b", "--threads", "0"],
    ["run", "x", "-i", "a", "-o", "b", "--batch-size", "0"],
    ["run", "x", "-i", "a", "-o", "b", "--batch-size", "1", "--layers", "all"],
    ["run", "x", "-i", "a", "-o", "b", "--engine", "slow"],
    ["verify", "x", "y", "--rtol", "-1"], ["verify", "x", "y", "--atol", "nan"],
    ["summary", "x", "--positions", "0.5,x"], ["summary", "x", "--line-length", "0"],
    ["summary", "x", "--layer-range", "a"], ["summary", "x", "--define", "f=no_activation"],
    ["layers", "--json", "--markdown"],
  ])
  func wrongCommandLineIs64(arguments: [String]) throws {
    let outcome = try Command.run(arguments, in: try ScratchFolder())
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains("Error: "))
  }

  @Test func brokenFileIs65() throws {
    let file = Fixture.path("formats/broken_config.h5")
    try expectFailure(["summary", file], status: 65, says: [file, "/@model_config", "line 1"])
  }

  @Test func missingFileIs66() throws {
    try expectFailure(
      ["summary", "no/such/file.h5"], status: 66,
      says: ["no/such/file.h5", "No such file or directory"])
  }

  @Test func unsupportedModelIs69() throws {
    try expectFailure(
      ["summary", Notebook.weights], status: 69,
      says: [Notebook.weights, "no architecture", "--config"])
  }

  @Test func outputThatCannotBeMadeIs73() throws {
    try expectFailure(
      ["run", Notebook.keras3, "-i", Notebook.recording3, "-o", "no/such/folder/out.npz"],
      status: 73, says: ["no/such/folder"])
  }

  #if os(Linux)
  @Test func fullOutputIs74() throws {
    let outcome = try Command.run(["layers"], output: "/dev/full")
    #expect(outcome.status == 74)
    #expect(outcome.errors == "hornbill: error: stdout: No space left on device\n")
  }
  #endif

  @Test func unsafeFileIs77() throws {
    try expectFailure(
      ["summary", Fixture.path("formats/soft_link.h5")], status: 77, says: ["/a", "soft link"])
  }

  @Test func helpListsEveryStatus() throws {
    let help = try hornbill("--help").output
    for status in ["0 all", "1 the", "64", "65", "66", "69", "70", "73", "74", "77"] {
      #expect(help.contains(status), "\(status)")
    }
  }
}

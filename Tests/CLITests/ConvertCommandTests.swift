import HornbillCore
import HornbillTestSupport
import Testing

/// `hornbill convert`.
@Suite(.timeLimit(.minutes(5))) struct ConvertCommandTests {
  @Test func endingSaysWhatIsMade() throws {
    let folder = try ScratchFolder()
    for (name, format) in [
      ("out.h5", "legacyModel"), ("out.keras", "keras"), ("out.weights.h5", "weightsHDF5"),
      ("out.weights.json", "shardedWeights"), ("out.json", "architecture"),
    ] {
      let outcome = try hornbill("convert", Notebook.keras3, folder.path(name), "--quiet")
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.isEmpty && outcome.errors.isEmpty)
      let inspection = try hornbill("inspect", folder.path(name), "--json").json()
      #expect(inspection["format"]?.string == format)
    }
  }

  @Test func kindIsGivenByOption() throws {
    let folder = try ScratchFolder()
    let output = folder.path("weights")
    let outcome = try hornbill("convert", Notebook.keras3, output, "--to", "legacy-weights")
    #expect(outcome.status == 0)
    #expect(outcome.messages.contains { $0.contains("dropped the architecture") })
    #expect(
      try hornbill("inspect", output, "--json").json()["format"]?.string == "legacyWeights")
  }

  @Test func reportAsJSON() throws {
    let folder = try ScratchFolder()
    let outcome = try hornbill("convert", Notebook.keras3, folder.path("a.h5"), "--json")
    let report = try outcome.json()
    #expect(outcome.errors.isEmpty)
    #expect(report["schema"] == .integer(1))
    #expect(report["to"]?.string == "h5")
    #expect(report["from"]?.string?.hasPrefix("Keras archive (.keras), Keras 3") == true)
    #expect(report["weights"] == .integer(6))
    #expect(report["notes"]?.array != nil)
  }

  @Test func architectureIsGivenByOption() throws {
    let folder = try ScratchFolder()
    let outcome = try hornbill(
      "convert", Notebook.weights, folder.path("a.keras"), "--config",
      Fixture.path("models/notebook_only.json"))
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try hornbill("summary", folder.path("a.keras")).status == 0)
  }

  @Test func nothingIsOverwritten() throws {
    let folder = try ScratchFolder()
    let output = try folder.copy(of: "models/notebook_only.json", as: "a.h5")
    let before = try Scratch.bytes(output)
    try expectFailure(
      ["convert", Notebook.keras3, output], status: 73, says: [output, "--force"])
    #expect(try Scratch.bytes(output) == before)
    let outcome = try hornbill("convert", Notebook.keras3, output, "--force")
    #expect(outcome.status == 0)
    #expect(try Scratch.bytes(output) != before)
  }

  @Test(arguments: [
    (["model"], "give --to"), (["a.keras", "--max-shard-size", "1"], "is for sharded weights"),
    (["a.weights.json", "--max-shard-size", "0"], "above 0"),
    (["a.keras", "--to", "pickle"], "'pickle' is invalid"),
  ])
  func badCommandLines(arguments: [String], says words: String) throws {
    let folder = try ScratchFolder()
    let outcome = try Command.run(["convert", Notebook.keras3] + arguments, in: folder)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
    #expect(try Scratch.names(in: folder).isEmpty)
  }

  @Test func badFiles() throws {
    try expectFailure(["convert", "absent.h5", "a.keras"], status: 66, says: ["absent.h5"])
    try expectFailure(
      ["convert", Notebook.weights, "a.keras"], status: 69, says: ["--config"])
    try expectFailure(
      ["convert", Fixture.path("formats/broken_config.h5"), "a.keras"], status: 65,
      says: ["broken_config.h5"])
  }
}

import HornbillCore
import HornbillFormats
import HornbillTestSupport
import Testing

/// `hornbill bench`: what it prints and writes; how long things take is not tested.
@Suite(.timeLimit(.minutes(5))) struct BenchCommandTests {
  private func timing(_ outcome: Outcome) throws -> JSON {
    let last = outcome.output.split(separator: "\n").last.map { Array($0.utf8) } ?? []
    return try JSON(parsing: last)
  }

  @Test func lastLineIsTheTiming() throws {
    let outcome = try hornbill("bench", Notebook.keras3, "--seconds", "0.01")
    #expect(outcome.status == 0)
    let json = try timing(outcome)
    let minimum = try #require(json["min_s"]?.number)
    #expect(minimum > 0)
    #expect(try #require(json["median_s"]?.number) >= minimum)
    #expect(try #require(json["load_s"]?.number) > 0)
    #expect(try #require(json["n"]?.number) >= 5)
  }

  /// The rows asked for are computed, in the types of the recording, and written as `run` writes them.
  @Test(arguments: ["1", "2"]) func outputIsThatOfRun(threads: String) throws {
    let folder = try ScratchFolder()
    let (timed, run) = (folder.path("timed.npy"), folder.path("run.npz"))
    let outcome = try hornbill(
      "bench", Notebook.keras3, "--input", Notebook.recording3, "--batch", "3", "--seconds",
      "0.01", "--threads", threads, "--output", timed)
    #expect(outcome.status == 0)
    #expect(
      try hornbill("run", Notebook.keras3, "--input", Notebook.recording3, "--output", run).status
        == 0)
    let expected = try result(run, "out_0")
    let found = try Npy.decode(Scratch.bytes(timed), path: timed)
    #expect(found.shape == [3] + expected.shape.dropFirst())
    let width = expected.count / expected.shape[0]
    let rows = Tensor(shape: found.shape, Array(try #require(expected.floats).prefix(3 * width)))
    expectClose(found, rows, within: 0x1p-20, "three rows")
  }

  @Test func profileNamesLayers() throws {
    let table = try hornbill("bench", Notebook.keras3, "--seconds", "0.01", "--profile")
    #expect(table.status == 0)
    #expect(table.output.contains("simple_rnn"))
    #expect(try timing(table)["layers"] == nil)
    let json = try hornbill("bench", Notebook.keras3, "--seconds", "0.01", "--profile", "--json")
    let layers = try #require(try json.json()["layers"]?.array)
    let recurrent = try #require(layers.first { $0["layer"]?.string == "simple_rnn" })
    #expect(recurrent["ops"]?.array?.contains(.string("simpleRNN")) == true)
    #expect(try #require(recurrent["operations"]?.number) > 0)
    #expect(try #require(recurrent["bytes"]?.number) > 0)
  }

  @Test func loadReadsEveryWeight() throws {
    let outcome = try hornbill("bench", Notebook.keras3, "--load")
    #expect(outcome.status == 0)
    let json = try outcome.json()
    #expect(try #require(json["work_s"]?.number) > 0)
    #expect(try #require(json["bytes"]?.number) > 0)
  }

  @Test func refusals() throws {
    let model = Notebook.keras3
    try expectFailure(["bench", "no.keras"], status: 66, says: ["no.keras"])
    try expectFailure(
      ["bench", model, "--input", Notebook.recording3, "--batch", "99"], status: 65,
      says: [Notebook.recording3, "--batch 99"])
    for (arguments, word) in [
      (["--batch", "0"], "--batch"), (["--threads", "0"], "--threads"),
      (["--seconds", "nan"], "--seconds"), (["--load", "--profile"], "--load"),
      (["--load", "--threads", "2"], "--load"), (["--load", "--seconds", "1"], "--load"),
      (["--load", "--define", "f=relu"], "--load"),
    ] {
      let outcome = try Command.run(["bench", model] + arguments)
      #expect(outcome.status == 64)
      #expect(outcome.errors.contains(word))
    }
  }

  @Test func outputThatCannotBe() throws {
    let outcome = try hornbill(
      "bench", Notebook.keras3, "--seconds", "0.01", "--output", "/no/such/folder/out.npy")
    #expect(outcome.status == 73)
    #expect(outcome.errors.contains("/no/such/folder/out.npy"))
  }
}

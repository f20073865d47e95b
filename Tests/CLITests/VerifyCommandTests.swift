import HornbillCore
import HornbillTestSupport
import Testing

/// `hornbill verify`: verdicts and their data.
@Suite(.timeLimit(.minutes(5))) struct VerifyCommandTests {
  @Test(arguments: [
    [Notebook.keras3, Notebook.recording3], [Notebook.keras2, Notebook.recording2],
    [Notebook.weights, "--config", Notebook.architecture, Notebook.recording3],
    [Notebook.letters, Notebook.lettersRecording],
    [Notebook.keras3, Notebook.recording3, "--engine", "reference"],
  ])
  func kerasAgrees(arguments: [String]) throws {
    let outcome = try Command.run(["verify"] + arguments)
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("PASS"))
  }

  @Test func passingJSON() throws {
    let report = try hornbill("verify", Notebook.keras3, Notebook.recording3, "--json").json()
    #expect(report["schema"] == .integer(1))
    #expect(report["passes"] == .bool(true))
    #expect(report["first_diverging_layer"] == .null)
    let tensors = try #require(report["tensors"]?.array)
    #expect(
      tensors.map { $0["name"]?.string } == [
        "sequential__embedding", "sequential__simple_rnn", "sequential__dense", "out_0",
      ])
    #expect(tensors.map { $0["kind"]?.string } == ["layer", "layer", "layer", "output"])
    #expect(tensors.allSatisfy { $0["agrees"] == .bool(true) })
    let nearer = tensors.last?["truth"]?["nearer"]?.string
    #expect(nearer.map(["ours", "Keras", "equal"].contains) == true)
  }

  @Test func failingJSON() throws {
    let outcome = try hornbill("verify", Notebook.keras3, Notebook.recording2, "--json")
    #expect(outcome.status == 1)
    let report = try outcome.json()
    #expect(report["passes"] == .bool(false))
    #expect(report["first_diverging_layer"]?.string == "sequential__simple_rnn")
  }

  @Test func statedToleranceDecides() throws {
    let wide = try hornbill("verify", Notebook.keras3, Notebook.recording2, "--atol", "100")
    #expect(wide.status == 0)
    let narrow = try hornbill("verify", Notebook.keras3, Notebook.recording2, "--rtol", "1e-6")
    #expect(narrow.status == 1)
  }

  @Test func nothingToCompareIsNoPass() throws {
    let folder = try ScratchFolder()
    let tokens = Tensor(
      shape: [1, 10], integers: [Int64](repeating: 1, count: 10), dtype: .int32)
    let recording = try folder.arrays("io.npz", [("in_0", tokens)])
    let outcome = try hornbill("verify", Notebook.keras3, recording)
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("nothing to compare"))
  }

  @Test func noSamplesAreNoPass() throws {
    let folder = try ScratchFolder()
    let recording = try folder.arrays(
      "io.npz",
      [
        ("in_0", Tensor(shape: [0, 10], integers: [], dtype: .int32)),
        ("out_0", Tensor(shape: [0, 2], [] as [Float])),
      ])
    #expect(try hornbill("verify", Notebook.keras3, recording).status == 1)
  }

  @Test func layersInAFileOfTheirOwn() throws {
    let folder = try ScratchFolder()
    let recording = try folder.arrays(
      "io.npz",
      try ["in_0", "out_0"].map { ($0, try result(Notebook.recording3, $0)) })
    let layers = try folder.arrays(
      "layers.npz",
      [("sequential__dense", try result(Notebook.recording3, "layer:sequential__dense"))])
    let outcome = try hornbill("verify", Notebook.keras3, recording, "--layers", layers)
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("PASS: 2 of 2 tensors agree"))
    let unknown = try folder.arrays(
      "unknown.npz", [("sequential__absent", Tensor(shape: [1], [0] as [Float]))])
    let missing = try hornbill(
      "verify", Notebook.keras3, recording, "--layers", unknown, "--json")
    #expect(missing.status == 1)
    #expect(try missing.json()["unmatched"]?.array == [.string("sequential__absent")])
  }
}

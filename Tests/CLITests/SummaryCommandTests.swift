import HornbillCore
import HornbillTestSupport
import Testing

/// `hornbill summary`: its options and its surroundings.
@Suite(.timeLimit(.minutes(5))) struct SummaryCommandTests {
  private func summary(
    _ arguments: String..., environment: [String: String] = [:]
  ) throws -> String {
    let outcome = try Command.run(["summary"] + arguments, environment: environment)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output
  }

  private func width(_ text: String) -> Int {
    text.split(separator: "\n").map(\.count).max() ?? 0
  }

  @Test(arguments: [
    ("models/notebook_keras3.keras", "models/notebook_keras3.txt"),
    ("models/notebook_keras2.h5", "models/notebook_keras2.txt"),
    ("models/notebook_letters_keras3.keras", "models/notebook_letters_keras3.txt"),
    ("models/notebook_letters_keras2.h5", "models/notebook_letters_keras2.txt"),
    ("models/notebook_unbuilt.keras", "models/notebook_unbuilt.txt"),
  ])
  func summaryIsThatOfKeras(model: String, golden: String) throws {
    #expect(try summary(Fixture.path(model)) == (try Fixture.text(golden)))
  }

  @Test func architectureBesideWeights() throws {
    #expect(
      try summary(Notebook.weights, "--config", Notebook.architecture)
        == (try summary(Notebook.keras3)))
  }

  @Test func columnsSetTheWidth() throws {
    #expect(width(try summary(Notebook.keras3)) == 76)
    #expect(width(try summary(Notebook.keras3, environment: ["COLUMNS": "60"])) < 60)
    #expect(width(try summary(Notebook.keras3, environment: ["COLUMNS": "200"])) > 76)
    #expect(
      try summary(Notebook.keras3, environment: ["COLUMNS": "many"])
        == (try summary(Notebook.keras3)))
  }

  @Test func lineLengthSetsTheTable() throws {
    let text = try summary(
      Notebook.keras3, "--line-length", "100", environment: ["COLUMNS": "120"])
    #expect(width(text) == 100)
    #expect(width(try summary(Notebook.keras2, "--line-length", "90")) == 90)
  }

  @Test func stylesAreChosen() throws {
    #expect(try summary(Notebook.keras2, "--style", "keras3").contains("┃ Layer (type)"))
    #expect(try summary(Notebook.keras3, "--style", "keras2").contains("=====\nTotal params: 363"))
    let ascii = try summary(Notebook.keras3, "--style", "ascii")
    #expect(ascii.utf8.allSatisfy { $0 < 0x80 })
    #expect(ascii.contains("simple_rnn (SimpleRNN)"))
  }

  @Test func trainableHasAColumn() throws {
    #expect(try summary(Notebook.keras3, "--show-trainable").contains("Trai"))
  }

  @Test func layerRange() throws {
    let text = try summary(Notebook.keras3, "--layer-range", "simple", "dense")
    #expect(text.contains("simple_rnn (SimpleRNN)") && text.contains("dense (Dense)"))
    #expect(!text.contains("embedding"))
    try expectFailure(
      ["summary", Notebook.keras3, "--layer-range", "absent", "dense"], status: 64,
      says: ["layer range", "\"absent\""])
    try expectFailure(
      ["summary", Notebook.keras3, "--layer-range", "(", "dense"], status: 64,
      says: ["layer range", "\"(\"", "regular expression"])
  }

  @Test func positions() throws {
    #expect(
      try summary(Notebook.keras2, "--positions", "0.5,0.9,1") != (try summary(Notebook.keras2)))
    try expectFailure(
      ["summary", Notebook.keras3, "--positions", "0.1"], status: 64, says: ["positions", "3"])
  }

  @Test func unknownStyle() throws {
    try expectFailure(
      ["summary", Notebook.keras3, "--style", "keras9x"], status: 64,
      says: ["\"keras9x\"", "keras3, keras2 or ascii"])
  }

  @Test func colourIsForTerminals() throws {
    #expect(!(try summary(Notebook.keras3)).contains("\u{1B}"))
    #expect(try summary(Notebook.keras3, environment: ["FORCE_COLOR": "1"]).contains("\u{1B}["))
    #expect(
      !(try summary(Notebook.keras3, environment: ["FORCE_COLOR": "1", "NO_COLOR": "1"]))
        .contains("\u{1B}"))
  }

  @Test func upgradesAreListedUnlessQuiet() throws {
    let loud = try hornbill("summary", Notebook.keras2)
    #expect(
      loud.messages.contains("hornbill: upgraded simple_rnn (SimpleRNN): dropped time_major=false"))
    for message in loud.messages { #expect(message.hasPrefix("hornbill: upgraded ")) }
    let quiet = try hornbill("summary", Notebook.keras2, "--quiet")
    #expect(quiet.errors.isEmpty)
    #expect(quiet.output == loud.output)
  }

  @Test func json() throws {
    let document = try hornbill("summary", Notebook.keras3, "--json").json()
    #expect(document["schema"] == .integer(1))
    #expect(document["model"]?.string == "sequential")
    #expect(document["parameters"]?["total"] == .integer(363))
    #expect(document["parameters"]?["non_trainable"] == .integer(121))
    #expect(document["bytes"]?["trainable"] == .integer(968))
    let layers = try #require(document["layers"]?.array)
    #expect(layers.map { $0["class"]?.string } == ["Embedding", "SimpleRNN", "Dense"])
    #expect(layers.first?["output_shape"] == .array([.null, .integer(10), .integer(11)]))
    #expect(layers.first?["trainable"] == .bool(false))
  }
}

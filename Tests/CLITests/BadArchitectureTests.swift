import HornbillCore
import HornbillTestSupport
import Testing

/// Architectures that are broken, foreign or dangerous.
@Suite(.timeLimit(.minutes(5))) struct BadArchitectureTests {
  private let input = [("in_0", Tensor(shape: [2, 4], [Float](repeating: 1, count: 8)))]

  @Test func nanWhereAnIntegerBelongs() throws {
    let folder = try ScratchFolder()
    let file = try folder.architecture("Dense", #"{"name": "scores", "units": NaN}"#)
    try expectFailure(
      ["summary", file], status: 65,
      says: [file, "model/scores", "Dense.units", "expected an integer", "found nan"])
    let outcome = try hornbill("inspect", file, "--json")
    #expect(outcome.status == 0)
    #expect(try outcome.json()["problem"]?.string?.contains("Dense.units") == true)
    #expect(outcome.messages.count == 1)
  }

  @Test func nanIsANumberWherePythonWritesOne() throws {
    let folder = try ScratchFolder()
    let file = try folder.architecture(
      "ActivityRegularization", #"{"name": "quiet", "l1": NaN, "l2": Infinity}"#)
    #expect(try hornbill("summary", file).status == 0)
  }

  @Test func unknownLayer() throws {
    let folder = try ScratchFolder()
    let file = try folder.architecture("Frobnicate", #"{"name": "mystery"}"#)
    let summary = try hornbill("summary", file)
    #expect(summary.status == 0)
    #expect(summary.output.contains("mystery (Frobnicate)"))
    let arrays = try folder.arrays("in.npz", input)
    try expectFailure(
      ["run", file, "-i", arrays, "-o", "out.npz"], status: 69,
      says: [file, "model/mystery", "Frobnicate"])
  }

  @Test func lambdaIsNeverDecoded() throws {
    let folder = try ScratchFolder()
    let file = try folder.architecture(
      "Lambda",
      """
      {"name": "secret", "function": {"class_name": "__lambda__", "config":
        {"code": "this is no marshalled code", "defaults": null, "closure": null}}}
      """)
    #expect(try hornbill("inspect", file).status == 0)
    #expect(try hornbill("summary", file).status == 0)
    let arrays = try folder.arrays("in.npz", input)
    try expectFailure(
      ["run", file, "-i", arrays, "-o", "out.npz"], status: 69,
      says: [file, "model/secret", "Lambda holds Python code"])
  }

  @Test func customActivationIsSaidWithDefine() throws {
    let folder = try ScratchFolder()
    let file = try folder.architecture(
      "Activation", #"{"name": "shape", "activation": "<lambda>"}"#)
    let arrays = try folder.arrays(
      "in.npz", [("in_0", Tensor(shape: [1, 4], [-2, -1, 1, 2] as [Float]))])
    try expectFailure(
      ["run", file, "-i", arrays, "-o", "out.npz"], status: 69,
      says: [file, "model/shape", "<lambda>", "--define"])
    let output = folder.path("out.npz")
    let outcome = try hornbill(
      "run", file, "-i", arrays, "-o", output, "--define", "<lambda>=relu")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try result(output, "out_0").floats == [0, 0, 1, 2])
  }

  @Test func duplicateKey() throws {
    let folder = try ScratchFolder()
    let file = try folder.architecture("Dense", #"{"name": "d", "units": 2, "units": 3}"#)
    try expectFailure(["inspect", file], status: 65, says: [file, "line 3", "\"units\" again"])
  }

  @Test func jsonThatEndsEarly() throws {
    let folder = try ScratchFolder()
    let cut = try folder.file("model.json", text: #"{"class_name": "Sequential", "config": "#)
    try expectFailure(["inspect", cut], status: 65, says: [cut, "line 1", "end of the text"])
  }

  @Test func deepNesting() throws {
    let folder = try ScratchFolder()
    let text = String(repeating: "[", count: 100_000)
    let file = try folder.file("model.json", text: text)
    try expectFailure(["inspect", file], status: 77, says: [file, "nested"])
  }

  @Test func hostileName() throws {
    let folder = try ScratchFolder()
    let file = try folder.architecture("Dense", #"{"name": "a\u001b[31m\u202eb", "units": -1}"#)
    try expectFailure(["summary", file], status: 65, says: [#"a\u{1b}[31m\u{202e}b"#, "found -1"])
  }

  @Test func hugeLayer() throws {
    let folder = try ScratchFolder()
    let file = try folder.architecture(
      "Dense", #"{"name": "huge", "units": 9223372036854775807}"#)
    let summary = try hornbill("summary", file)
    #expect(summary.status == 0, "\(summary.errors)")
    #expect(summary.output.contains("9,223,372,036,854,775,807"))
    let arrays = try folder.arrays("in.npz", input)
    try expectFailure(
      ["run", file, "-i", arrays, "-o", "out.npz"], status: 65, says: [file, "model/huge"])
  }

  /// A file of an `Add` that takes the input and the output of a layer, and an activation of the sum.
  private func sum(with other: String, in folder: ScratchFolder) throws -> String {
    try folder.file(
      "model.json",
      text: """
        {"class_name": "Functional", "keras_version": "2.15.0", "config": {"name": "model", "layers": [
          {"class_name": "InputLayer", "name": "in", "inbound_nodes": [],
           "config": {"name": "in", "batch_input_shape": [null, 4], "dtype": "float32"}},
          {"class_name": "Add", "name": "sum", "config": {"name": "sum"},
           "inbound_nodes": [[["in", 0, 0, {}], ["\(other)", 0, 0, {}]]]},
          {"class_name": "Activation", "name": "bend", "config": {"name": "bend", "activation": "relu"},
           "inbound_nodes": [[["sum", 0, 0, {}]]]}],
          "input_layers": [["in", 0, 0]], "output_layers": [["bend", 0, 0]]}}
        """)
  }

  @Test func cycleOfLayers() throws {
    let folder = try ScratchFolder()
    let file = try sum(with: "bend", in: folder)
    try expectFailure(["summary", file], status: 65, says: [file, "cycle", "\"bend\""])
  }

  @Test func connectionToALayerThatIsNotThere() throws {
    let folder = try ScratchFolder()
    let file = try sum(with: "absent", in: folder)
    try expectFailure(["summary", file], status: 65, says: [file, "model/sum", "\"absent\""])
    #expect(try hornbill("summary", try sum(with: "in", in: folder), "--quiet").status == 0)
  }

  @Test func architectureThatIsNoJSON() throws {
    try expectFailure(
      ["summary", Notebook.weights, "--config", Notebook.keras2], status: 65,
      says: [Notebook.keras2, "JSON"])
    try expectFailure(
      ["summary", Notebook.weights, "--config", "absent.json"], status: 66, says: ["absent.json"])
  }
}

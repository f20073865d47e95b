import HornbillCore
import HornbillFormats
import HornbillTestSupport
import Testing

/// An array of an `.npz`.
func result(_ path: String, _ name: String) throws -> Tensor {
  try NpzArchive(path: path).read(name)
}

/// `hornbill run`: what it takes, what it refuses, what it writes.
@Suite(.timeLimit(.minutes(5))) struct RunCommandTests {
  private func run(_ arguments: String...) throws -> Outcome {
    try Command.run(["run"] + arguments, in: try ScratchFolder())
  }

  @Test(arguments: ["fast", "reference"]) func outputsAreKeras(engine: String) throws {
    let folder = try ScratchFolder()
    let output = folder.path("out.npz")
    let outcome = try run(
      Notebook.letters, "--input", Notebook.lettersRecording, "--output", output, "--engine",
      engine)
    #expect(outcome.status == 0)
    #expect(outcome.output.isEmpty)
    let names = try NpzArchive(path: output).entries.map(\.name).sorted()
    #expect(names == ["call1_out_0", "call1_out_1", "out_0", "out_1"])
    for name in names {
      let expected = try result(Notebook.lettersRecording, name)
      // Eight roundings of float32 at magnitude 1, the range of tanh.
      expectClose(try result(output, name), expected, within: 8 * 0x1p-24 * 4, name)
    }
  }

  @Test func layersAreKeptByName() throws {
    let folder = try ScratchFolder()
    let output = folder.path("out.npz")
    #expect(
      try run(
        Notebook.keras3, "-i", Notebook.recording3, "-o", output, "--layers", "simple_rnn,dense"
      ).status == 0)
    #expect(
      try NpzArchive(path: output).entries.map(\.name).sorted()
        == ["layer:sequential__dense", "layer:sequential__simple_rnn", "out_0"])
    #expect(
      try run(
        Notebook.keras3, "-i", Notebook.recording3, "-o", output, "--force", "--layers", "all"
      ).status == 0)
    #expect(
      try NpzArchive(path: output).entries.map(\.name).contains("layer:sequential__embedding"))
  }

  @Test func layerThatIsNotThere() throws {
    try expectFailure(
      ["run", Notebook.keras3, "-i", Notebook.recording3, "-o", "out.npz", "--layers", "dense_9"],
      status: 64, says: ["--layers", Notebook.keras3, "\"dense_9\""])
  }

  @Test func batchesGiveTheSame() throws {
    let folder = try ScratchFolder()
    let (whole, parts) = (folder.path("whole.npz"), folder.path("parts.npz"))
    #expect(try run(Notebook.keras3, "-i", Notebook.recording3, "-o", whole).status == 0)
    #expect(
      try run(Notebook.keras3, "-i", Notebook.recording3, "-o", parts, "--batch-size", "3")
        .status == 0)
    let (expected, found) = (try result(whole, "out_0"), try result(parts, "out_0"))
    #expect(expected.shape == [4, 2])
    expectClose(found, expected, within: 0x1p-20, "batches of 3")
  }

  @Test func threadsGiveTheSame() throws {
    let folder = try ScratchFolder()
    let (one, two) = (folder.path("one.npz"), folder.path("two.npz"))
    for (path, threads) in [(one, "1"), (two, "2")] {
      #expect(
        try run(Notebook.keras3, "-i", Notebook.recording3, "-o", path, "--threads", threads)
          .status == 0)
    }
    expectClose(try result(two, "out_0"), try result(one, "out_0"), within: 0x1p-20, "threads")
  }

  @Test func outputIsOverwrittenOnlyByForce() throws {
    let folder = try ScratchFolder()
    let output = try folder.file("out.npz", text: "mine")
    let arguments = ["run", Notebook.keras3, "-i", Notebook.recording3, "-o", output]
    try expectFailure(arguments, status: 73, says: [output, "--force"])
    #expect(try Scratch.bytes(output) == Array("mine".utf8))
    #expect(try Command.run(arguments + ["--force"]).status == 0)
    #expect(try result(output, "out_0").shape == [4, 2])
    #expect(try Scratch.names(in: folder) == ["out.npz"])
  }

  @Test func failedRunLeavesTheOutputAlone() throws {
    let folder = try ScratchFolder()
    let output = try folder.file("out.npz", text: "mine")
    try expectFailure(
      ["run", Notebook.keras3, "-i", Notebook.lettersRecording, "-o", output, "--force"],
      status: 65, says: ["input 0"])
    #expect(try Scratch.bytes(output) == Array("mine".utf8))
    #expect(try Scratch.names(in: folder) == ["out.npz"])
  }
}

/// Inputs that the model cannot take.
@Suite(.timeLimit(.minutes(5))) struct WrongInputTests {
  private func expectRefusal(
    _ arrays: [(String, Tensor)], model: String = Notebook.keras3, status: Int32 = 65,
    says words: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = try ScratchFolder()
    let input = try folder.arrays("in.npz", arrays)
    try expectFailure(
      ["run", model, "-i", input, "-o", "out.npz"], status: status, says: words,
      sourceLocation: sourceLocation)
  }

  private func tokens(_ shape: [Int], _ value: Int64 = 1) -> Tensor {
    Tensor(
      shape: shape, integers: [Int64](repeating: value, count: shape.reduce(1, *)), dtype: .int32)
  }

  @Test func wrongRank() throws {
    try expectRefusal(
      [("in_0", tokens([1, 10, 3]))],
      says: [Notebook.keras3, "input 0", "expected shape (None, 10)", "found (1, 10, 3)"])
  }

  @Test func wrongExtent() throws {
    try expectRefusal(
      [("in_0", tokens([1, 9]))], says: ["input 0", "expected shape (None, 10)", "found (1, 9)"])
  }

  @Test func wrongType() throws {
    try expectRefusal(
      [("in_0", Tensor(shape: [1, 10], text: [String](repeating: "a", count: 10)))],
      says: ["input 0", "expected float32", "found string"])
  }

  @Test func missingInput() throws {
    try expectRefusal(
      [("letters", tokens([1, 10]))], says: ["in.npz", "input 0 of 1 is missing", "\"in_0\""])
  }

  @Test func tooManyInputs() throws {
    try expectRefusal(
      [("in_0", tokens([1, 10])), ("in_1", tokens([1, 10]))],
      says: ["in.npz", "\"in_1\"", "takes 1 input"])
  }

  @Test(arguments: [11, -12, 2_000_000_000]) func tokenOutOfRange(token: Int64) throws {
    for engine in ["fast", "reference"] {
      let folder = try ScratchFolder()
      let input = try folder.arrays("in.npz", [("in_0", tokens([1, 10], token))])
      try expectFailure(
        ["run", Notebook.keras3, "-i", input, "-o", "out.npz", "--engine", engine], status: 65,
        says: [Notebook.keras3, "layer sequential/embedding", "index \(token)"])
    }
  }

  @Test func pickledObject() throws {
    let folder = try ScratchFolder()
    let input = folder.path("in.npz")
    var header = Array("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".utf8)
    header += [UInt8](repeating: 0x20, count: 117 - header.count) + [0x0A]
    var writer = try ZipWriter(path: input, overwriting: false)
    try writer.beginMember("in_0.npy")
    try writer.write([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count), 0])
    try writer.write(header + [0x80, 0x04, 0x4E, 0x2E])
    try writer.finish()
    for command in [
      ["run", Notebook.keras3, "-i", input, "-o", "out.npz"], ["verify", Notebook.keras3, input],
    ] {
      try expectFailure(command, status: 77, says: [input, "in_0", "pickled"])
    }
  }

  @Test func inputThatIsNoArchive() throws {
    let folder = try ScratchFolder()
    let input = try folder.file("in.npz", text: "no archive")
    try expectFailure(
      ["run", Notebook.keras3, "-i", input, "-o", "out.npz"], status: 65, says: [input])
    try expectFailure(
      ["run", Notebook.keras3, "-i", "absent.npz", "-o", "out.npz"], status: 66,
      says: ["absent.npz"])
  }

  @Test func noRowsGiveNoRows() throws {
    let folder = try ScratchFolder()
    let input = try folder.arrays("in.npz", [("in_0", tokens([0, 10]))])
    let output = folder.path("out.npz")
    #expect(try hornbill("run", Notebook.keras3, "-i", input, "-o", output).status == 0)
    #expect(try result(output, "out_0").shape == [0, 2])
  }
}

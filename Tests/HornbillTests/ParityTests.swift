import HornbillCore
import HornbillTestSupport
import Testing

@testable import Hornbill

@Suite("The verdict")
struct ParityTests {
  private let entry: ModelCase
  private let model: Model

  init() throws {
    entry = try ModelCase.named("seq2seq")
    model = try Model(contentsOf: entry.model)
  }

  @Test("an unchanged model passes, layer by layer in the order of execution")
  func pass() throws {
    let report = try RecordingFile(of: entry).verdict(on: model)
    #expect(report.passes)
    #expect(report.firstDivergence == nil)
    let calls = report.comparisons.filter(\.isLayer).map { $0.call ?? -1 }
    #expect(calls == calls.sorted())
    #expect(calls.count > 4)
    #expect(report.comparisons.contains { $0.name == "call1_out_0" })
    #expect(report.comparisons.contains { $0.truth != nil })
    #expect(report.text.contains("PASS"))
  }

  @Test(
    "the first layer that a changed weight touches is the first to diverge",
    arguments: [
      ("source_table", "embeddings", "seq2seq__source_table"),
      ("encoder", "kernel", "seq2seq__encoder:0"), ("decoder", "bias", "seq2seq__decoder"),
      ("words", "kernel", "seq2seq__words"),
    ], Engine.allCases)
  func firstLayer(change: (layer: String, weight: String, key: String), engine: Engine) throws {
    let changed = try model.changing(change.layer, change.weight) { values, _ in
      for index in values.indices { values[index] += 0.25 * Float(index % 3) + 0.1 }
    }
    let report = try RecordingFile(of: entry).verdict(on: changed, engine: engine)
    #expect(!report.passes)
    #expect(report.firstDivergence?.name == change.key)
    #expect(report.text.contains("first diverging layer: \(change.key)"))
    #expect(report.comparisons.contains { !$0.isLayer && !$0.agrees })
  }

  @Test("a recurrent kernel touches nothing at the first step from a state of zeros")
  func recurrentStep() throws {
    let changed = try Model(contentsOf: try ModelCase.named("masks").model)
      .changing("gru", "recurrent_kernel") { values, _ in
        for index in values.indices { values[index] += 0.5 }
      }
    let report = try RecordingFile(of: try ModelCase.named("masks")).verdict(on: changed)
    #expect(report.firstDivergence?.name.hasSuffix("__gru") == true)
    #expect(report.firstDivergence?.firstStep == 1)
    #expect(report.text.contains("first at time step 1"))
  }

  @Test("the first step of a sequence that differs is named", arguments: [0, 2, 4])
  func sequenceStep(step: Int) throws {
    var recording = try RecordingFile(of: entry)
    try recording.change("layer:seq2seq__decoder") { values, shape in
      let (steps, units) = (shape[1], shape[2])
      for row in 0..<shape[0] {
        for later in step..<steps { values[(row * steps + later) * units] += 0.01 }
      }
    }
    let report = try recording.verdict(on: model)
    #expect(!report.passes)
    #expect(report.firstDivergence?.name == "seq2seq__decoder")
    #expect(report.firstDivergence?.firstStep == step)
  }

  @Test("a layer that the model lacks is no pass")
  func strayLayer() throws {
    var recording = try RecordingFile(of: entry)
    recording.arrays.append(("layer:seq2seq__ghost", Tensor(shape: [1], [0 as Float])))
    let report = try recording.verdict(on: model)
    #expect(!report.passes)
    #expect(report.unmatched == ["seq2seq__ghost"])
    #expect(report.text.contains("recorded, but not in the model: seq2seq__ghost"))
  }

  @Test("an output too many is no pass")
  func strayOutput() throws {
    var recording = try RecordingFile(of: entry)
    recording.arrays.append(("out_7", Tensor(shape: [1], [0 as Float])))
    let report = try recording.verdict(on: model)
    #expect(!report.passes)
    #expect(report.unmatched == ["out_7"])
  }

  @Test("a later call may name its inputs as the model does")
  func namedCall() throws {
    var recording = try RecordingFile(of: entry)
    for (number, name) in model.inputNames.enumerated() {
      let index = try #require(
        recording.arrays.firstIndex { $0.name == "call1_in_\(number)" })
      recording.arrays[index].name = "call1_\(name)"
    }
    let report = try recording.verdict(on: model)
    #expect(report.passes)
    #expect(report.comparisons.contains { $0.name == "call1_out_0" })
  }

  @Test("a call that does not follow on the former ones is no pass")
  func strayCall() throws {
    var recording = try RecordingFile(of: entry)
    recording.arrays.append(("call7_out_0", Tensor(shape: [1], [0 as Float])))
    let report = try recording.verdict(on: model)
    #expect(!report.passes)
    #expect(report.unmatched == ["call7_out_0"])
  }

  @Test("each of several names of one activation is compared")
  func aliases() throws {
    var recording = try RecordingFile(of: entry)
    let decoder = try #require(
      recording.arrays.first { $0.name == "layer:seq2seq__decoder" }
    ).tensor
    recording.arrays.append(("layer:decoder", decoder))
    #expect(try recording.verdict(on: model).passes)
    try recording.change("layer:decoder") { values, _ in values[0] += 1 }
    let report = try recording.verdict(on: model)
    #expect(!report.passes)
    #expect(report.firstDivergence?.name == "decoder")
  }

  @Test("a recording of inputs alone is no pass")
  func nothingRecorded() throws {
    var recording = try RecordingFile(of: entry)
    recording.arrays.removeAll { !$0.name.contains("in_") }
    let report = try recording.verdict(on: model)
    #expect(report.comparisons.isEmpty)
    #expect(!report.passes)
    #expect(report.text.contains("the recording holds nothing to compare"))
  }

  @Test("a recording of no rows is no pass")
  func noRows() throws {
    let entry = try ModelCase.named("variable_length")
    var recording = try RecordingFile(of: entry)
    let width = 3
    recording.arrays = [
      ("in_0", Tensor(shape: [0, 5, width], [] as [Float])),
      ("out_0", Tensor(shape: [0, 4], [] as [Float])),
      ("out_1", Tensor(shape: [0, 5, 2], [] as [Float])),
    ]
    let report = try recording.verdict(on: Model(contentsOf: entry.model))
    #expect(report.comparisons.count == 2)
    #expect(!report.passes)
  }

  @Test("NaN agrees with NaN and with nothing else", arguments: Engine.allCases)
  func notANumber(engine: Engine) throws {
    let entry = try ModelCase.named("nothing_but_padding")
    let model = try Model(contentsOf: entry.model)
    var recording = try RecordingFile(of: entry)
    try recording.change("out_1") { values, _ in #expect(values.contains { $0.isNaN }) }
    #expect(try recording.verdict(on: model, engine: engine).passes)
    for replacement in [0, Float.infinity] {
      try recording.change("out_1") { values, _ in
        for index in values.indices where !values[index].isFinite { values[index] = replacement }
      }
      let report = try recording.verdict(on: model, engine: engine)
      let comparison = try #require(report.comparisons.first { $0.name == "out_1" })
      #expect(!report.passes)
      #expect(comparison.nonFiniteMismatches > 0)
      #expect(comparison.outside == comparison.nonFiniteMismatches)
    }
  }

  @Test("an output of another shape is a mismatch, not an error")
  func otherShape() throws {
    var recording = try RecordingFile(of: entry)
    let index = try #require(recording.arrays.firstIndex { $0.name == "out_0" })
    let old = recording.arrays[index].tensor
    recording.arrays[index].tensor = old.reshaped([old.count])
    let report = try recording.verdict(on: model)
    #expect(!report.passes)
    #expect(report.comparisons.first { $0.name == "out_0" }?.mismatch != nil)
  }

  @Test("a tolerance that is given takes the place of the derived one")
  func givenTolerance() throws {
    var recording = try RecordingFile(of: entry)
    try recording.change("out_0") { values, _ in values[0] += 0.001 }
    #expect(try !recording.verdict(on: model).passes)
    let folder = try ScratchFolder()
    try Recording.write(recording.arrays, to: folder.path("r.npz"), overwriting: false)
    let wide = try model.verify(
      recording: folder.path("r.npz"), tolerance: Tolerance(absolute: 0.01, relative: 0))
    #expect(wide.passes)
    #expect(wide.comparisons.allSatisfy { $0.tolerance.absolute == 0.01 })
  }

  @Test("an input that is missing, or one too many, is an error that names it")
  func inputs() throws {
    var recording = try RecordingFile(of: entry)
    recording.arrays.removeAll { $0.name == "in_1" }
    let missing = #expect(throws: ModelError.self) { try recording.verdict(on: model) }
    #expect(missing?.code == .input)
    #expect(missing?.detail.contains("in_1") == true)
    recording = try RecordingFile(of: entry)
    recording.arrays.append(("in_2", Tensor(shape: [3, 1], [1, 2, 3] as [Float])))
    let extra = #expect(throws: ModelError.self) { try recording.verdict(on: model) }
    #expect(extra?.detail.contains("in_2") == true)
  }

  @Test("the JSON says what the text says")
  func json() throws {
    let report = try RecordingFile(of: entry).verdict(on: model)
    let json = report.json
    #expect(json["schema"]?.int == 1)
    #expect(json["passes"]?.bool == true)
    #expect(json["tensors"]?.array?.count == report.comparisons.count)
    #expect(json["first_diverging_layer"] == .null)
  }
}

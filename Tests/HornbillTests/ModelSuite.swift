import HornbillCore
import HornbillFormats
import HornbillLayers
import HornbillTestSupport
import Testing

@testable import Hornbill

@Suite("Models against Keras")
struct ModelSuite {
  @Test("both lists of models are read")
  func files() throws {
    #expect(try ModelCase.result.get().count > 35)
    #expect(ModelCase.all.contains { $0.refuses != nil })
  }

  @Test("numbers of every call", arguments: ModelCase.running, Engine.allCases)
  func numbers(entry: ModelCase, engine: Engine) throws {
    let model = try Model(contentsOf: entry.model)
    try TruthRule.check(
      model, entry.recording, engine: engine, hasSingleConstants: entry.hasSingleConstants)
    try TruthRule.expectPass(model, entry.recording, engine: engine)
    let recording = try Recording(contentsOf: entry.recording)
    let outputs = try model.predict(
      try recording.inputs(recording.calls[0], of: model), engine: engine)
    #expect(outputs.count == entry.outputs)
  }

  @Test("summaries, byte for byte", arguments: ModelCase.all)
  func summaries(entry: ModelCase) throws {
    let summary = try Model(contentsOf: entry.model).summary()
    let options = SummaryOptions(
      lineLength: 120, expandNested: true, showTrainable: true, consoleWidth: 200)
    for (found, expected) in [
      (try summary.text(), try entry.summary(isFull: false)),
      (try summary.text(options: options), try entry.summary(isFull: true)),
    ] {
      guard entry.refuses != nil, found != expected else {
        #expect(found == expected)
        continue
      }
      // Only the code would tell the shape of its output, and what follows from it.
      #expect(found.lines.count == expected.lines.count)
      for (ours, keras) in zip(found.lines, expected.lines) where ours != keras {
        #expect(ours.prefix(26) == keras.prefix(26))
        #expect(ours.contains(" ? ") && keras.contains("(None, "))
      }
    }
  }

  @Test(
    "a model with code is listed but never run",
    arguments: ModelCase.all.filter { $0.refuses != nil })
  func refusals(entry: ModelCase) throws {
    let layer = try #require(entry.refuses)
    let model = try Model(contentsOf: entry.model)
    let recording = try Recording(contentsOf: entry.recording)
    let inputs = try recording.inputs(recording.calls[0], of: model)
    for engine in Engine.allCases {
      let error = #expect(throws: ModelError.self) { try model.predict(inputs, engine: engine) }
      #expect(error?.code == .unsupported)
      #expect(error?.detail.contains(layer) == true, "\(error?.description ?? "no error")")
    }
    let inspection = try Inspection(contentsOf: entry.model)
    #expect(inspection.problem == nil)
    #expect(!inspection.weights.isEmpty)
  }

  @Test("a custom activation runs once it is defined")
  func definitions() throws {
    for name in ["own_activation", "keras2_own_activation"] {
      let entry = try ModelCase.named(name)
      let options = LoadOptions(definitions: ["own_silu": .silu])
      let model = try Model(contentsOf: entry.model, options: options)
      try TruthRule.expectPass(model, entry.recording, engine: .fast)
    }
  }

  @Test(
    "upgrades of an old configuration are listed, and of a new one there are none",
    arguments: ModelCase.all)
  func upgrades(entry: ModelCase) throws {
    let model = try Model(contentsOf: entry.model)
    #expect(model.upgrades.isEmpty == !entry.name.hasPrefix("keras2_"))
  }

  @Test(
    "states last for a session, start anew with another, and can be reset",
    arguments: Engine.allCases)
  func states(engine: Engine) throws {
    for name in ["stateful", "keras2_stateful"] {
      let entry = try ModelCase.named(name)
      let model = try Model(contentsOf: entry.model)
      let recording = try Recording(contentsOf: entry.recording)
      let inputs = try recording.calls.map { try recording.inputs($0, of: model) }
      try #require(inputs.count == 3)
      let session = model.session(engine: engine)
      let first = try session.run(inputs[0])
      let second = try session.run(inputs[0])
      #expect(first != second)
      #expect(try model.session(engine: engine).run(inputs[0]) == first)
      session.resetStates()
      #expect(try session.run(inputs[0]) == first)
      #expect(try session.run(inputs[0]) == second)
    }
  }

  @Test("rows computed in batches are the rows computed at once", arguments: [1, 2, 3, 50])
  func batches(size: Int) throws {
    for name in ["multi_io", "seq2seq", "keras2_masks"] {
      let entry = try ModelCase.named(name)
      let model = try Model(contentsOf: entry.model)
      let recording = try Recording(contentsOf: entry.recording)
      let inputs = try recording.inputs(recording.calls[0], of: model)
      let whole = try model.session().run(inputs)
      let parts = try model.session().run(inputs, batchSize: size)
      #expect(parts.map(\.shape) == whole.map(\.shape))
      for (index, part) in parts.enumerated() {
        let unit = DType.float32.unitRoundoff * max(whole[index].magnitude, 1)
        expectClose(part, whole[index], within: 64 * unit, "\(name) out_\(index)")
      }
    }
  }

  @Test("a session keeps to what was asked when the lengths change and come back")
  func lengths() throws {
    let entry = try ModelCase.named("variable_length")
    let model = try Model(contentsOf: entry.model)
    let recording = try Recording(contentsOf: entry.recording)
    let session = model.session()
    var results: [[Tensor]] = []
    for call in recording.calls + recording.calls {
      results.append(try session.run(try recording.inputs(call, of: model)))
    }
    #expect(
      Array(results.prefix(recording.calls.count)) == Array(results.suffix(recording.calls.count)))
  }

  @Test(
    "the threads that a run may use do not change what it gives",
    arguments: ["residual", "transformer"])
  func threads(name: String) throws {
    let entry = try ModelCase.named(name)
    let model = try Model(contentsOf: entry.model)
    let recording = try Recording(contentsOf: entry.recording)
    let inputs = try recording.inputs(recording.calls[0], of: model)
    let one = try model.session(threads: 1).run(inputs)
    let four = try model.session(threads: 4).run(inputs)
    for (index, tensor) in four.enumerated() {
      let unit = DType.float32.unitRoundoff * max(one[index].magnitude, 1)
      expectClose(tensor, one[index], within: 64 * unit, "out_\(index)")
    }
  }
}

import HornbillCore
import HornbillTestSupport
import Testing

@testable import Hornbill

@Suite("The notebook's models")
struct NotebookTests {
  @Test(
    "each form has Keras's summary and Keras's numbers",
    arguments: [
      "notebook_keras3.keras", "notebook_keras2.h5", "notebook_letters_keras3.keras",
      "notebook_letters_keras2.h5",
    ])
  func forms(file: String) throws {
    let stem = try #require(file.split(separator: ".").first)
    let model = try Model(contentsOf: Fixture.path("models/\(file)"))
    #expect(try model.summary().text() == Fixture.text("models/\(stem).txt"))
    for engine in Engine.allCases {
      try TruthRule.check(model, Fixture.path("models/\(stem).npz"), engine: engine)
      try TruthRule.expectPass(model, Fixture.path("models/\(stem).npz"), engine: engine)
    }
  }

  @Test("weights with an architecture beside them are the whole model")
  func weightsOnly() throws {
    let options = LoadOptions(architecture: Fixture.path("models/notebook_only.json"))
    let file = Fixture.path("models/notebook_only.weights.h5")
    let model = try Model(contentsOf: file, options: options)
    #expect(try model.summary().text() == Fixture.text("models/notebook_keras3.txt"))
    try TruthRule.expectPass(model, Fixture.path("models/notebook_keras3.npz"), engine: .fast)
    let error = #expect(throws: ModelError.self) { try Model(contentsOf: file) }
    #expect(error?.code == .archive)
    #expect(error?.detail.contains("--config") == true)
  }

  @Test("before it is built, the model has a summary and takes any length")
  func unbuilt() throws {
    let model = try Model(contentsOf: Fixture.path("models/notebook_unbuilt.keras"))
    #expect(try model.summary().text() == Fixture.text("models/notebook_unbuilt.txt"))
  }

  @Test("the last state is the last of the states of all steps", arguments: Engine.allCases)
  func letters(engine: Engine) throws {
    let model = try Model(contentsOf: Fixture.path("models/notebook_letters_keras3.keras"))
    let recording = try Recording(
      contentsOf: Fixture.path("models/notebook_letters_keras3.npz"))
    for call in recording.calls {
      let outputs = try model.predict(
        try recording.inputs(call, of: model), engine: engine)
      let states = try #require(outputs[0].doubles)
      let last = try #require(outputs[1].doubles)
      let (steps, units) = (outputs[0].shape[1], outputs[0].shape[2])
      for row in 0..<outputs[0].shape[0] {
        let start = (row * steps + steps - 1) * units
        #expect(
          Array(states[start..<(start + units)]) == Array(last[(row * units)..<((row + 1) * units)])
        )
      }
    }
  }
}

import Foundation
import HornbillFormats
import HornbillTestSupport
import Testing

@testable import Hornbill

/// `Model.weights`, `setWeights` and `loadWeights`.
@Suite("Weights from other files")
struct LoadWeightsTests {
  private func small(_ file: String = "small.json") throws -> Model {
    try Model(contentsOf: Fixture.path("formats/\(file)"))
  }

  /// The architecture of `small.json` with some text of it replaced.
  private func changed(_ changes: (String, String)...) throws -> Model {
    let folder = try ScratchFolder()
    var text = try Fixture.text("formats/small.json")
    for (old, new) in changes {
      #expect(text.contains(old))
      text = text.replacing(old, with: new)
    }
    let url = folder.url.appending(path: "changed.json")
    try text.write(to: url, atomically: true, encoding: .utf8)
    return try Model(contentsOf: url.path())
  }

  private func numbers(_ model: Model) throws -> [Tensor] {
    try model.weights.map { try $0.tensor() }
  }

  private func refusal(_ body: () throws -> Void) throws -> ModelError {
    let error = try #require(throws: ModelError.self) { try body() }
    #expect(error.code == .weights)
    return error
  }

  @Test func weightsAreThoseOfKeras() throws {
    let model = try small("small.keras")
    #expect(
      model.weights.map(\.path) == [
        "first/kernel", "first/bias", "norm/gamma", "norm/beta", "norm/moving_mean",
        "norm/moving_variance", "memory/lstm_cell/kernel", "memory/lstm_cell/recurrent_kernel",
        "memory/lstm_cell/bias", "second/kernel", "last/kernel", "last/bias",
      ])
    #expect(model.weights.map(\.isTrainable).filter { !$0 }.count == 2)
    #expect(model.weights[0].shape == [4, 3])
    #expect(model.weights[0].dtype == .float32)
    let stored = try ModelArchive.open(Fixture.path("formats/small.keras"))
    let kernel = try #require(stored.weights.all.first { $0.name == "layers/dense/vars/0" })
    #expect(try model.weights[0].tensor() == kernel.read())
  }

  @Test func weightWithoutNumbers() throws {
    let error = try refusal { _ = try small().weights[0].tensor() }
    #expect(error.description.contains("first/kernel"))
  }

  @Test("what is set is what runs, and older sessions keep theirs", arguments: Engine.allCases)
  func setWeights(engine: Engine) throws {
    var model = try small("small.keras")
    let inputs = try model.inputs.map { spec in
      let shape = try #require(spec.shape).dimensions.map { $0 ?? 2 }
      let count = shape.reduce(1, *)
      return Tensor(shape: shape, (0..<count).map { Float($0 % 5) / 4 - 0.5 })
    }
    let session = model.session(engine: engine)
    let before = try model.predict(inputs, engine: engine)
    try model.setWeights(
      numbers(model).map { Tensor(shape: $0.shape, ($0.floats ?? []).map { $0 / 2 }) })
    #expect(try model.predict(inputs, engine: engine) != before)
    #expect(try session.run(inputs) == before)
    try model.loadWeights(from: Fixture.path("formats/small.keras"))
    #expect(try model.predict(inputs, engine: engine) == before)
  }

  @Test func setWeightsThatDoNotFit() throws {
    var model = try small("small.keras")
    let own = try numbers(model)
    var error = try refusal { try model.setWeights(Array(own.dropLast())) }
    #expect(error.description.contains("has 12 weights, 11 were given"))
    var bad = own
    bad[0] = Tensor(shape: [3, 4], [Float](repeating: 0, count: 12))
    error = try refusal { try model.setWeights(bad) }
    #expect(error.description.contains("\"first/kernel\": expected shape (4, 3), found (3, 4)"))
    bad[0] = Tensor(shape: [4, 3], text: [String](repeating: "", count: 12))
    error = try refusal { try model.setWeights(bad) }
    #expect(error.description.contains("expected float32, found string"))
    #expect(try numbers(model) == own)
  }

  @Test(
    "every container gives the same weights",
    arguments: ["small.h5", "small.keras", "small_folder", "small.weights.json"])
  func containers(file: String) throws {
    var model = try small()
    let report = try model.loadWeights(from: Fixture.path("formats/\(file)"))
    #expect(report.isComplete)
    #expect(report.count(of: .matched) == 12)
    #expect(try numbers(model) == numbers(small("small.keras")))
  }

  @Test("a model's own file gives back its weights", arguments: ModelCase.all)
  func ownFile(entry: ModelCase) throws {
    let original = try Model(contentsOf: entry.model)
    guard original.weights.allSatisfy({ $0.dtype != .string }) else { return }
    var model = original
    let own = try numbers(model)
    try model.setWeights(
      own.map { Tensor(shape: $0.shape, [Float](repeating: 0, count: $0.count)) })
    let report = try model.loadWeights(from: entry.model)
    #expect(report.isComplete, "\(report.text)")
    #expect(try numbers(model) == own)
  }

  @Test func byNameLeavesOthersAlone() throws {
    var model = try changed(("\"second\"", "\"other\""))
    let report = try model.loadWeights(from: Fixture.path("formats/small.h5"), byName: true)
    #expect(!report.isComplete)
    #expect(report.count(of: .matched) == 11)
    #expect(
      report.entries.filter { $0.outcome != .matched }.map(\.description) == [
        "missing   other/kernel (4, 3)", "extra     second/kernel (4, 3)",
      ])
    #expect(report.json["missing"] == .integer(1))
    #expect(report.json["complete"] == .bool(false))
  }

  @Test("names stand for others in a map", arguments: ["small.h5", "small.keras", "small_folder"])
  func map(file: String) throws {
    var model = try changed(("\"second\"", "\"other\""))
    let report = try model.loadWeights(
      from: Fixture.path("formats/\(file)"), map: ["second": "other"])
    #expect(report.isComplete, "\(report.text)")
    #expect(report.text.contains("matched   other/kernel from second/kernel"))
    #expect(try numbers(model) == numbers(small("small.keras")))
  }

  @Test func mapOfSingleWeights() throws {
    var model = try small("small.keras")
    let report = try model.loadWeights(
      from: Fixture.path("formats/small.h5"), map: ["second/kernel": "first/kernel"])
    #expect(report.count(of: .matched) == 12)
    #expect(
      report.entries.filter { $0.outcome != .matched }.map(\.description) == [
        "extra     first/kernel (4, 3)"
      ])
    let own = try numbers(small("small.keras"))
    #expect(try model.weights[0].tensor() == own[9])
  }

  @Test("a weight keeps its numbers when a map names an array for it that does not fit")
  func mapOfMisfits() throws {
    var model = try small("small.keras")
    let zeros = try numbers(model).map {
      Tensor(shape: $0.shape, [Float](repeating: 0, count: $0.count))
    }
    try model.setWeights(zeros)
    let report = try model.loadWeights(
      from: Fixture.path("formats/small.h5"), skipMismatch: true,
      map: ["first/bias": "first/kernel"])
    #expect(
      report.entries.filter { $0.outcome != .matched }.map(\.description) == [
        "misshapen first/kernel from first/bias: expected shape (4, 3), found (3)",
        "extra     first/kernel (4, 3)",
      ])
    let own = try numbers(small("small.keras"))
    #expect(try numbers(model) == [zeros[0]] + own.dropFirst())
  }

  @Test func mapOfNamesThatAreNotThere() throws {
    var model = try small()
    let file = Fixture.path("formats/small.h5")
    var error = try refusal { try model.loadWeights(from: file, map: ["secnd": "first"]) }
    #expect(error.description.contains("no layer or weight 'secnd'"))
    #expect(error.description.contains("did you mean 'second'?"))
    error = try refusal {
      try model.loadWeights(from: file, map: ["second/kernel": "first/kernal"])
    }
    #expect(error.description.contains("did you mean 'first/kernel'?"))
  }

  @Test(
    "misshapen weights are refused, or skipped when asked",
    arguments: ["small.h5", "small.weights.json"])
  func misshapen(file: String) throws {
    let path = Fixture.path("formats/\(file)")
    let units = ("\"units\": 1,", "\"units\": 2,")
    var model = try changed(units)
    let error = try refusal { try model.loadWeights(from: path) }
    #expect(error.description.contains("10 matched, 2 misshapen"))
    #expect(error.description.contains("last/kernel"))
    #expect(error.description.contains("expected shape (5, 2), found (5, 1)"))
    #expect(try #require(error.loadReport).count(of: .misshapen) == 2)
    #expect(try refusal { _ = try model.weights[0].tensor() }.description.contains("no numbers"))
    let report = try model.loadWeights(from: path, skipMismatch: true)
    #expect(report.count(of: .matched) == 10)
    #expect(try model.weights[0].tensor() == numbers(small("small.keras"))[0])
    #expect(throws: ModelError.self) { try model.weights[11].tensor() }
  }

  @Test("another number of weights in a layer", arguments: ["small.h5", "small.weights.json"])
  func skippedLayers(file: String) throws {
    let path = Fixture.path("formats/\(file)")
    var text = try Fixture.text("formats/small.json")
    let start = try #require(text.range(of: "\"first\""))
    let bias = try #require(
      text.range(of: "\"use_bias\": true", range: start.upperBound..<text.endIndex))
    text.replaceSubrange(bias, with: "\"use_bias\": false")
    let folder = try ScratchFolder()
    let url = folder.url.appending(path: "changed.json")
    try text.write(to: url, atomically: true, encoding: .utf8)
    var model = try Model(contentsOf: url.path())
    let error = try refusal { try model.loadWeights(from: path) }
    #expect(error.description.contains("1 skipped"))
    #expect(error.description.contains("the layer has 1 weights, that of the file 2"))
    let report = try model.loadWeights(from: path, byName: file == "small.h5", skipMismatch: true)
    #expect(report.count(of: .skipped) == 1)
    #expect(report.count(of: .matched) == 10)
    let extras = report.entries.filter { $0.outcome == .extra }.map(\.source)
    #expect(
      extras
        == (file == "small.h5"
          ? ["first/kernel", "first/bias"]
          : ["layers/dense/vars/0", "layers/dense/vars/1"]))
  }

  /// Two nested models that share a layer, and one that has it all to itself.
  private func sharing() throws -> Model {
    let shared = Dense(units: 3).instance(name: "shared")
    let (x, a, b) = (Input(shape: [3]), Input(shape: [3]), Input(shape: [3]))
    let one = try Functional(
      inputs: a, outputs: Dense(units: 3).instance(name: "own")(shared(a))
    ).instance(name: "one")
    let two = try Functional(inputs: b, outputs: shared(b)).instance(name: "two")
    return try Model(inputs: x, outputs: one(x) + two(x))
  }

  @Test(
    "a layer that nested models share is loaded, whether the model knows that they do",
    arguments: ["m.keras", "m.h5", "m.json"], ["m.keras", "m.h5", "m.weights.h5"])
  func sharedLayers(target: String, source: String) throws {
    let folder = try ScratchFolder()
    let original = try sharing()
    for name in Set(["m.json", target, source]) { try original.save(to: folder.path(name)) }
    let row = Tensor(shape: [1, 3], [0.5, -1, 2] as [Float])
    var model = try Model(contentsOf: folder.path(target))
    let report = try model.loadWeights(from: folder.path(source))
    #expect(report.isComplete, "\(report.text)")
    #expect(try model.predict([row]) == original.predict([row]))
    guard target != "m.json" else { return }
    #expect(report.count(of: .matched) == 4)
    var editor = try ModelEditor(contentsOf: folder.path(target))
    try editor.apply(.loadWeights(folder.path(source), LoadRules()))
    #expect(!editor.report.isPartial)
  }

  @Test func sharedLayerWithTwoKindsOfNumbers() throws {
    let folder = try ScratchFolder()
    try sharing().save(to: folder.path("m.keras"))
    try sharing().save(to: folder.path("m.weights.h5"))
    var draft = ArchiveDraft(try ModelArchive.open(folder.path("m.weights.h5")))
    guard case .objectPaths(var objects) = draft.weights else { return }
    let last = try #require(
      objects.lastIndex { $0.layerName == "shared" && !$0.variables.isEmpty })
    objects[last].variables[1].weight = DraftWeight(
      name: objects[last].variables[1].weight.name, Tensor(shape: [3], [1, 2, 3] as [Float]))
    draft.weights = .objectPaths(objects)
    try draft.write(to: folder.path("two.weights.h5"), as: .weightsHDF5, overwriting: false)
    var model = try Model(contentsOf: folder.path("m.keras"))
    let error = try refusal { try model.loadWeights(from: folder.path("two.weights.h5")) }
    #expect(error.description.contains("4 matched, 1 extra"), "\(error)")
    #expect(error.description.contains("has other numbers elsewhere"), "\(error)")
  }

  @Test func otherNumberOfLayers() throws {
    var model = try Model(contentsOf: Fixture.path("models/notebook_keras3.keras"))
    let error = try refusal {
      try model.loadWeights(from: Fixture.path("formats/small.h5"), skipMismatch: true)
    }
    #expect(error.description.contains("0 matched"))
    #expect(error.description.contains("layers with weights, the file 5"))
  }

  @Test func nothingMatches() throws {
    var model = try Model(contentsOf: Fixture.path("models/notebook_keras3.keras"))
    let error = try refusal {
      try model.loadWeights(
        from: Fixture.path("formats/small.h5"), byName: true, skipMismatch: true)
    }
    #expect(error.loadReport?.count(of: LoadReport.Outcome.matched) == 0)
  }

  @Test func byNameOfAFileWithoutNames() throws {
    var model = try small()
    let error = try refusal {
      try model.loadWeights(from: Fixture.path("formats/old_paths.weights.h5"), byName: true)
    }
    #expect(error.description.contains("does not name its layers"))
  }

  @Test func architectureHoldsNoWeights() throws {
    var model = try small("small.keras")
    let error = try refusal { try model.loadWeights(from: Fixture.path("formats/small.json")) }
    #expect(error.description.contains("holds no weights"))
  }

  @Test func fileThatIsNotThere() throws {
    var model = try small()
    let error = #expect(throws: ModelError.self) { try model.loadWeights(from: "absent.h5") }
    #expect(error?.archiveError?.code == .unreadable)
  }
}

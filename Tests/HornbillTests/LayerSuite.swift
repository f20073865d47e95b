import HornbillCore
import HornbillFormats
import HornbillLayers
import HornbillTestSupport
import Testing

@testable import Hornbill

@Suite("Layers against Keras")
struct LayerSuite {
  @Test("the cases are read, and every model and recording belongs to one")
  func files() throws {
    let cases = try LayerCase.result.get()
    #expect(cases.count > 250)
    let listed = Set(cases.flatMap { [$0.model, $0.recording] })
    let found = Fixture.files(below: "layers").filter { !$0.hasSuffix(".json") }
    #expect(listed == Set(found.map { Fixture.path($0) }))
  }

  @Test("numbers", arguments: LayerCase.all, Engine.allCases)
  func numbers(layer: LayerCase, engine: Engine) throws {
    let model = try Model(contentsOf: layer.model)
    try TruthRule.check(
      model, layer.recording, engine: engine, hasSingleConstants: layer.hasSingleConstants)
    try TruthRule.expectPass(model, layer.recording, engine: engine)
  }

  @Test("declared shapes are Keras's, and the real ones fit them", arguments: LayerCase.all)
  func shapes(layer: LayerCase) throws {
    let model = try Model(contentsOf: layer.model)
    let declared = try declaredOutputs(model)
    #expect(declared == layer.outputs)
    let recording = try Recording(contentsOf: layer.recording)
    let outputs = try model.predict(try recording.inputs(recording.calls[0], of: model))
    let fits = zip(outputs, declared).allSatisfy { output, shape in
      output.rank == shape.rank
        && zip(output.shape, shape.dimensions).allSatisfy { $1 == nil || $0 == $1 }
    }
    #expect(
      fits != Self.misdeclared.contains(layer.testDescription),
      "found \(outputs.map(\.shape)), declared \(declared)")
  }

  /// The cases in which Keras itself declares what it does not give; Hornbill follows it in both.
  static let misdeclared: Set = [
    "Activation all", "MultiHeadAttention scores", "RandomCrop centre", "RandomCrop resized",
  ]

  @Test(
    "declared shapes for inputs of unknown extents are Keras's",
    arguments: LayerCase.all.filter { $0.unknown != nil })
  func unknownShapes(layer: LayerCase) throws {
    let unknown = try #require(layer.unknown)
    let context = DecodingContext(rules: SemanticRules(kerasMajor: layer.isKeras2 ? 2 : 3))
    let root = try context.decode(unknown.architecture)
    let inputs = try #require((root.layer as? any ModelLayer)?.inputSpecs)
    var build = LayerBuild()
    let outputs = try build.build(root, BuildCall(inputs))
    #expect(outputs.map(\.shape) == unknown.outputs)
  }

  @Test(
    "weights have Keras's names, shapes and trainability, in its order", arguments: LayerCase.all)
  func weights(layer: LayerCase) throws {
    let model = try Model(contentsOf: layer.model)
    let walk = VariableWalk(build: model.build, rules: model.rules)
    let isHelper = ["embedding0", "embedding1", "embedding2", "reader"]
    let variables = model.layers.filter { !isHelper.contains($0.name) }.flatMap {
      layer.isKeras2 ? walk.legacyOrder($0) : walk.variables($0)
    }
    let found = variables.map {
      LayerCase.Weight(
        name: $0.spec.name, shape: $0.spec.shape, isTrainable: $0.isTrainable)
    }
    if layer.className == "SpectralNormalization" {
      // Keras counts the wrapped kernel as the wrapper's own variable, before the others.
      #expect(Set(found) == Set(layer.weights))
    } else {
      #expect(found == layer.weights)
    }
  }

  @Test("every class has a case, or a reason for having none")
  func coverage() throws {
    let covered = Set(Fixture.folders(in: "layers"))
    for layer in LayerRegistry.builtIn {
      let hasCase = covered.contains(layer.className)
      let reason = Self.withoutCase[layer.className]
      #expect(hasCase != (reason != nil), "\(layer.className): \(reason ?? "no case, no reason")")
    }
    let known = Set(LayerRegistry.builtIn.map { $0.className })
    #expect(covered.subtracting(known) == [], "cases of classes that nobody registered")
    #expect(Set(Self.withoutCase.keys).subtracting(known) == [])
  }

  /// The classes for which `fixtures/layers` has no folder.
  ///
  /// No release of Keras 1 installs any more.
  static let withoutCase = [
    "Functional": "in fixtures/models, and around every case",
    "Sequential": "in fixtures/models",
    "Highway": "Keras 1",
    "LegacyBatchNormalization": "the modes of Keras 1's BatchNormalization",
    "MaxoutDense": "Keras 1",
    "Merge": "Keras 1",
    "ParametricSoftplus": "Keras 1",
    "SReLU": "Keras 1",
    "SlicingOpLambda": "in fixtures/models/keras2_tensorflow_operations.h5",
    "TFOpLambda": "in fixtures/models/keras2_tensorflow_operations.h5",
    "TensorFlowOpLayer": "written by tf.keras 2.0 to 2.3; its functions are those of TFOpLambda",
  ]

  @Test("the coverage list says of every class what a model with it does")
  func coverageList() throws {
    let layers = Coverage.current.entries.filter { $0.kind == "layer" }
    #expect(layers.map(\.name) == layers.map(\.name).sorted())
    let running = Set(layers.filter { $0.status == .runs }.map(\.name))
    #expect(running == Set(LayerRegistry.builtIn.map { $0.className }))
    #expect(Set(LayerCase.all.map(\.className)).subtracting(running) == [])
    let refused = layers.filter { $0.status == .refused }
    try #require(!refused.isEmpty)
    for entry in refused {
      let context = DecodingContext(rules: SemanticRules(kerasMajor: 3))
      let object = JSON.object(
        JSONObject([
          ("module", .string("keras.layers")), ("class_name", .string(entry.name)),
          ("config", .object(JSONObject([("name", .string("it"))]))),
          ("registered_name", .null),
        ]))
      let layer = try context.decode(object).layer
      #expect((layer as? OpaqueLayer)?.kerasClassName == entry.name)
    }
  }

  @Test("the table in the README is the one that the command prints")
  func readme() throws {
    let text = try Fixture.source("README.md")
    let lines = text.lines
    let start = try #require(lines.firstIndex(of: "<!-- layers -->"))
    let end = try #require(lines.firstIndex(of: "<!-- /layers -->"))
    let table = lines[(start + 1)..<end].joined(separator: "\n")
    #expect(
      table.trimmed == Coverage.current.markdown.trimmed, "run Scripts/update-coverage.sh")
  }

  private func declaredOutputs(_ model: Model) throws -> [Shape] {
    var build = LayerBuild()
    return try build.build(model.root, BuildCall(model.inputs)).map { try #require($0.shape) }
  }
}

extension StringProtocol {
  /// The lines, empty ones among them.
  var lines: [SubSequence] { split(separator: "\n", omittingEmptySubsequences: false) }

  /// The text without empty lines at its start and end.
  var trimmed: String {
    let body = lines.drop { $0.isEmpty }.reversed().drop { $0.isEmpty }.reversed()
    return body.joined(separator: "\n")
  }
}

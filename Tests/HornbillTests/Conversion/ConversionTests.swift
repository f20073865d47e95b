import HornbillCore
import HornbillFormats
import HornbillTestSupport
import Testing

@testable import Hornbill

/// Conversions of the fixtures, read back.
@Suite("Conversion") struct ConversionTests {
  /// Models of Keras 3 that run.
  static let keras3 = ModelCase.running.filter { !$0.name.hasPrefix("keras2_") }

  /// Converts a file and gives the path of the new one.
  private func converted(
    _ path: String, to target: ConversionTarget, in folder: ScratchFolder, config: String? = nil
  ) throws -> String {
    let endings: [ConversionTarget: String] = [
      .keras: "keras", .h5: "h5", .h5Keras2: "h5", .weightsH5: "weights.h5",
      .legacyWeights: "h5", .sharded: "weights.json", .npz: "npz", .safetensors: "safetensors",
      .json: "json",
    ]
    let output = folder.path("\(target.rawValue).\(try #require(endings[target]))")
    let conversion = try Conversion(
      contentsOf: path, to: target, options: LoadOptions(architecture: config))
    try conversion.write(to: output, overwriting: true)
    return output
  }

  /// Expects two models to have the same weights, and outputs for the recorded inputs.
  private func expectSame(_ first: Model, _ second: Model, on recording: String) throws {
    #expect(first.weights.count == second.weights.count)
    for (one, other) in zip(first.weights, second.weights) {
      #expect(try one.tensor() == other.tensor(), "\(one.path)")
    }
    let recording = try Recording(contentsOf: recording)
    let inputs = try recording.inputs(recording.calls[0], of: first)
    for (one, other) in zip(try first.predict(inputs), try second.predict(inputs)) {
      #expect(one.shape == other.shape)
      #expect(ConversionTests.bits(one) == ConversionTests.bits(other))
    }
  }

  /// The elements by their bits, so that a NaN equals itself.
  private static func bits(_ tensor: Tensor) -> [UInt64] {
    switch tensor.storage {
    case .float(let values): values.map { UInt64($0.bitPattern) }
    case .double(let values): values.map(\.bitPattern)
    case .integer(let values): values.map { UInt64(bitPattern: $0) }
    case .text(let values): values.map { UInt64(bitPattern: Int64($0.hashValue)) }
    }
  }

  @Test(arguments: keras3, [ConversionTarget.keras, .h5])
  func modelsComputeTheSame(entry: ModelCase, target: ConversionTarget) throws {
    let folder = try ScratchFolder()
    let output = try converted(entry.model, to: target, in: folder)
    try expectSame(
      Model(contentsOf: entry.model), Model(contentsOf: output), on: entry.recording)
  }

  @Test(arguments: keras3, [ConversionTarget.weightsH5, .legacyWeights, .sharded])
  func weightsFitTheirArchitecture(entry: ModelCase, target: ConversionTarget) throws {
    let folder = try ScratchFolder()
    let architecture = try converted(entry.model, to: .json, in: folder)
    let output = try converted(entry.model, to: target, in: folder)
    let model = try Model(
      contentsOf: output, options: LoadOptions(architecture: architecture))
    try expectSame(Model(contentsOf: entry.model), model, on: entry.recording)
  }

  @Test(arguments: keras3) func thereAndBackGivesTheSameObjects(entry: ModelCase) throws {
    let folder = try ScratchFolder()
    let first = try ModelArchive.open(entry.model)
    guard first.format == .keras else { return }
    let legacy = try converted(entry.model, to: .h5, in: folder)
    let again = try ModelArchive.open(try converted(legacy, to: .keras, in: folder))
    #expect(try objects(again.architecture) == objects(first.architecture))
  }

  /// The modules, classes and registered names of all layers and operations, in order.
  private func objects(_ architecture: JSON?) throws -> [[JSON?]] {
    let object = try #require(architecture?.object)
    let own = [object["module"], object["class_name"], object["registered_name"], object["name"]]
    let inner = try object["config"]?["layers"]?.array?.flatMap { try objects($0) } ?? []
    return [own] + inner
  }

  @Test(arguments: ["formats/small.keras", "formats/assets.keras", "models/lambda_code.keras"])
  func sameContainerKeepsEverything(file: String) throws {
    let source = try ModelArchive.open(Fixture.path(file))
    let folder = try ScratchFolder()
    let copy = try ModelArchive.open(try converted(Fixture.path(file), to: .keras, in: folder))
    #expect(copy.architecture == source.architecture)
    #expect(copy.metadata == source.metadata)
    #expect(copy.assets.map(\.path) == source.assets.map(\.path))
    #expect(copy.optimizerWeights.map(\.name) == source.optimizerWeights.map(\.name))
    #expect(copy.weights.all.map(\.name) == source.weights.all.map(\.name))
    for (one, other) in zip(copy.weights.all, source.weights.all) {
      #expect(try one.read() == other.read())
    }
  }

  @Test(arguments: [ConversionTarget.npz, .safetensors])
  func namedArraysAreTheWeights(target: ConversionTarget) throws {
    let folder = try ScratchFolder()
    let source = try ModelArchive.open(Fixture.path("formats/bfloat16.keras"))
    let output = try converted(Fixture.path("formats/bfloat16.keras"), to: target, in: folder)
    let arrays =
      target == .npz ? try Npz.readWeights(output) : try Safetensors.read(output).weights
    let stored = Dictionary(arrays.map { ($0.name, $0) }) { first, _ in first }
    #expect(arrays.contains { $0.dtype == .bfloat16 })
    for weight in source.weights.all {
      let array = try #require(stored[weight.name])
      #expect(array.dtype == weight.dtype)
      #expect(try array.read() == weight.read())
    }
  }

  @Test(
    arguments: ["models/notebook_keras3.keras", "models/notebook_keras2.h5"],
    [ConversionTarget.npz, .safetensors])
  func namedArraysBecomeAModelAgain(file: String, target: ConversionTarget) throws {
    let folder = try ScratchFolder()
    let source = Fixture.path(file)
    let architecture = try converted(source, to: .json, in: folder)
    let arrays = try converted(source, to: target, in: folder)
    for kind in [ConversionTarget.keras, .h5, .weightsH5, .legacyWeights] {
      let output = try converted(arrays, to: kind, in: folder, config: architecture)
      let isWeights = kind == .weightsH5 || kind == .legacyWeights
      let model = try Model(
        contentsOf: output,
        options: LoadOptions(
          architecture: isWeights ? try converted(source, to: .json, in: folder) : nil))
      let original = try Model(contentsOf: source)
      #expect(model.weights.map(\.shape) == original.weights.map(\.shape))
      for (one, other) in zip(model.weights, original.weights) {
        #expect(try one.tensor() == other.tensor(), "\(one.path)")
      }
    }
  }

  @Test func namedArraysThatFitNoModelAreRefused() throws {
    let folder = try ScratchFolder()
    let arrays = folder.path("arrays.npz")
    try Npz.writeWeights(
      [DraftWeight(name: "odd", Tensor(shape: [1], [Float(1)]))], to: arrays, overwriting: false)
    let error = #expect(throws: ModelError.self) {
      try Conversion(
        contentsOf: arrays, to: .keras,
        options: LoadOptions(architecture: Fixture.path("models/notebook_only.json")))
    }
    #expect(error?.code == .weights)
    #expect(error?.description.contains("embedding") == true, "\(String(describing: error))")
    let missing = #expect(throws: ModelError.self) {
      try Conversion(contentsOf: arrays, to: .keras)
    }
    #expect(missing?.description.contains("--config") == true)
  }

  @Test func adaptedVocabulariesAreNotLost() throws {
    let folder = try ScratchFolder()
    let source = Fixture.path("formats/assets.keras")
    let legacy = try ModelArchive.open(try converted(source, to: .h5, in: folder))
    let layers = try #require(legacy.architecture?["config"]?["layers"]?.array)
    #expect(layers.contains { ($0["config"]?["vocabulary"]?.array?.count ?? 0) > 0 })
  }

  @Test func codeIsCarriedUntouched() throws {
    let folder = try ScratchFolder()
    let source = Fixture.path("models/lambda_code.keras")
    let legacy = try converted(source, to: .h5, in: folder)
    let again = try ModelArchive.open(try converted(legacy, to: .keras, in: folder))
    func code(_ value: JSON?) -> [JSON] {
      guard let value else { return [] }
      if value["class_name"]?.string == "__lambda__" { return [value] }
      return (value.array ?? value.object?.pairs.map(\.value) ?? []).flatMap { code($0) }
    }
    let expected = code(try ModelArchive.open(source).architecture)
    #expect(!expected.isEmpty)
    #expect(code(again.architecture) == expected)
  }

  @Test func optimizerGoesIntoTheOtherContainerAndBack() throws {
    let folder = try ScratchFolder()
    let entry = try ModelCase.named("trained")
    let source = try ModelArchive.open(entry.model)
    try #require(!source.optimizerWeights.isEmpty)
    let legacy = try ModelArchive.open(try converted(entry.model, to: .h5, in: folder))
    #expect(legacy.optimizerWeights.count == source.optimizerWeights.count)
    #expect(legacy.optimizerWeights.first?.name.hasSuffix("/iteration") == true)
    #expect(legacy.trainingConfig?["optimizer_config"] != nil)
    let again = try ModelArchive.open(try converted(legacy.path, to: .keras, in: folder))
    #expect(again.optimizerWeights.map(\.name) == source.optimizerWeights.map(\.name))
    for (one, other) in zip(again.optimizerWeights, source.optimizerWeights) {
      #expect(try one.read() == other.read())
    }
    #expect(
      again.architecture?["compile_config"]?["optimizer"]
        == source.architecture?["compile_config"]?["optimizer"])
  }

  @Test(arguments: [
    ("a.keras", ConversionTarget.keras), ("a.h5", .h5), ("A.HDF5", .h5),
    ("a.weights.h5", .weightsH5), ("a.weights.json", .sharded), ("b/a.npz", .npz),
    ("a.safetensors", .safetensors), ("a.json", .json),
  ])
  func endingsSayWhatToMake(name: String, target: ConversionTarget) {
    #expect(ConversionTarget(path: name) == target)
  }

  @Test func otherEndingsSayNothing() {
    #expect(ConversionTarget(path: "model") == nil)
    #expect(ConversionTarget(path: "model.keras/model") == nil)
  }

  @Test func weightsAloneMakeNoModel() throws {
    let error = #expect(throws: ModelError.self) {
      try Conversion(
        contentsOf: Fixture.path("models/notebook_only.weights.h5"), to: .keras)
    }
    #expect(error?.description.contains("--config") == true)
  }

  @Test func namesWithTheirLayerComeBeforeBareOnes() throws {
    let folder = try ScratchFolder()
    let dense = """
      {"module": "keras.layers", "class_name": "Dense", "registered_name": null,
       "config": {"name": "d", "dtype": "float32", "units": 1, "use_bias": false}}
      """
    let text = """
      {"module": "keras", "class_name": "Sequential", "registered_name": null, "config": {"name": "s", "layers": [
       {"module": "keras.layers", "class_name": "InputLayer", "registered_name": null,
        "config": {"batch_shape": [null, 1], "dtype": "float32", "name": "i"}},
       {"module": "keras", "class_name": "Sequential", "registered_name": null, "config": {"name": "inner", "layers": [
        {"module": "keras.layers", "class_name": "InputLayer", "registered_name": null,
         "config": {"batch_shape": [null, 1], "dtype": "float32", "name": "j"}}, \(dense)]}}, \(dense)]}}
      """
    let config = folder.path("config.json")
    try Scratchpad.write(text, to: config)
    let arrays = folder.path("arrays.npz")
    // The bare name is that of the other layer's variable.
    try Npz.writeWeights(
      [
        DraftWeight(name: "d/kernel", Tensor(shape: [1, 1], [Float(3)])),
        DraftWeight(name: "inner/d/kernel", Tensor(shape: [1, 1], [Float(2)])),
      ], to: arrays, overwriting: false)
    let model = try Model(
      contentsOf: try converted(arrays, to: .keras, in: folder, config: config))
    #expect(try model.weights.map { try $0.tensor().floats } == [[2], [3]])
  }

  @Test func anArrayThatIsThereTwiceIsRefused() throws {
    let array = DraftWeight(name: "layers/dense/vars/0", Tensor(shape: [1], [Float(1)]))
    let error = #expect(throws: ModelError.self) {
      try Conversion(
        NamedWeights(path: "a.npz", arrays: [array, array]), to: .weightsH5, options: LoadOptions())
    }
    #expect(error?.description.contains("twice") == true, "\(String(describing: error))")
  }

  /// A legacy file holds no `bfloat16`, whichever way it is made.
  @Test(arguments: [ConversionTarget.h5, .legacyWeights])
  func changedBrainFloatsAreWidenedInLegacyFiles(target: ConversionTarget) throws {
    var model = try Model(contentsOf: Fixture.path("formats/bfloat16.keras"))
    try model.setWeights(try model.weights.map { try $0.tensor() })
    let conversion = try Conversion(model: model, to: target, options: LoadOptions())
    #expect(!conversion.draft.weights.named.contains { $0.dtype == .bfloat16 })
    #expect(conversion.report.notes.contains { $0.object == "bfloat16 weights" })
  }

  /// Saving a model and converting its file give the same.
  @Test(arguments: [ConversionTarget.npz, .safetensors, .legacyWeights, .json, .h5Keras2])
  func aModelOfKeras2IsSavedAsItsFileIsConverted(target: ConversionTarget) throws {
    let path = Fixture.path("models/keras2_residual.h5")
    let saved = try Conversion(
      model: Model(contentsOf: path), to: target, options: LoadOptions())
    let converted = try Conversion(contentsOf: path, to: target)
    #expect(saved.draft.architecture == converted.draft.architecture)
    #expect(saved.draft.kerasVersion == converted.draft.kerasVersion)
    #expect(
      saved.draft.weights.named.map(\.name).sorted()
        == converted.draft.weights.named.map(\.name).sorted())
  }

  @Test func theTrainingConfigurationOfAnArchiveOfKeras2IsKept() throws {
    let source = try ModelArchive.open(Fixture.path("formats/k2_small.keras"))
    var architecture = try #require(source.architecture?.object)
    architecture["compile_config"] = try JSON(
      parsing: Array(
        #"{"optimizer": {"module": "keras.optimizers", "class_name": "SGD", "config": {"name": "SGD"}, "registered_name": null}, "loss": "mse"}"#
          .utf8))
    let folder = try ScratchFolder()
    let compiled = folder.path("compiled.keras")
    var draft = ArchiveDraft(source)
    draft.architecture = .object(architecture)
    _ = try draft.write(to: compiled, as: .keras, overwriting: false, options: WritingOptions())
    let legacy = try ModelArchive.open(try converted(compiled, to: .h5Keras2, in: folder))
    #expect(legacy.trainingConfig?["loss"]?.string == "mse")
    #expect(legacy.trainingConfig?["optimizer_config"]?["class_name"]?.string == "SGD")
  }

  /// A file that no configuration takes stays among the assets, so that its loss is noted.
  @Test func onlyVocabulariesThatWereEmbeddedLeaveTheAssets() throws {
    let folder = try ScratchFolder()
    let source = try ModelArchive.open(Fixture.path("formats/assets.keras"))
    var draft = ArchiveDraft(source)
    draft.assets.append(
      DraftAsset(path: "layers/other/vocabulary.txt") { () throws(ArchiveError) in [65] })
    let path = folder.path("more.keras")
    _ = try draft.write(to: path, as: .keras, overwriting: false, options: WritingOptions())
    let report = try Conversion(contentsOf: path, to: .h5).write(to: folder.path("new.h5"))
    #expect(
      report.notes.contains {
        $0.kind == .dropped && $0.object.contains("layers/other/vocabulary.txt")
      }, "\(report.notes)")
    #expect(!report.notes.contains { $0.kind == .dropped && $0.object.contains("string_lookup") })
  }

  /// A file with a lookup whose vocabulary and weights of tokens were learned.
  private func learned(in folder: ScratchFolder) throws -> String {
    let text = """
      {"module": "keras", "class_name": "Sequential", "registered_name": null, "config": {"name": "s", "layers": [
       {"module": "keras.layers", "class_name": "InputLayer", "registered_name": null,
        "config": {"batch_shape": [null, 2], "dtype": "string", "name": "i"}},
       {"module": "keras.layers", "class_name": "StringLookup", "registered_name": null,
        "config": {"name": "words", "dtype": "string", "max_tokens": null, "num_oov_indices": 1, "mask_token": null,
         "oov_token": "[UNK]", "vocabulary": null, "idf_weights": null, "invert": false, "output_mode": "tf_idf",
         "sparse": false, "pad_to_max_tokens": false, "vocabulary_size": 3}}]}}
      """
    var draft = ArchiveDraft(
      architecture: try JSON(parsing: Array(text.utf8)), kerasVersion: "3.15.1",
      backend: "tensorflow")
    let weights = Tensor(shape: [3], [Float(0.7), 0.1, 1.3])
    draft.weights = .objectPaths([
      DraftObject(
        path: "layers/string_lookup",
        variables: [
          (
            key: "idf_weights",
            weight: DraftWeight(name: "layers/string_lookup/vars/idf_weights", weights)
          )
        ])
    ])
    draft.assets = [
      DraftAsset(path: "layers/string_lookup/vocabulary.txt") { () throws(ArchiveError) in
        Array("[UNK]\na\nb".utf8)
      }
    ]
    let path = folder.path("learned.keras")
    _ = try draft.write(to: path, as: .keras, overwriting: false, options: WritingOptions())
    return path
  }

  @Test func weightsOfTokensAreRefusedForKeras2() throws {
    let folder = try ScratchFolder()
    let source = try learned(in: folder)
    let error = #expect(throws: ModelError.self) {
      try Conversion(contentsOf: source, to: .h5Keras2)
    }
    #expect(error?.code == .unsupported)
    #expect(error?.description.contains("words") == true, "\(String(describing: error))")
  }

  @Test func weightsOfTokensStandInTheConfiguration() throws {
    let folder = try ScratchFolder()
    let source = try learned(in: folder)
    let output = try converted(source, to: .h5, in: folder)
    let layers = try ModelArchive.open(output).architecture?["config"]?["layers"]?.array
    #expect(layers?.last?["config"]?["vocabulary"]?.array?.count == 3)
    #expect(
      layers?.last?["config"]?["idf_weights"]?.array?.map(\.number)
        == [Double(Float(0.7)), Double(Float(0.1)), Double(Float(1.3))])
    let x = Tensor(shape: [1, 2], text: ["a", "z"])
    #expect(
      try Model(contentsOf: output).predict([x])[0].floats
        == Model(contentsOf: source).predict([x])[0].floats)
  }

  /// Keras reads the scales of such a layer before its kernel.
  @Test func scalesOfFloat8ComeFirstInALegacyFile() throws {
    let policy = """
      {"module": "keras", "class_name": "QuantizedFloat8DTypePolicy", "registered_name": null,
       "config": {"mode": "float8", "source_name": "float32", "amax_history_length": 2}}
      """
    let text = """
      {"module": "keras", "class_name": "Sequential", "registered_name": null, "config": {"name": "s", "layers": [
       {"module": "keras.layers", "class_name": "InputLayer", "registered_name": null,
        "config": {"batch_shape": [null, 4], "dtype": "float32", "name": "i"}},
       {"module": "keras.layers", "class_name": "Dense", "registered_name": null,
        "config": {"name": "d", "dtype": \(policy), "units": 2, "use_bias": true}}]}}
      """
    var draft = ArchiveDraft(
      architecture: try JSON(parsing: Array(text.utf8)), kerasVersion: "3.15.1",
      backend: "tensorflow")
    let shapes = [[4, 2], [2], [], [2], [], [2], [], [2]]
    draft.weights = .objectPaths([
      DraftObject(
        path: "layers/dense",
        variables: shapes.enumerated().map { index, shape in
          let values = [Float](repeating: Float(index), count: shape.reduce(1, *))
          return (
            key: "\(index)",
            weight: DraftWeight(name: "layers/dense/vars/\(index)", Tensor(shape: shape, values))
          )
        })
    ])
    let folder = try ScratchFolder()
    let path = folder.path("float8.keras")
    _ = try draft.write(to: path, as: .keras, overwriting: false, options: WritingOptions())
    let output = try converted(path, to: .h5, in: folder)
    let stored = try ModelArchive.open(output).weights.all
    #expect(stored.map(\.shape) == [[], [2], [], [2], [], [2], [4, 2], [2]])
    let (old, new) = (try Model(contentsOf: path), try Model(contentsOf: output))
    for (one, other) in zip(new.weights, old.weights) {
      #expect(try one.tensor() == other.tensor(), "\(one.path)")
    }
  }

  /// A file of Keras 2.15 with an operation that has a constant.
  private func constant(
    _ value: String, dtype: String, in folder: ScratchFolder
  ) throws -> String {
    let node = """
      {"name": "add", "op": "AddV2", "input": ["x", "c"], "attr": {"T": {"type": "DT_FLOAT"}}}
      """
    let text = """
      {"module": "keras.src.engine.functional", "class_name": "Functional", "registered_name": "Functional",
       "config": {"name": "m", "trainable": true, "layers": [
        {"module": "keras.layers", "class_name": "InputLayer", "registered_name": null, "config":
         {"batch_input_shape": [null, 2], "dtype": "float32", "name": "x"}, "name": "x", "inbound_nodes": []},
        {"module": "keras.layers", "class_name": "TensorFlowOpLayer", "registered_name": "TensorFlowOpLayer", "config":
         {"name": "add", "dtype": "float32", "node_def": \(node), "constants": {"1": {"class_name": "__numpy__",
          "config": {"value": \(value), "dtype": "\(dtype)"}}}}, "name": "add", "inbound_nodes": [[["x", 0, 0, {}]]]}],
        "input_layers": [["x", 0, 0]], "output_layers": [["add", 0, 0]]}}
      """
    let path = folder.path("old.keras")
    let draft = ArchiveDraft(
      architecture: try JSON(parsing: Array(text.utf8)), kerasVersion: "2.15.0",
      backend: "tensorflow")
    _ = try draft.write(to: path, as: .keras, overwriting: false, options: WritingOptions())
    return path
  }

  /// Keras 2.15 does not read arrays there.
  @Test func constantsOfOperationsAreListsInALegacyFileOfKeras2() throws {
    let folder = try ScratchFolder()
    let path = try constant("[1.0, 2.0]", dtype: "float32", in: folder)
    let output = try converted(path, to: .h5Keras2, in: folder)
    let layers = try ModelArchive.open(output).architecture?["config"]?["layers"]?.array
    #expect(layers?.last?["config"]?["constants"]?["1"]?.array?.map(\.number) == [1, 2])
    let x = Tensor(shape: [1, 2], [Float(1), 1])
    #expect(try Model(contentsOf: output).predict([x]) == Model(contentsOf: path).predict([x]))
  }

  @Test(arguments: [("[]", "int32"), ("[1, 2]", "int64")])
  func constantsThatAListDoesNotSayAreRefused(value: String, dtype: String) throws {
    let folder = try ScratchFolder()
    let path = try constant(value, dtype: dtype, in: folder)
    let error = #expect(throws: ModelError.self) {
      try Conversion(contentsOf: path, to: .h5Keras2)
    }
    #expect(error?.code == .unsupported)
    #expect(error?.description.contains("add") == true, "\(String(describing: error))")
  }

  /// Keras 2.15 does not read an initializer that holds an array.
  @Test func arraysOfInitializersAreLeftToTheWeights() throws {
    let text = """
      {"module": "keras", "class_name": "Sequential", "registered_name": null, "config": {"name": "s", "layers": [
       {"module": "keras.layers", "class_name": "InputLayer", "registered_name": null,
        "config": {"batch_input_shape": [null, 1], "dtype": "float32", "name": "i"}},
       {"module": "keras.layers", "class_name": "Dense", "registered_name": null, "config": {"name": "d",
        "dtype": "float32", "units": 1, "use_bias": false, "kernel_initializer": {"module": "keras.initializers",
         "class_name": "Constant", "registered_name": null, "config": {"value": {"class_name": "__numpy__",
         "config": {"value": [[2.0]], "dtype": "float32"}}}}}}]}}
      """
    var draft = ArchiveDraft(
      architecture: try JSON(parsing: Array(text.utf8)), kerasVersion: "2.15.0",
      backend: "tensorflow")
    let kernel = DraftWeight(
      name: "layers/dense/vars/0", Tensor(shape: [1, 1], [Float(2)]))
    draft.weights = .objectPaths([
      DraftObject(path: "layers/dense", variables: [(key: "0", weight: kernel)])
    ])
    let folder = try ScratchFolder()
    let path = folder.path("old.keras")
    _ = try draft.write(to: path, as: .keras, overwriting: false, options: WritingOptions())
    let output = try converted(path, to: .h5Keras2, in: folder)
    let written = try #require(try ModelArchive.open(output).architecture)
    #expect(!written.text().contains("__numpy__"))
    #expect(try Model(contentsOf: output).weights[0].tensor().floats == [2])
  }
}

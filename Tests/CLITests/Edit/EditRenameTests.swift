import HornbillCore
import HornbillFormats
import HornbillTestSupport
import Testing

/// `hornbill edit --rename`.
@Suite(.timeLimit(.minutes(5))) struct EditRenameTests {
  private let files: EditFiles

  init() throws { files = try EditFiles() }

  private func names(_ layers: JSON?) -> [String] {
    (layers?.array ?? []).compactMap { ($0["name"] ?? $0["config"]?["name"])?.string }
  }

  /// Every text in a value.
  private func texts(_ value: JSON) -> [String] {
    switch value {
    case .string(let text): [text]
    case .array(let elements): elements.flatMap(texts)
    case .object(let object): object.pairs.flatMap { [$0.key] + texts($0.value) }
    default: []
    }
  }

  @Test(
    "the name is gone everywhere, and nothing else has changed",
    arguments: [
      ("formats/small.h5", "out.h5"), ("formats/k2_small.h5", "out.h5"),
      ("formats/small.keras", "out.keras"), ("formats/small_folder", "out.keras"),
      ("formats/small.json", "out.json"),
    ])
  func everywhere(file: String, name: String) throws {
    let (path, outcome) = try files.edit(file, to: name, "--rename", "first=zuerst")
    #expect(outcome.errors.hasPrefix("renamed layer first to zuerst\n"))
    let old = try ModelArchive.open(files.input(file))
    let new = try ModelArchive.open(path)
    let architecture = try #require(new.architecture)
    let before = try #require(old.architecture)
    #expect(!texts(architecture).contains("first"))
    let count = texts(before).count { $0 == "first" }
    #expect(count > 2)
    #expect(texts(architecture).count { $0 == "zuerst" } == count)
    #expect(texts(architecture).map { $0 == "zuerst" ? "first" : $0 } == texts(before))
    #expect(new.optimizerWeights.count == old.optimizerWeights.count)
    #expect(!new.optimizerWeights.contains { $0.name.contains("first") })
    #expect(
      new.weights.all.map { $0.path.replacing("zuerst", with: "first") }
        == old.weights.all.map(\.path))
    #expect(try new.tensors().map(\.tensor) == old.tensors().map(\.tensor))
    guard case .objectPaths(let objects) = new.weights else { return }
    #expect(objects["layers/dense"]?.layerName == "zuerst")
  }

  @Test func optimizerOfALegacyFile() throws {
    let (path, _) = try files.edit("formats/small.h5", to: "out.h5", "--rename", "first=zuerst")
    let new = try ModelArchive.open(path)
    let old = try ModelArchive.open(Fixture.path("formats/small.h5"))
    #expect(new.optimizerWeights.contains { $0.name.contains("zuerst_kernel") })
    #expect(
      new.optimizerWeights.map { $0.name.replacing("zuerst", with: "first") }
        == old.optimizerWeights.map(\.name))
  }

  @Test(
    "layers of nested models",
    arguments: [
      ("models/keras2_nested_twice.h5", "out.h5"), ("models/nested_twice.keras", "out.keras"),
    ])
  func nested(file: String, name: String) throws {
    let (path, _) = try files.edit(
      file, to: name, "--rename", "block/inner_chain/i1=inner", "--rename", "block=brick")
    let new = try ModelArchive.open(path)
    let architecture = try #require(new.architecture)
    let layers = architecture["config"]?["layers"]
    #expect(names(layers).contains("brick"))
    #expect(!texts(architecture).contains("block"))
    let brick = try #require(layers?.array?.first { $0["name"]?.string == "brick" })
    let chain = brick["config"]?["layers"]?.array?.first { $0["name"]?.string == "inner_chain" }
    let inner = names(chain?["config"]?["layers"])
    #expect(inner.suffix(2) == ["inner", "i2"])
    #expect(!texts(architecture).contains("i1"))
    let old = try ModelArchive.open(files.input(file))
    #expect(try new.tensors().map(\.tensor) == old.tensors().map(\.tensor))
    if case .legacy = new.weights {
      #expect(new.weights.all.map(\.path).contains("/model_weights/brick/inner/kernel:0"))
    }
    let outcome = try hornbill("summary", path)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test(
    "models with unknown layers and code",
    arguments: [
      ("models/unknown_layer.keras", "out.keras"), ("models/keras2_unknown_layer.h5", "out.h5"),
      ("models/lambda_code.keras", "out.keras"), ("models/keras2_lambda_code.h5", "out.h5"),
    ])
  func unknown(file: String, name: String) throws {
    let old = try ModelArchive.open(files.input(file))
    let layer = try #require(
      old.architecture?["config"]?["layers"]?.array?.last?["config"]?["name"]?.string)
    let (path, _) = try files.edit(file, to: name, "--rename", "\(layer)=renamed")
    let new = try ModelArchive.open(path)
    let found = texts(try #require(new.architecture)).map { $0 == "renamed" ? layer : $0 }
    let expected = texts(try #require(old.architecture))
    #expect(found == expected)
    #expect(try new.tensors().map(\.tensor) == old.tensors().map(\.tensor))
  }

  @Test func modelItself() throws {
    let (path, outcome) = try files.edit(
      "models/trained.keras", to: "out.keras", "--rename", "sequential=model")
    #expect(outcome.errors.contains("renamed model sequential to model"))
    #expect(try ModelArchive.open(path).architecture?["config"]?["name"]?.string == "model")
  }

  @Test func weightsAndGroupsWithoutArchitecture() throws {
    var (path, _) = try files.edit(
      "formats/k2_only_weights.h5", to: "a.h5", "--rename", "second=zweite", "--rename",
      "last/last/bias:0=last/last/offset:0")
    var archive = try ModelArchive.open(path)
    _ = try archive.weight("/zweite/zweite/kernel:0")
    _ = try archive.weight("/last/last/offset:0")
    (path, _) = try files.edit(
      "models/notebook_only.weights.h5", to: "b.weights.h5", "--rename", "layers/dense=layers/head",
      "--rename", "layers/head/vars/0=layers/head/vars/5")
    archive = try ModelArchive.open(path)
    _ = try archive.weight("/layers/head/vars/5")
    _ = try archive.weight("/layers/head/vars/1")
    #expect(!archive.weights.all.contains { $0.path.hasPrefix("/layers/dense/") })
  }

  @Test(
    "shards", arguments: [("layers/dense=layers/head", "/layers/head/vars/0")])
  func shards(argument: String, weight: String) throws {
    let (path, _) = try files.edit(
      "formats/small.weights.json", to: "out.weights.json", "--rename", argument)
    _ = try ModelArchive.open(path).weight(weight)
  }

  @Test(
    "refusals",
    arguments: [
      (
        "formats/small.h5", "secnd=a", 64, ["no layer or weight 'secnd'", "did you mean 'second'?"]
      ),
      ("formats/small.h5", "frobnicate=a", 64, ["no layer or weight", "there are", "more"]),
      ("formats/small.h5", "first=second", 64, ["has a layer 'second' already"]),
      ("formats/small.h5", "first=a/b", 64, ["cannot be a layer's name"]),
      ("formats/small.h5", "first=..", 64, ["cannot be a layer's name"]),
      ("formats/small.h5", "first/first/kernel=bias", 64, ["begins with"]),
      (
        "formats/small.h5", "first/first/kernel=first/first/bias", 64,
        ["has a weight 'first/bias' already"]
      ),
      ("formats/small.h5", "optimizer_weights/sgd/iteration=a", 69, ["only weights of the model"]),
      ("formats/k2_only_weights.h5", "first=second", 64, ["weights of a layer 'second' already"]),
      ("formats/k2_only_weights.h5", "first=a/../b", 64, ["cannot be a name in an HDF5 file"]),
      ("models/notebook_only.weights.h5", "layers/dense=layers/embedding", 64, ["objects at"]),
      (
        "models/notebook_only.weights.h5", "layers/dense/vars/0=layers/dense/vars/1", 64,
        ["already"]
      ),
      ("models/notebook_only.weights.h5", "layers/dense/vars/0=kernel", 64, ["vars/NAME"]),
      (
        "models/text_classifier.keras", "bidirectional/forward_lstm=a", 69,
        ["Bidirectional names the layers inside it"]
      ),
      ("formats/small.h5", "first", 64, ["OLD=NEW"]), ("formats/small.h5", "=a", 64, ["OLD=NEW"]),
      ("formats/small.h5", "a=", 64, ["OLD=NEW"]),
    ] as [(String, String, Int32, [String])])
  func refusals(file: String, argument: String, status: Int32, words: [String]) throws {
    let folder = try ScratchFolder()
    let outcome = try Command.run(
      ["edit", Fixture.path(file), "-o", "out", "--rename", argument], in: folder)
    #expect(outcome.status == status)
    #expect(outcome.output.isEmpty)
    for word in words { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
    #expect(try Scratch.names(in: folder).isEmpty)
  }
}

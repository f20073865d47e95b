import HornbillCore
import HornbillFormats
import Testing

/// What is read from a file and written to another is read from that one again.
@Suite struct RoundTripTests {
  /// Writes what a file holds to a file of a format, and opens that.
  private func copy(
    _ archive: ModelArchive, as format: ArchiveFormat, in folder: TemporaryFolder
  ) throws -> (ModelArchive, [Omission]) {
    let path = folder["copy" + format.ending]
    let omissions = try ArchiveDraft(archive).write(to: path, as: format, overwriting: false)
    return (try ModelArchive.open(path), omissions)
  }

  @Test(arguments: modelFixtures(in: "layers", endings: [".keras", ".h5"]))
  func layersSurvive(name: String) throws {
    let folder = try TemporaryFolder()
    let original = try ModelArchive.open(fixture(name))
    let (found, omissions) = try copy(original, as: original.format, in: folder)
    #expect(omissions == [])
    #expect(found.format == original.format)
    #expect(found.metadata == original.metadata)
    try expectSame(found, original)
  }

  @Test(arguments: modelFixtures(in: "models", endings: [".keras", ".h5"]))
  func modelsSurvive(name: String) throws {
    try layersSurvive(name: name)
  }

  @Test(arguments: [
    "small.keras", "small.h5", "k2_small.keras", "k2_small.h5", "k2_only_weights.h5",
    "assets.keras", "bfloat16.keras", "bfloat16.h5", "deflated.keras", "small_folder",
    "types.h5", "chunked_names.h5", "old_paths.weights.h5", "k1_model.h5",
  ])
  func everyContainerSurvives(name: String) throws {
    try layersSurvive(name: "formats/" + name)
  }

  /// In the order of the model, the index and what each file holds are Keras's.
  @Test func shardsSurvive() throws {
    let folder = try TemporaryFolder()
    let original = try ModelArchive.open(fixture("formats/small.weights.json"))
    var draft = ArchiveDraft(original)
    guard case .objectPaths(let objects) = draft.weights else {
      Issue.record("expected weights by object path")
      return
    }
    let order = ["", "input_layer", "dense", "batch_normalization", "reshape", "lstm", "lstm/cell"]
    let rest = ["dense_1", "concatenate", "dense_2"]
    draft.weights = .objectPaths(
      try (order + rest).map { name in
        let path = name.isEmpty ? "" : "layers/" + name
        return try #require(objects.first { $0.path == path })
      })
    let path = folder["small.weights.json"]
    let options = WritingOptions(maximumShardSize: 200 / 1e9)
    #expect(
      try draft.write(to: path, as: .shardedWeights, overwriting: false, options: options) == [])
    let found = try ModelArchive.open(path)
    #expect(found.metadata == original.metadata)
    try expectSame(found, original)
    #expect(
      folder.names == [
        "small.weights.json", "small_00000.weights.h5", "small_00001.weights.h5",
      ])
    #expect(try contents(of: path) == contents(of: fixture("formats/small.weights.json")))
    for name in folder.names where name.hasSuffix(".h5") {
      #expect(
        try HDF5Census(folder[name]).differences(from: HDF5Census(fixture("formats/" + name)))
          == [])
    }
  }

  @Test func aVariableThatFitsNoShardIsRefused() throws {
    let folder = try TemporaryFolder()
    let draft = ArchiveDraft(try ModelArchive.open(fixture("formats/small.keras")))
    for size in [40 / 1e9, 0, -1, .nan] {
      #expect(throws: ArchiveError.self) {
        try draft.write(
          to: folder["a.weights.json"], as: .shardedWeights, overwriting: false,
          options: WritingOptions(maximumShardSize: size))
      }
    }
    #expect(folder.names == [])
  }

  @Test func anArchitectureSurvives() throws {
    let folder = try TemporaryFolder()
    let original = try ModelArchive.open(fixture("formats/small.json"))
    let (found, omissions) = try copy(original, as: .architecture, in: folder)
    #expect(omissions == [])
    try expectSame(found, original)
    #expect(try contents(of: found.path) == contents(of: original.path))
  }

  /// The containers of one family carry each other's contents.
  @Test(arguments: [ArchiveFormat.keras, .kerasDirectory, .weightsHDF5, .shardedWeights])
  func objectPathsMoveBetweenContainers(format: ArchiveFormat) throws {
    let folder = try TemporaryFolder()
    let original = try ModelArchive.open(fixture("formats/small.keras"))
    let (found, omissions) = try copy(original, as: format, in: folder)
    let isModel = format == .keras || format == .kerasDirectory
    #expect(omissions.map(\.part) == (isModel ? [] : ["the architecture"]))
    #expect(found.architecture == (isModel ? original.architecture : nil))
    #expect(found.optimizerWeights.count == original.optimizerWeights.count)
    let (back, _) = try copy(found, as: .weightsHDF5, in: TemporaryFolder())
    let (direct, _) = try copy(original, as: .weightsHDF5, in: TemporaryFolder())
    try expectSame(back, direct)
  }

  @Test func legacyWeightsLeaveTheirModel() throws {
    let folder = try TemporaryFolder()
    let original = try ModelArchive.open(fixture("formats/k2_small.h5"))
    let (found, omissions) = try copy(original, as: .legacyWeights, in: folder)
    #expect(found.format == .legacyWeights)
    #expect(omissions.first?.part == "the architecture")
    #expect(omissions.contains { $0.part == "the training configuration" })
    #expect(
      omissions.filter { $0.part == "the optimizer's state" }.count
        == original.optimizerWeights.count)
    #expect(found.weights.all.map(\.name) == original.weights.all.map(\.name))
    let only = try ModelArchive.open(fixture("formats/k2_only_weights.h5"))
    #expect(found.weights.all.map(\.shape) == only.weights.all.map(\.shape))
  }

  @Test func anArchitectureNamesWhatItLeavesOut() throws {
    let folder = try TemporaryFolder()
    let original = try ModelArchive.open(fixture("formats/assets.keras"))
    let (found, omissions) = try copy(original, as: .architecture, in: folder)
    #expect(found.architecture == original.architecture)
    #expect(omissions.map(\.object) == ["layers/string_lookup/vocabulary.txt"])
    let weighted = try ModelArchive.open(fixture("formats/small.keras"))
    let (_, more) = try copy(weighted, as: .architecture, in: TemporaryFolder())
    let weights = more.filter { $0.part == "the weights of" }.compactMap(\.object)
    #expect(weights.contains("layers/dense"))
  }
}

extension ArchiveFormat {
  /// An ending that suits the format.
  fileprivate var ending: String {
    switch self {
    case .legacyModel, .legacyWeights: ".h5"
    case .keras: ".keras"
    case .kerasDirectory: ""
    case .weightsHDF5: ".weights.h5"
    case .shardedWeights: ".weights.json"
    case .architecture: ".json"
    }
  }
}

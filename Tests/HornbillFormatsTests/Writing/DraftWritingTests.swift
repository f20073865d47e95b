import HornbillCore
import HornbillFormats
import Testing

/// What all writers share: what they refuse, what they leave out, and that a failure costs nothing.
@Suite struct DraftWritingTests {
  private let architecture = JSON.object(
    JSONObject([("class_name", .string("Sequential")), ("config", .object(JSONObject()))]))

  private func weight(_ name: String) -> DraftWeight {
    DraftWeight(name: name, Tensor(shape: [2], [1, 2] as [Float]))
  }

  @Test(arguments: ArchiveFormat.allCases)
  func refusesTheOtherArrangement(format: ArchiveFormat) throws {
    guard format != .architecture else { return }
    let folder = try TemporaryFolder()
    let isLegacy = format == .legacyModel || format == .legacyWeights
    let draft = ArchiveDraft(
      architecture: architecture, weights: isLegacy ? .objectPaths([]) : .legacy([]))
    let error = expectError(.unsupported) {
      try draft.write(to: folder["a.weights.json"], as: format, overwriting: false)
    }
    #expect(error?.detail.contains("convert") == true)
    #expect(folder.names == [])
  }

  @Test(arguments: [ArchiveFormat.legacyModel, .keras, .kerasDirectory, .architecture])
  func refusesAModelWithoutArchitecture(format: ArchiveFormat) throws {
    let folder = try TemporaryFolder()
    expectError(.missing) {
      try ArchiveDraft().write(to: folder["a"], as: format, overwriting: false)
    }
    #expect(folder.names == [])
  }

  /// A weight that cannot be read ends writing in the middle; the old file stays, and nothing else.
  @Test(arguments: [ArchiveFormat.keras, .weightsHDF5, .legacyModel, .legacyWeights])
  func aFailureLeavesTheOldFile(format: ArchiveFormat) throws {
    let folder = try TemporaryFolder()
    let path = folder["a"]
    let good = weight("good")
    let bad = DraftWeight(name: "bad", shape: [1], dtype: .float32) {
      () throws(ArchiveError) in throw ArchiveError(.io, path: "elsewhere", "no longer there")
    }
    func draft(_ weights: [DraftWeight]) -> ArchiveDraft {
      let isLegacy = format == .legacyModel || format == .legacyWeights
      return ArchiveDraft(
        architecture: architecture,
        weights: isLegacy
          ? .legacy([DraftLayer(name: "a", weights: weights)])
          : .objectPaths([
            DraftObject(path: "layers/dense", variables: weights.map { (key: $0.name, $0) })
          ]))
    }
    try draft([good]).write(to: path, as: format, overwriting: false)
    let old = try contents(of: path)
    let error = expectError(.io) {
      try draft([good, bad]).write(to: path, as: format, overwriting: true)
    }
    #expect(error?.path == "elsewhere")
    #expect(try contents(of: path) == old)
    expectError(.cannotCreate) { try draft([good]).write(to: path, as: format, overwriting: false) }
    #expect(try contents(of: path) == old)
    #expect(folder.names == ["a"])
    // A file may be replaced by what is read from it.
    try ArchiveDraft(ModelArchive.open(path)).write(to: path, as: format, overwriting: true)
    #expect(try ModelArchive.open(path).weights.all.count == 1)
  }

  @Test func stateOutsideTheModelHasItsPlace() throws {
    let folder = try TemporaryFolder()
    var draft = ArchiveDraft(
      weights: .objectPaths([]), optimizerWeights: [weight("optimizer/vars/0"), weight("adam/m")],
      otherEntries: [weight("metrics/mean/vars/0")])
    draft.stateObjects = [
      .init(path: "optimizer", name: "adam"), .init(path: "metrics/empty", name: nil),
    ]
    let omissions = try draft.write(
      to: folder["a.weights.h5"], as: .weightsHDF5, overwriting: false)
    #expect(omissions.map(\.object) == ["adam/m"])
    let found = try ModelArchive.open(folder["a.weights.h5"])
    #expect(found.optimizerWeights.map(\.name) == ["optimizer/vars/0"])
    #expect(found.otherEntries.map(\.name) == ["metrics/mean/vars/0"])
    #expect(found.stateObjects.map(\.path) == ["metrics/empty", "metrics/mean", "optimizer"])
    #expect(found.stateObjects.last?.name == "adam")
    // An optimizer whose state is taken away leaves no trace.
    var stripped = ArchiveDraft(found)
    stripped.optimizerWeights = []
    try stripped.write(to: folder["b.weights.h5"], as: .weightsHDF5, overwriting: false)
    #expect(
      try ModelArchive.open(folder["b.weights.h5"]).stateObjects.map(\.path)
        == ["metrics/empty", "metrics/mean"])
  }

  @Test func metadataFollowTheDraft() throws {
    let folder = try TemporaryFolder()
    var draft = ArchiveDraft(architecture: architecture, kerasVersion: "3.15.1")
    try draft.write(to: folder["a.keras"], as: .keras, overwriting: false)
    let fresh = try ModelArchive.open(folder["a.keras"])
    #expect(fresh.kerasVersion == "3.15.1")
    let form = fresh.dateSaved?.map { $0.isNumber ? "0" : String($0) }.joined()
    #expect(form == "0000-00-00@00:00:00")
    draft.metadata = .object(
      JSONObject([
        ("keras_version", .string("2.15.0")), ("date_saved", .string("then")),
        ("owner", .string("me")),
      ]))
    try draft.write(to: folder["a.keras"], as: .keras, overwriting: true)
    let kept = try ModelArchive.open(folder["a.keras"])
    #expect(kept.metadata?.object?.keys == ["keras_version", "date_saved", "owner"])
    #expect(kept.kerasVersion == "3.15.1")
    #expect(kept.dateSaved == "then")
    let omissions = try draft.write(to: folder["a.h5"], as: .legacyModel, overwriting: false)
    #expect(
      omissions.map(\.description) == [
        "the metadata 'owner': whole-model HDF5 (.h5) has no place for it"
      ])
  }

  /// Keras 2 puts version and backend beside the configuration, Keras 3 does not.
  @Test func architecturesFollowTheRelease() throws {
    let folder = try TemporaryFolder()
    let draft = ArchiveDraft(
      architecture: architecture, kerasVersion: "2.15.0", backend: "tensorflow")
    try draft.write(to: folder["a.json"], as: .architecture, overwriting: false)
    let text = String(decoding: try contents(of: folder["a.json"]), as: UTF8.self)
    #expect(
      text == #"{"class_name": "Sequential", "config": {}, "#
        + #""keras_version": "2.15.0", "backend": "tensorflow"}"#)
    let found = ArchiveDraft(try ModelArchive.open(folder["a.json"]))
    try found.write(to: folder["b.json"], as: .architecture, overwriting: false)
    #expect(try contents(of: folder["b.json"]) == contents(of: folder["a.json"]))
    try found.write(to: folder["a.h5"], as: .legacyModel, overwriting: false)
    #expect(try ModelArchive.open(folder["a.h5"]).architecture == architecture)
  }

  @Test func assetsThatLeadElsewhereAreRefused() throws {
    let folder = try TemporaryFolder()
    for format in [ArchiveFormat.keras, .kerasDirectory] {
      var draft = ArchiveDraft(architecture: architecture)
      draft.assets = [DraftAsset(path: "../a") { () throws(ArchiveError) in [1] }]
      expectError(.unsupported) {
        try draft.write(to: folder["a"], as: format, overwriting: false)
      }
    }
    #expect(folder.names == [])
  }
}

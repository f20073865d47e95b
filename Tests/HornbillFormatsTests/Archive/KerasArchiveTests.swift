import HornbillCore
import HornbillFormats
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite struct KerasArchiveTests {
  private func objects(_ name: String) throws -> ObjectPathWeights {
    let archive = try ModelArchive.open(fixture("formats/" + name))
    guard case .objectPaths(let objects) = archive.weights else {
      Issue.record("expected weights by object path")
      throw Unexpected()
    }
    return objects
  }

  @Test(arguments: [
    "small.keras", "deflated.keras", "small_folder", "k2_small.keras",
    "small_folder/model.weights.h5", "small.weights.json",
  ])
  func readsEveryWeight(name: String) throws {
    let objects = try objects(name)
    var number = 0
    for expected in smallModel where !expected.shapes.isEmpty {
      let group = try #require(objects[expected.path])
      #expect(group.variables.map(\.weight.shape) == expected.shapes)
      #expect(group.variables.map(\.key) == expected.shapes.indices.map { "\($0)" })
      for (variable, shape) in zip(group.variables, expected.shapes) {
        #expect(variable.weight.name == "\(expected.path)/vars/\(variable.key)")
        #expect(try variable.weight.read() == smallWeight(number, shape))
        number += 1
      }
    }
    #expect(number == 12)
  }

  @Test func readsTheParts() throws {
    let archive = try ModelArchive.open(fixture("formats/small.keras"))
    #expect(archive.format == .keras)
    #expect(archive.kerasVersion?.hasPrefix("3.") == true)
    #expect(archive.dateSaved?.contains("@") == true)
    #expect(archive.architecture?["class_name"]?.string == "Functional")
    #expect(archive.optimizerWeights.map(\.name) == (0..<12).map { "optimizer/vars/\($0)" })
    #expect(archive.assets.isEmpty)
    #expect(archive.metadata?["keras_version"] != nil)
    #expect(try ModelArchive.open(fixture("formats/small_folder")).format == .kerasDirectory)
  }

  @Test func namesTheLayersOfObjects() throws {
    let objects = try objects("small.keras")
    #expect(objects["layers/dense_1"]?.layerName == "second")
    #expect(objects["layers/reshape"]?.layerName == "wide")
    #expect(objects["layers/reshape"]?.variables.isEmpty == true)
    #expect(objects["layers/lstm"]?.layerName == "memory")
    #expect(objects[""]?.layerName == "small")
    #expect(try self.objects("k2_small.keras")["layers/dense_1"]?.layerName == nil)
  }

  @Test(arguments: [("small.keras", true), ("deflated.keras", false)])
  func aStoredMemberIsReadInPlace(name: String, isInPlace: Bool) throws {
    let weight = try #require(try objects(name)["layers/dense"]?["0"])
    #expect((weight.fileOffset != nil) == isInPlace)
    if let offset = weight.fileOffset.map(Int.init) {
      let bytes = try contents(of: fixture("formats/" + name))
      let second = bytes[(offset + 4)..<(offset + 8)].reversed().reduce(UInt32(0)) {
        $0 << 8 | UInt32($1)
      }
      #expect(Float(bitPattern: second) == Float(0.001))
    }
  }

  @Test func severalTasksReadAtOnce() async throws {
    let archive = try ModelArchive.open(fixture("formats/small.keras"))
    let expected = try archive.weights.all.map { try $0.read() }
    try await withThrowingTaskGroup(of: [Tensor].self) { group in
      for _ in 0..<8 {
        group.addTask {
          let own = try ModelArchive.open(fixture("formats/small.keras"))
          return try (archive.weights.all + own.weights.all).map { try $0.read() }
        }
      }
      for try await tensors in group { #expect(tensors == expected + expected) }
    }
  }

  @Test func readsAssets() throws {
    let archive = try ModelArchive.open(fixture("formats/assets.keras"))
    #expect(archive.assets.map(\.path) == ["layers/string_lookup/vocabulary.txt"])
    let text = String(decoding: try archive.assets[0].read(), as: UTF8.self)
    #expect(text.hasPrefix("[UNK]\n"))
    #expect(archive.assets[0].size == text.utf8.count)
  }

  @Test func readsBFloat16() throws {
    let weight = try #require(try objects("bfloat16.keras")["layers/dense"]?["0"])
    #expect(weight.dtype == .bfloat16)
    #expect(try weight.read().floats == [1, 2, 3, 4])
  }

  @Test func readsThePathsOfKeras212() throws {
    let archive = try ModelArchive.open(fixture("formats/old_paths.weights.h5"))
    #expect(archive.format == .weightsHDF5)
    guard case .objectPaths(let objects) = archive.weights else {
      Issue.record("expected weights by object path")
      return
    }
    #expect(
      objects.groups.map(\.objectPath) == ["layers/dense", "layers/dense_2", "layers/dense_10"])
    let keys = try #require(objects["layers/dense"]).variables.map(\.key)
    #expect(keys == (0..<12).map { "\($0)" } + ["named"])
    #expect(archive.optimizerWeights.map(\.name) == ["optimizer/vars/0"])
    #expect(archive.otherEntries.map(\.name) == ["metrics/mean/vars/0"])
  }

  @Test func refusesPickledWeights() {
    let error = expectError(.refused, object: "model.weights.npz") {
      try ModelArchive.open(fixture("formats/pickled.keras"))
    }
    #expect(error?.detail.contains("pickle") == true)
  }

  private let config = Array(#"{"class_name": "Sequential", "config": {"layers": []}}"#.utf8)

  @Test func namesMissingAndBrokenParts() throws {
    let folder = try TemporaryFolder()
    let weights = try contents(of: fixture("formats/small_folder/model.weights.h5"))
    func open(_ members: [ZipBuilder.Member]) throws -> ModelArchive {
      try ModelArchive.open(folder.write(ZipBuilder(members).bytes, as: "a.keras"))
    }
    expectError(.missing, object: "model.weights.h5") {
      try open([.init("config.json", config)])
    }
    expectError(.notAModel) { try open([.init("metadata.json", Array("{}".utf8))]) }
    expectError(.malformed, object: "config.json") { try open([.init("config.json", [0x7B])]) }
    expectError(.malformed, object: "config.json") {
      try open([.init("config.json", Array("[]".utf8))])
    }
    expectError(.malformed, object: "metadata.json") {
      try open([.init("config.json", config), .init("metadata.json", [])])
    }
    expectError(.notAModel, object: "model.weights.h5") {
      try open([.init("config.json", config), .init("model.weights.h5", Array("no".utf8))])
    }
    expectError(.malformed, object: "config.json") {
      try open([.init("config.json", config, crc: 0)])
    }
    expectError(.malformed, object: "model.weights.h5") {
      try open([.init("config.json", config), .init("model.weights.h5", weights, crc: 0)])
    }
    #expect(throws: Never.self) {
      try open([.init("config.json", config), .init("model.weights.h5", weights)])
    }
    let nested = expectError(.notAModel) { try open([.init("model/config.json", config)]) }
    #expect(nested?.detail.contains("zip the contents") == true)
    let npz = expectError(.notAModel) { try open([.init("x.npy", [])]) }
    #expect(npz?.detail.contains("NumPy") == true)
  }

  /// A size is checked before there is memory for so much.
  @Test(arguments: ["config.json", "metadata.json", "assets/a"])
  func partsOfAFolderAreLimited(name: String) throws {
    let folder = try TemporaryFolder()
    try #require(mkdir(folder["assets"], 0o700) == 0)
    try folder.write(config, as: "config.json")
    try folder.write(
      contents(of: fixture("formats/small_folder/model.weights.h5")), as: "model.weights.h5")
    try folder.write([], as: name)
    try #require(truncate(folder[name], 1 << 43) == 0)
    expectError(.limit) {
      for asset in try ModelArchive.open(folder.path).assets { _ = try asset.read() }
    }
  }

  #if os(Linux)
  /// Other systems make no such name.
  @Test func anAssetWhoseNameIsNoTextIsRefused() throws {
    let folder = try TemporaryFolder()
    try #require(mkdir(folder["assets"], 0o700) == 0)
    try folder.write(config, as: "config.json")
    try folder.write(
      contents(of: fixture("formats/small_folder/model.weights.h5")), as: "model.weights.h5")
    let path = folder["assets/a"].utf8CString.dropLast() + [-1, 0]
    let file = try #require(fopen(Array(path), "wb"))
    try #require(fclose(file) == 0)
    expectError(.unsupported, object: "a\u{FFFD}") { try ModelArchive.open(folder.path) }
    try #require(remove(Array(path)) == 0)
  }
  #endif

  @Test(arguments: ["config.json", "metadata.json"])
  func partsOfAZipAreLimited(name: String) throws {
    let folder = try TemporaryFolder()
    var large = ZipBuilder.Member(name, [UInt8](repeating: 0, count: 1 << 19))
    large.method = 8
    large.size = UInt32(JSONLimits.default.byteCount) + 1
    let members = (name == "config.json" ? [] : [.init("config.json", config)]) + [large]
    try folder.write(ZipBuilder(members).bytes, as: "a.keras")
    expectError(.limit, object: name) { try ModelArchive.open(folder["a.keras"]) }
  }

  @Test func refusesAFolderThatIsNoArchive() throws {
    let folder = try TemporaryFolder()
    expectError(.unreadable) { try ModelArchive.open(folder.path) }
    try folder.write([], as: "saved_model.pb")
    let error = expectError(.notAModel) { try ModelArchive.open(folder.path) }
    #expect(error?.detail.contains("SavedModel") == true)
  }
}

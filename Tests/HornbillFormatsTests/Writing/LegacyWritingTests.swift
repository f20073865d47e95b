import HornbillCore
import HornbillFormats
import HornbillHDF5
import Testing

/// The attributes and names of files with weights by layer name.
@Suite struct LegacyWritingTests {
  private func layer(_ name: String, _ weights: [String] = []) -> DraftLayer {
    DraftLayer(
      name: name,
      weights: weights.map { DraftWeight(name: $0, Tensor(shape: [1], [1] as [Float])) })
  }

  /// The attributes of the group of weights after writing layers of these names.
  private func attributes(
    _ layers: [DraftLayer], version: String? = "3.15.1"
  ) throws -> [String: HDF5.Attribute] {
    let folder = try TemporaryFolder()
    let path = folder["a.h5"]
    let draft = ArchiveDraft(
      kerasVersion: version, backend: "tensorflow", weights: .legacy(layers))
    try draft.write(to: path, as: .legacyWeights, overwriting: false)
    let found = try ModelArchive.open(path)
    guard case .legacy(let read) = found.weights else { throw Unexpected() }
    #expect(read.map(\.name) == layers.map(\.name))
    #expect(read.map { $0.weights.map(\.name) } == layers.map { $0.weights.map(\.name) })
    let root = try HDF5.File(reading: path).root
    return Dictionary(
      uniqueKeysWithValues: try root.attributeNames().map { ($0, try root.attribute($0)) })
  }

  /// The lengths that Keras 3.15 gave to the parts of a list of 76 names of 901 bytes.
  @Test func longListsAreSplitAsKerasDoes() throws {
    let names = (0..<76).map { String($0) + String(repeating: "x", count: $0 < 10 ? 900 : 899) }
    let found = try attributes(names.map { layer($0) })
    #expect(Set(found.keys) == ["layer_names0", "layer_names1", "backend", "keras_version"])
    for part in ["layer_names0", "layer_names1"] {
      #expect(found[part]?.shape == [38])
      #expect(found[part]?.type == .string(.fixed(901)))
    }
  }

  /// 72 names do fit, as 72 of 896 bytes are the limit of 64512; earlier parts take what is left over.
  @Test(arguments: [(72, [72]), (73, [37, 36]), (145, [49, 48, 48])])
  func theLimitIsKeras(count: Int, parts: [Int]) throws {
    let names = (100..<100 + count).map { String($0) + String(repeating: "y", count: 893) }
    let found = try attributes(names.map { layer($0) })
    let lists = found.filter { $0.key.hasPrefix("layer_names") }.sorted { $0.key < $1.key }
    #expect(lists.map { $0.value.count } == parts)
    #expect(lists.count > 1 || lists[0].key == "layer_names")
  }

  /// References of 16 bytes to so many short names exceed an attribute, which their own bytes do not.
  @Test func manyShortNamesAreKeptAtFixedLength() throws {
    let names = (1000..<6000).map { String($0) }
    let found = try attributes(names.map { layer($0) })
    #expect(found["layer_names"]?.type == .string(.fixed(4)))
    #expect(found["layer_names"]?.count == 5000)
  }

  @Test func aNameThatFitsNoAttributeIsRefused() throws {
    let folder = try TemporaryFolder()
    let long = String(repeating: "z", count: 64513)
    let draft = ArchiveDraft(weights: .legacy([layer("a", [long])]))
    expectError(.limit, object: "/a@weight_names") {
      try draft.write(to: folder["a.h5"], as: .legacyWeights, overwriting: false)
    }
    #expect(folder.names == [])
  }

  @Test func namesMayHaveSlashesAndAnyLetters() throws {
    let layers = [
      layer("tf_op/Größe", ["tf_op/Größe/カーネル:0"]), layer("tf_op", ["tf_op/kernel:0", "bias"]),
      layer("a b", []), layer("block/x/y", ["w"]),
    ]
    let found = try attributes(layers)
    #expect(found["layer_names"]?.type == .string(.variableLength(.ascii)))
  }

  @Test(arguments: ["", ".", "a/../b", "/a", "a//b", "a/", "a\0b"])
  func namesThatLeadElsewhereAreRefused(name: String) throws {
    let folder = try TemporaryFolder()
    for layers in [[layer(name)], [layer("a", [name])]] {
      expectError(.unsupported) {
        try ArchiveDraft(weights: .legacy(layers)).write(
          to: folder["a.h5"], as: .legacyWeights, overwriting: false)
      }
    }
    #expect(folder.names == [])
  }

  @Test func twoWeightsOfOneNameAreRefused() throws {
    let folder = try TemporaryFolder()
    let draft = ArchiveDraft(weights: .legacy([layer("a", ["w", "w"])]))
    let error = #expect(throws: ArchiveError.self) {
      try draft.write(to: folder["a.h5"], as: .legacyWeights, overwriting: false)
    }
    #expect(error?.object == "/a/w")
    #expect(folder.names == [])
  }

  /// The spellings of the releases: h5py 3 came with 2.5, the group of the model's own variables with 2.6.
  @Test(arguments: [
    (nil, true, false, false), ("1.2.2", true, false, false), ("2.2.4", true, true, false),
    ("2.4.0-tf", true, true, false), ("2.5.0", false, true, false),
    ("2.15.0", false, true, true), ("3.15.1", false, true, true),
  ])
  func followsTheRelease(
    version: String?, isFixed: Bool, namesVersion: Bool, hasTopLevel: Bool
  ) throws {
    let folder = try TemporaryFolder()
    let path = folder["a.h5"]
    let draft = ArchiveDraft(
      architecture: .object(
        JSONObject([("class_name", .string("Sequential")), ("config", .array([]))])),
      kerasVersion: version, backend: "tensorflow", weights: .legacy([layer("a", ["w"])]))
    try draft.write(to: path, as: .legacyModel, overwriting: false)
    let root = try HDF5.File(reading: path).root
    let weights = try root.group(at: "model_weights")
    let format = try weights.attribute("layer_names").type.stringFormat
    #expect(format?.isVariableLength == !isFixed)
    #expect(try weights.hasAttribute("keras_version") == namesVersion)
    #expect(try weights.hasAttribute("backend") == namesVersion)
    #expect(try root.hasAttribute("keras_version") == (version != nil))
    #expect(try weights.contains("top_level_model_weights") == hasTopLevel)
    let found = try ModelArchive.open(path)
    #expect(found.kerasVersion == version)
    #expect(found.weightsKerasVersion == (namesVersion ? version : nil))
  }

  /// Without weights the list is one of numbers, as NumPy takes it.
  @Test func anEmptyListIsOneOfNumbers() throws {
    let found = try attributes([])
    #expect(found["layer_names"]?.type == .float64)
    #expect(found["layer_names"]?.shape == [0])
  }

  @Test func aLongConfigurationIsKept() throws {
    let folder = try TemporaryFolder()
    let text = String(repeating: "ü\u{1F600}\"", count: 50_000)
    let architecture = JSON.object(
      JSONObject([("class_name", .string("Sequential")), ("config", .string(text))]))
    let draft = ArchiveDraft(architecture: architecture, kerasVersion: "2.15.0")
    try draft.write(to: folder["a.h5"], as: .legacyModel, overwriting: false)
    #expect(try ModelArchive.open(folder["a.h5"]).architecture == architecture)
  }
}

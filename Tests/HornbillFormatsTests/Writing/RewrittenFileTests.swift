import HornbillFormats
import HornbillHDF5
import Testing

/// A file that is read and written again has the same groups, links, attributes and datasets, types and storage
/// included.
///
/// Not the same, because no reader sees it, are the addresses of objects; what else differs is named below.
@Suite struct RewrittenFileTests {
  private func differences(_ name: String, as format: ArchiveFormat) throws -> [String] {
    let folder = try TemporaryFolder()
    let original = fixture(name)
    let archive = try ModelArchive.open(original)
    try #require(archive.format == format)
    let copy = folder["copy.h5"]
    #expect(
      try ArchiveDraft(archive).write(to: copy, as: archive.format, overwriting: false) == [])
    #expect(folder.names == ["copy.h5"])
    return try HDF5Census(original).differences(from: HDF5Census(copy))
  }

  @Test(arguments: [
    "formats/small.h5", "formats/k2_small.h5", "formats/bfloat16.h5",
    "models/keras2_frozen_nested.h5", "models/keras2_lambda_code.h5",
    "models/keras2_long_names.h5", "models/keras2_nested_twice.h5",
    "models/keras2_tensorflow_operations.h5", "models/keras2_trained.h5",
    "models/keras2_unknown_layer.h5", "models/legacy_file.h5", "models/notebook_keras2.h5",
  ])
  func aWholeModelStaysTheSame(name: String) throws {
    #expect(try differences(name, as: .legacyModel) == [])
  }

  @Test func weightsByNameStayTheSame() throws {
    #expect(try differences("formats/k2_only_weights.h5", as: .legacyWeights) == [])
  }

  @Test(arguments: ["formats/small_folder/model.weights.h5", "models/notebook_only.weights.h5"])
  func weightsByPathStayTheSame(name: String) throws {
    #expect(try differences(name, as: .weightsHDF5) == [])
  }

  /// A configuration in a text of fixed length becomes one of variable length, which may be longer.
  @Test func aFixedConfigurationBecomesVariable() throws {
    #expect(try differences("formats/k1_model.h5", as: .legacyModel) == ["/@model_config"])
  }

  /// Parts of a list that is short enough become one list.
  @Test func listsInPartsAreJoined() throws {
    let lists = ["/@layer_names", "/@layer_names0", "/@layer_names1"]
    let names = ["/a", "/b/c", "/d"].flatMap { ["\($0)@weight_names", "\($0)@weight_names0"] }
    #expect(
      try differences("formats/chunked_names.h5", as: .legacyWeights) == (lists + names).sorted())
  }

  /// Elements in chunks lie in one piece afterwards.
  @Test func chunksBecomeOnePiece() throws {
    #expect(try differences("formats/types.h5", as: .legacyWeights) == ["/a/zipped"])
  }

  /// The layers of Keras 2.12 move to where all later releases look for them.
  @Test func oldPathsBecomeNewOnes() throws {
    let differences = try differences("formats/old_paths.weights.h5", as: .weightsHDF5)
    #expect(
      differences.allSatisfy {
        $0.hasPrefix("/_layer_checkpoint_dependencies") || $0.hasPrefix("/layers")
      })
    #expect(!differences.isEmpty)
  }
}

package import HornbillCore

/// What a Keras model file holds, without understanding it.
///
/// Opening reads configurations and the description of every weight; the weights themselves are read one by one.
package struct ModelArchive: Sendable {
  /// The path as given.
  package let path: String
  /// The kind of file, found by its content.
  package let format: ArchiveFormat
  /// The Keras version that wrote the file, as written, for example `2.15.0` or `2.4.0-tf`.
  package internal(set) var kerasVersion: String?
  /// The version at the group of weights, by which Keras chooses its rules; `nil` means those of Keras 1.
  ///
  /// Only of meaning for ``WeightLayout/legacy(_:)``.
  package internal(set) var weightsKerasVersion: String?
  /// The backend that wrote the file: `tensorflow`, `theano` and so on.
  package internal(set) var backend: String?
  /// When the file was written, as written.
  package internal(set) var dateSaved: String?
  /// The serialised model: an object with `class_name` and `config`.
  package internal(set) var architecture: JSON?
  /// Optimizer, loss and metrics of a legacy file; newer ones keep them in the architecture's `compile_config`.
  package internal(set) var trainingConfig: JSON?
  /// The weights.
  package internal(set) var weights = WeightLayout.none
  /// The state of the optimizer.
  package internal(set) var optimizerWeights: [StoredWeight] = []
  /// Arrays that belong to neither: the state of metrics.
  package internal(set) var otherEntries: [StoredWeight] = []
  /// The objects that hold ``optimizerWeights`` and ``otherEntries`` in a file by object path, those without variables
  /// included, and their names.
  package internal(set) var stateObjects: [(path: String, name: String?)] = []
  /// How a legacy file is spelled; `nil` for others.
  package internal(set) var legacyStyle: LegacyStyle?
  /// Files that layers need, such as vocabularies.
  package internal(set) var assets: [AssetEntry] = []
  /// The whole of `metadata.json`, or that of a sharded file.
  package internal(set) var metadata: JSON?

  init(path: String, format: ArchiveFormat) {
    self.path = path
    self.format = format
  }

  /// Opens a model file of any format.
  ///
  /// - Parameters:
  ///   - path: a file, or the folder form of a `.keras` archive.
  ///   - architecture: the path of a JSON file whose architecture takes the place of the file's own.
  /// - Throws: ``ArchiveError``.
  package static func open(
    _ path: String, architecture: String? = nil
  ) throws(ArchiveError) -> ModelArchive {
    var archive = try open(content: path)
    if let architecture {
      let other = try ArchitectureJSON.open(architecture)
      archive.architecture = other.architecture
      archive.kerasVersion = archive.kerasVersion ?? other.kerasVersion
      archive.backend = archive.backend ?? other.backend
    }
    return archive
  }

  /// The archive with another architecture and without weights and assets.
  package func holding(_ architecture: JSON) -> ModelArchive {
    var archive = self
    archive.architecture = architecture
    archive.weights = .none
    archive.optimizerWeights = []
    archive.otherEntries = []
    archive.assets = []
    return archive
  }

  /// The model without its numbers.
  package var withoutWeights: ModelArchive {
    var archive = self
    archive.weights = .none
    archive.optimizerWeights = []
    archive.otherEntries = []
    return archive
  }

  /// The architecture.
  ///
  /// - Throws: ``ArchiveError`` with code `noArchitecture` when the file has none.
  package func requireArchitecture() throws(ArchiveError) -> JSON {
    if let architecture { return architecture }
    throw ArchiveError(
      .noArchitecture, path: path,
      "\(format) holds no architecture; give the model's JSON with --config")
  }

  private static func open(content path: String) throws(ArchiveError) -> ModelArchive {
    if case .directory = try FileKind(path: path) { return try KerasDirectoryArchive.open(path) }
    let source = ByteSource.file(try InputFile(path: path))
    let prefix = try source.prefix(FileContent.prefixLength)
    let isHDF5 = prefix.isEmpty ? false : try WeightFile.isHDF5(path: path)
    switch FileContent(prefix, isHDF5: isHDF5) {
    case .zip: return try KerasZipArchive.open(source)
    case .json: return try openJSON(source)
    case .hdf5:
      let file = try WeightFile(path: path)
      if let archive = try LegacyHDF5Archive.open(file) { return archive }
      return try WeightsHDF5Archive.open(file)
    case .safetensors:
      throw notAModel(path, "a safetensors file")
    case .other(let name):
      throw notAModel(path, name, source.count == 0 ? .truncated : .notAModel)
    }
  }

  private static func notAModel(
    _ path: String, _ name: String, _ code: ArchiveError.Code = .notAModel
  ) -> ArchiveError {
    ArchiveError(
      code, path: path, "expected a Keras model file (HDF5, .keras or JSON), found \(name)")
  }

  private static func openJSON(_ source: ByteSource) throws(ArchiveError) -> ModelArchive {
    let json = try ArchitectureJSON.parse(source)
    if json["weight_map"] != nil {
      return try ShardedWeightsArchive.open(json, path: source.path)
    }
    return try ArchitectureJSON.archive(json, path: source.path)
  }
}

/// A file inside a model archive that a layer needs.
package struct AssetEntry: Sendable {
  /// The path below the archive's `assets` folder, for example `layers/string_lookup/vocabulary.txt`.
  package let path: String
  /// The number of bytes.
  package let size: Int
  private let contents: @Sendable () throws(ArchiveError) -> [UInt8]

  init(
    path: String, size: Int, contents: @escaping @Sendable () throws(ArchiveError) -> [UInt8]
  ) {
    self.path = path
    self.size = size
    self.contents = contents
  }

  /// Reads the file.
  package func read() throws(ArchiveError) -> [UInt8] {
    try contents()
  }
}

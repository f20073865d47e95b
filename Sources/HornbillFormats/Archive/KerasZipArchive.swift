import HornbillCore

/// The parts of a `.keras` archive, as a zip or as a folder.
struct KerasParts {
  static let config = "config.json"
  static let metadata = "metadata.json"
  static let weights = "model.weights.h5"
  static let pickledWeights = "model.weights.npz"
  static let assets = "assets/"

  /// Puts the parts that both forms share into an archive.
  static func read(
    into archive: inout ModelArchive, config: [UInt8], metadata: [UInt8]?
  ) throws(ArchiveError) {
    archive.architecture = try ArchitectureJSON.parse(
      config, path: archive.path, object: KerasParts.config)
    if let metadata {
      let json = try ArchitectureJSON.parse(
        metadata, path: archive.path, object: KerasParts.metadata)
      archive.metadata = json
      archive.kerasVersion = json["keras_version"]?.string
      archive.dateSaved = json["date_saved"]?.string
    }
    guard archive.architecture?["class_name"]?.string != nil else {
      throw ArchiveError(
        .malformed, path: archive.path, object: KerasParts.config,
        "expected an object with 'class_name' and 'config'")
    }
  }

  /// The error for an archive whose weights are missing or pickled.
  static func noWeights(path: String, isPickled: Bool) -> ArchiveError {
    isPickled
      ? ArchiveError(
        .refused, path: path, object: pickledWeights,
        "the weights are a Python pickle, which can run code; save the model again with HDF5 weights"
      )
      : ArchiveError(
        .missing, path: path, object: weights,
        "the archive has no weights; save the model again")
  }
}

/// `.keras` archives in their usual form, a zip.
enum KerasZipArchive {
  static func open(_ source: ByteSource) throws(ArchiveError) -> ModelArchive {
    let zip = try ZipArchive(source: source)
    guard let config = zip[KerasParts.config] else {
      throw ArchiveError(.notAModel, path: zip.path, describe(zip))
    }
    var archive = ModelArchive(path: zip.path, format: .keras)
    var metadata: [UInt8]?
    if let member = zip[KerasParts.metadata] { metadata = try read(member, of: zip) }
    try KerasParts.read(into: &archive, config: read(config, of: zip), metadata: metadata)
    guard let weights = zip[KerasParts.weights] else {
      throw KerasParts.noWeights(
        path: zip.path, isPickled: zip[KerasParts.pickledWeights] != nil)
    }
    try StoredObjects(of: WeightFile(weights, of: zip)).store(in: &archive)
    for member in zip.members
    where member.name.hasPrefix(KerasParts.assets) && !member.isDirectory {
      let name = String(member.name.dropFirst(KerasParts.assets.count))
      archive.assets.append(
        AssetEntry(path: name, size: member.size) { () throws(ArchiveError) in
          try zip.read(member)
        })
    }
    return archive
  }

  /// Reads a member that holds JSON.
  private static func read(_ member: ZipMember, of zip: ZipArchive) throws(ArchiveError) -> [UInt8]
  {
    let limit = JSONLimits.default.byteCount
    guard member.size <= limit else {
      throw ArchiveError(
        .limit, path: zip.path, object: member.name,
        "expected at most \(limit) bytes, found \(member.size)")
    }
    return try zip.read(member)
  }

  /// What a zip without a configuration is.
  private static func describe(_ zip: ZipArchive) -> String {
    let names = zip.members.map(\.name)
    let expected = "expected a .keras archive with config.json, found "
    if names.isEmpty { return expected + "an empty zip archive" }
    if let inner = names.first(where: { $0.hasSuffix("/" + KerasParts.config) }) {
      return expected + "'\(inner)'; zip the contents of the folder, not the folder"
    }
    if names.allSatisfy({ $0.hasSuffix(".npy") }) { return expected + "a NumPy archive (.npz)" }
    if names.contains(where: { $0.hasSuffix("/data.pkl") }) {
      return expected + "a PyTorch checkpoint"
    }
    if names.contains(where: { $0.hasSuffix("saved_model.pb") }) {
      return expected + "a TensorFlow SavedModel; convert it to a Keras file"
    }
    if names.contains(KerasParts.weights) {
      return expected + "weights alone; the configuration is missing"
    }
    return expected + "a zip archive with " + names.prefix(5).joined(separator: ", ")
  }
}

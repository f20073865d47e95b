#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// `.keras` archives in the form of a folder.
enum KerasDirectoryArchive {
  static func open(_ path: String) throws(ArchiveError) -> ModelArchive {
    guard exists(path + "/" + KerasParts.config) else {
      let isSavedModel = exists(path + "/saved_model.pb")
      throw ArchiveError(
        isSavedModel ? .notAModel : .unreadable, path: path,
        isSavedModel
          ? "a TensorFlow SavedModel; convert it to a Keras file"
          : "a folder, but not a .keras one: expected config.json in it; name the file itself")
    }
    var archive = ModelArchive(path: path, format: .kerasDirectory)
    let hasMetadata = exists(path + "/" + KerasParts.metadata)
    try KerasParts.read(
      into: &archive, config: WholeFile.bytes(of: path + "/" + KerasParts.config),
      metadata: hasMetadata ? try WholeFile.bytes(of: path + "/" + KerasParts.metadata) : nil)
    let weights = path + "/" + KerasParts.weights
    guard exists(weights) else {
      throw KerasParts.noWeights(
        path: path, isPickled: exists(path + "/" + KerasParts.pickledWeights))
    }
    try StoredObjects(of: WeightFile(path: weights)).store(in: &archive)
    archive.assets = try assets(of: path + "/assets")
    return archive
  }

  private static func exists(_ path: String) -> Bool {
    access(path, F_OK) == 0
  }

  /// How deep folders may be nested below the one of assets.
  static let maximumDepth = 64
  private static let maximumCount = 10_000

  /// The regular files below a folder, sorted by path; links are neither followed nor listed.
  private static func assets(of root: String) throws(ArchiveError) -> [AssetEntry] {
    guard exists(root) else { return [] }
    var result: [AssetEntry] = []
    var pending: [(path: String, depth: Int)] = [("", 0)]
    while let (folder, depth) = pending.popLast() {
      for name in try names(in: root + folder) {
        let path = folder + "/" + name
        var status = stat()
        guard lstat(root + path, &status) == 0 else {
          throw .system(number: errno, path: root + path, doing: "examine the file")
        }
        switch FileKind(mode: status.st_mode) {
        case .directory:
          guard depth < maximumDepth else {
            throw ArchiveError(
              .limit, path: root + path, "folders are nested deeper than \(maximumDepth)")
          }
          pending.append((path, depth + 1))
        case .regular:
          guard result.count < maximumCount else {
            throw ArchiveError(.limit, path: root, "more than \(maximumCount) assets")
          }
          result.append(
            AssetEntry(path: String(path.dropFirst()), size: Int(status.st_size)) {
              () throws(ArchiveError) in
              try WholeFile.bytes(of: root + path, limit: ZipLimits().memberBytes)
            })
        default: continue
        }
      }
    }
    return result.sorted { $0.path < $1.path }
  }

  private static func names(in path: String) throws(ArchiveError) -> [String] {
    let folder = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { if folder >= 0 { close(folder) } }
    guard folder >= 0, let names = FolderTree.names(in: folder) else {
      throw .system(number: errno, path: path, doing: "list the folder")
    }
    var result: [String] = []
    for name in names {
      let bytes = name.dropLast().map { UInt8(bitPattern: $0) }
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw ArchiveError(
          .unsupported, path: path, object: String(decoding: bytes, as: UTF8.self),
          "the name of the file is not UTF-8")
      }
      result.append(text)
    }
    return result
  }
}

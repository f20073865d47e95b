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
      into: &archive, config: contents(path + "/" + KerasParts.config),
      metadata: hasMetadata ? try contents(path + "/" + KerasParts.metadata) : nil)
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

  private static func contents(_ path: String) throws(ArchiveError) -> [UInt8] {
    let source = ByteSource.file(try InputFile(path: path))
    return try source.read(at: 0, count: source.count)
  }

  private static let maximumDepth = 64
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
              () throws(ArchiveError) in try contents(root + path)
            })
        default: continue
        }
      }
    }
    return result.sorted { $0.path < $1.path }
  }

  private static func names(in path: String) throws(ArchiveError) -> [String] {
    guard let directory = opendir(path) else {
      throw .system(number: errno, path: path, doing: "list the folder")
    }
    defer { closedir(directory) }
    var result: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { result.append(name) }
    }
    return result
  }
}

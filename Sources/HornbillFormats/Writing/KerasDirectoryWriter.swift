#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Writes `.keras` archives in the form of a folder.
///
/// Source: `_save_model_to_dir` in `keras/src/saving/saving_lib.py`.
struct KerasDirectoryWriter {
  private let draft: ArchiveDraft

  /// What the top of a folder may hold that is replaced.
  private static let names: Set<String> = [
    KerasParts.metadata, KerasParts.config, KerasParts.weights, KerasParts.pickledWeights, "assets",
  ]

  /// Prepares writing.
  init(_ draft: ArchiveDraft) { self.draft = draft }

  /// Writes the folder and returns what it cannot hold.
  func write(to path: String, overwriting: Bool) throws(ArchiveError) -> [Omission] {
    let config = try ArchitectureText.require(of: draft, path: path, .kerasDirectory)
    let tree = try WeightsHDF5Writer.tree(of: draft, path: path, .kerasDirectory)
    let folder = try AtomicFolder(
      path: path, overwriting: overwriting, replacing: KerasDirectoryWriter.names)
    try folder.write(
      ArchitectureText.bytes(KerasMetadata.json(of: draft)), to: KerasParts.metadata)
    try folder.write(ArchitectureText.bytes(config.withoutVersion), to: KerasParts.config)
    try HDF5Image.create(
      at: folder.pathForFile(KerasParts.weights), path: path, member: KerasParts.weights
    ) { (image) throws(ArchiveError) in
      try WeightsHDF5Writer.write(tree.objects, to: &image)
    }
    // Keras makes the folder even when nothing is in it.
    let assets = folder.temporaryPath + "/assets"
    guard mkdir(assets, 0o777) == 0 else {
      throw .system(.io, number: errno, path: path, doing: "create the folder of assets")
    }
    for asset in draft.assets {
      try folder.write(asset.read(), to: KerasParts.assets + asset.path)
    }
    try folder.commit()
    return KerasParts.omissions(of: draft, tree, in: .kerasDirectory)
  }
}

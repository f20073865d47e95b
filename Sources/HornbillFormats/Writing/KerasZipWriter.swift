import HornbillCore

/// Writes `.keras` archives in their usual form, a zip with stored members.
///
/// Source: `_save_model_to_fileobj` in `keras/src/saving/saving_lib.py`.
struct KerasZipWriter {
  private let draft: ArchiveDraft

  /// Data of members begin at a multiple of this.
  private static let alignment = 64

  /// Prepares writing.
  init(_ draft: ArchiveDraft) { self.draft = draft }

  /// Writes the file and returns what it cannot hold.
  func write(to path: String, overwriting: Bool) throws(ArchiveError) -> [Omission] {
    let config = try ArchitectureText.require(of: draft, path: path, .keras)
    let tree = try WeightsHDF5Writer.tree(of: draft, path: path, .keras)
    var zip = try ZipWriter(path: path, overwriting: overwriting)
    try zip.beginMember(KerasParts.metadata)
    try zip.write(ArchitectureText.bytes(KerasMetadata.json(of: draft)))
    try zip.beginMember(KerasParts.config)
    try zip.write(ArchitectureText.bytes(config.withoutVersion))
    try zip.addMember(KerasParts.weights, alignment: KerasZipWriter.alignment) {
      (place, start) throws(ArchiveError) in
      try HDF5Image.append(to: place, at: start, path: path, member: KerasParts.weights) {
        (image) throws(ArchiveError) in
        try WeightsHDF5Writer.write(tree.objects, to: &image)
      }
    }
    for asset in draft.assets {
      try zip.beginMember(KerasParts.assets + asset.path)
      try zip.write(asset.read())
    }
    try zip.finish()
    return KerasParts.omissions(of: draft, tree, in: .keras)
  }
}

extension KerasParts {
  /// What neither form of a `.keras` archive holds.
  static func omissions(
    of draft: ArchiveDraft, _ tree: ObjectTree, in format: ArchiveFormat
  ) -> [Omission] {
    draft.omissions(
      holding: [.architecture, .weights, .optimizer, .otherState, .assets, .metadata], in: format)
      + tree.omissions(in: format)
  }
}

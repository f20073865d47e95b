/// Files that hold arrays under names and nothing else: npz and safetensors.
package enum NamedArrays {
  /// The arrays of a file, none read yet, in the order of the file; `nil` for a file of another kind.
  ///
  /// The kind is found by the content.
  ///
  /// - Throws: ``ArchiveError`` for a file of one of the kinds that is broken.
  package static func open(_ path: String) throws(ArchiveError) -> [DraftWeight]? {
    guard case .regular = try FileKind(path: path) else { return nil }
    let source = ByteSource.file(try InputFile(path: path))
    let prefix = try source.prefix(FileContent.prefixLength)
    switch FileContent(prefix, isHDF5: false) {
    case .safetensors: return try Safetensors.read(source).weights
    case .zip:
      let zip = try ZipArchive(source: source)
      let names = zip.members.map(\.name)
      guard !names.isEmpty, names.allSatisfy({ $0.hasSuffix(".npy") }) else { return nil }
      return try Npz.weights(of: NpzArchive(zip: zip))
    case .hdf5, .json, .other: return nil
    }
  }
}

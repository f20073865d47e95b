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
    if case .other("a safetensors file") = FileContent(prefix, isHDF5: false) {
      return try Safetensors.read(path).weights
    }
    guard ZipDirectory.isZip(prefix) else { return nil }
    let names = try ZipArchive(source: source).members.map(\.name)
    guard !names.isEmpty, names.allSatisfy({ $0.hasSuffix(".npy") }) else { return nil }
    return try Npz.readWeights(path)
  }
}

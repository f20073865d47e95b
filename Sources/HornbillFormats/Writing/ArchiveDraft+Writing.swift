extension ArchiveDraft {
  /// Writes a file.
  ///
  /// The file appears under its name only when it is complete; until then the name keeps what it had. Weights that
  /// come from a file are copied piece by piece.
  ///
  /// The spelling of everything inside is the draft's: a draft for another family of containers is made first. What
  /// the format leaves open, such as how names are stored, follows the release of Keras in ``kerasVersion``.
  ///
  /// - Parameters:
  ///   - path: the file; for ``ArchiveFormat/kerasDirectory`` the folder.
  ///   - format: the kind of file.
  ///   - overwriting: whether what has the name already is replaced.
  ///   - options: what the format leaves to the caller.
  /// - Returns: what the format cannot hold, and is therefore not in the file.
  /// - Throws: ``ArchiveError``: `missing` when the format asks for a part that the draft lacks, `unsupported` for
  ///   weights in an arrangement or of a type that the format does not have, `cannotCreate`, `limit`, `io`, and what
  ///   reading the weights throws.
  @discardableResult
  package func write(
    to path: String, as format: ArchiveFormat, overwriting: Bool,
    options: WritingOptions = WritingOptions()
  ) throws(ArchiveError) -> [Omission] {
    switch format {
    case .legacyModel, .legacyWeights:
      return try LegacyHDF5Writer(self, format).write(to: path, overwriting: overwriting)
    case .weightsHDF5:
      return try WeightsHDF5Writer(self).write(to: path, overwriting: overwriting)
    case .shardedWeights:
      return try ShardedWeightsWriter(self, options).write(to: path, overwriting: overwriting)
    case .keras:
      return try KerasZipWriter(self).write(to: path, overwriting: overwriting)
    case .kerasDirectory:
      return try KerasDirectoryWriter(self).write(to: path, overwriting: overwriting)
    case .architecture:
      return try ArchitectureWriter(self).write(to: path, overwriting: overwriting)
    }
  }
}

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
    case .keras, .kerasDirectory, .shardedWeights, .architecture:
      throw ArchiveError(.unsupported, path: path, "\(format) is not written yet")
    }
  }

  /// The omission of each part that a format without it leaves out.
  func omissions(
    architecture holdsArchitecture: Bool = false, training holdsTraining: Bool = false,
    state holdsState: Bool = false, assets holdsAssets: Bool = false, in format: ArchiveFormat
  ) -> [Omission] {
    var result: [Omission] = []
    let reason = "\(format) has no place for it"
    if !holdsArchitecture, architecture != nil {
      result.append(Omission(part: "the architecture", reason: reason))
    }
    if !holdsTraining, trainingConfig != nil {
      result.append(Omission(part: "the training configuration", reason: reason))
    }
    if !holdsState {
      for weight in optimizerWeights {
        result.append(
          Omission(part: "the optimizer's state", object: weight.name, reason: reason))
      }
    }
    if !holdsAssets {
      for asset in assets {
        result.append(Omission(part: "the asset", object: asset.path, reason: reason))
      }
    }
    return result
  }
}

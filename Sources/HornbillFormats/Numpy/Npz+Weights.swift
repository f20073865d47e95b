import HornbillCore

extension Npz {
  /// Opens an archive of weights; its arrays are read when they are asked for.
  ///
  /// - Returns: the arrays in the order of the archive, each under its key.
  /// - Throws: ``ArchiveError``: `refused` for pickles, `unsupported` for another type that tensors do not have.
  package static func readWeights(_ path: String) throws(ArchiveError) -> [DraftWeight] {
    try weights(of: NpzArchive(path: path))
  }

  /// The arrays of an open archive, in its order.
  static func weights(of archive: NpzArchive) throws(ArchiveError) -> [DraftWeight] {
    var weights: [DraftWeight] = []
    for entry in archive.entries {
      guard let dtype = entry.dtype else {
        throw Npy.unsupported(entry.header, path: archive.zip.path, object: entry.member.name)
      }
      weights.append(
        DraftWeight(name: entry.name, shape: entry.shape, dtype: dtype) {
          () throws(ArchiveError) in try archive.read(entry)
        })
    }
    return weights
  }

  /// Writes an archive of weights, or nothing.
  ///
  /// Every array keeps its type; `bfloat16` is written as `ml_dtypes` has NumPy write it, as `<V2`.
  ///
  /// - Parameters:
  ///   - weights: the arrays; their names are unique, relative and without backslash.
  ///   - path: the file to make.
  ///   - overwriting: whether a file that is there is replaced.
  package static func writeWeights(
    _ weights: [DraftWeight], to path: String, overwriting: Bool
  ) throws(ArchiveError) {
    var writer = try ZipWriter(path: path, overwriting: overwriting)
    for weight in weights {
      guard let dtype = weight.dtype else {
        throw ArchiveError(
          .unsupported, path: path, object: weight.name, "NumPy has no type for its elements")
      }
      try writer.beginMember(weight.name + ".npy", alignment: 64)
      if dtype == .string {
        let tensor = try weight.checked(path: path)
        try Npy.encode(tensor) { (piece) throws(ArchiveError) in try writer.write(piece) }
      } else {
        try writer.write(Npy.header(descriptor: Npy.descriptor(dtype), shape: weight.shape))
        try weight.forEachPiece(path: path) { (piece) throws(ArchiveError) in
          try writer.write(piece)
        }
      }
    }
    try writer.finish()
  }
}

package import HornbillCore

/// Reads small files whole.
package enum WholeFile {
  /// The bytes of a regular file.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - limit: the most bytes that it may have.
  /// - Throws: ``ArchiveError``: `unreadable`, `limit`, `io`.
  package static func bytes(
    of path: String, limit: Int = JSONLimits.default.byteCount
  ) throws(ArchiveError) -> [UInt8] {
    let source = ByteSource.file(try InputFile(path: path))
    guard source.count <= limit else {
      throw ArchiveError(
        .limit, path: path, "expected at most \(limit) bytes, found \(source.count)")
    }
    return try source.read(at: 0, count: source.count)
  }
}

extension Npy {
  /// Reads an array from a `.npy` file.
  ///
  /// - Throws: ``ArchiveError``.
  package static func read(_ path: String) throws(ArchiveError) -> Tensor {
    try decode(WholeFile.bytes(of: path, limit: .max), path: path)
  }
}

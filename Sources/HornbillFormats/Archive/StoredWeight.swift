package import HornbillCore

/// An array of a model file, not read yet.
package struct StoredWeight: Sendable {
  /// The name as the file spells it: an entry of `weight_names`, or `<object path>/vars/0`.
  package let name: String
  /// The path of the dataset inside its HDF5 file.
  package let path: String
  /// The extents; empty for a scalar.
  package let shape: [Int]
  /// The element type; `nil` for one that tensors do not have, which ``storedType`` names.
  package let dtype: DType?
  /// The element type and byte order in words, as stored.
  package let storedType: String
  /// The bytes of all elements as stored, uncompressed.
  package let byteCount: Int
  /// Where the elements begin in ``filePath``; `nil` unless they lie there in one piece, uncompressed.
  package let fileOffset: UInt64?
  /// How the elements are kept: `contiguous`, `chunked (64, 64), gzip` and the like.
  package let storage: String
  /// The path of the file that holds the elements.
  package var filePath: String { file.path }

  let file: WeightFile

  /// The number of elements.
  package var count: Int { shape.reduce(1, &*) }

  /// Reads the elements.
  ///
  /// - Throws: ``ArchiveError``: `unsupported` for an element type that tensors do not have, `limit`, `refused`,
  ///   `malformed`, `truncated`, `io`.
  package func read() throws(ArchiveError) -> Tensor {
    try file.read(self)
  }
}

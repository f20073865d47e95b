package import HornbillCore

/// One array of an `.npz` archive, not read yet.
package struct NpzEntry: Sendable {
  /// The key: the member's name without `.npy`.
  package let name: String
  /// What the array's header says.
  package let header: NpyHeader
  /// The member of the archive.
  package let member: ZipMember

  /// The extents; empty for a scalar.
  package var shape: [Int] { header.shape }
  /// The element type; `nil` for one that cannot be read, which ``NpyHeader/descriptor`` names.
  package var dtype: DType? { header.dtype }
}

/// An `.npz` archive open for reading: the headers are read, the arrays are not.
package struct NpzArchive: Sendable {
  /// The arrays in the order of the archive.
  package let entries: [NpzEntry]
  /// The names of members that are no arrays, such as a manifest.
  package let otherMembers: [String]
  /// The zip archive underneath.
  package let zip: ZipArchive
  private let byName: [String: Int]

  /// Opens an archive and reads the headers of its arrays.
  package init(path: String) throws(ArchiveError) {
    try self.init(zip: ZipArchive(path: path))
  }

  /// Opens an archive that is in memory.
  package init(bytes: [UInt8], name: String) throws(ArchiveError) {
    try self.init(zip: ZipArchive(bytes: bytes, name: name))
  }

  /// Reads the headers of the arrays of an open zip archive.
  init(zip: ZipArchive) throws(ArchiveError) {
    var entries: [NpzEntry] = []
    var others: [String] = []
    var byName: [String: Int] = [:]
    for member in zip.members {
      guard member.name.hasSuffix(".npy") else {
        others.append(member.name)
        continue
      }
      let preamble = try zip.prefix(of: member, count: NpyHeader.preambleLength)
      let length = try NpyHeader.length(preamble: preamble, path: zip.path, object: member.name)
      let header = try NpyHeader(
        zip.prefix(of: member, count: length), path: zip.path, object: member.name)
      let name = String(member.name.dropLast(4))
      byName[name] = entries.count
      entries.append(NpzEntry(name: name, header: header, member: member))
    }
    self.zip = zip
    self.entries = entries
    self.byName = byName
    otherMembers = others
  }

  /// The entry of a key.
  package subscript(name: String) -> NpzEntry? {
    byName[name].map { entries[$0] }
  }

  /// Reads one array and checks it against its checksum.
  package func read(_ entry: NpzEntry) throws(ArchiveError) -> Tensor {
    if entry.dtype == nil {
      throw Npy.unsupported(entry.header, path: zip.path, object: entry.member.name)
    }
    let expected = entry.header.dataOffset.addingReportingOverflow(entry.header.byteCount)
    guard !expected.overflow, expected.partialValue == entry.member.size else {
      let isShort = expected.overflow || expected.partialValue > entry.member.size
      let found = max(0, entry.member.size - entry.header.dataOffset)
      throw ArchiveError(
        isShort ? .truncated : .malformed, path: zip.path, object: entry.member.name,
        (isShort ? "truncated: " : "")
          + "the npy header says \(entry.header.byteCount) bytes, found \(found)")
    }
    return try Npy.decode(zip.read(entry.member), path: zip.path, object: entry.member.name)
  }

  /// Reads the array of a key.
  package func read(_ name: String) throws(ArchiveError) -> Tensor {
    guard let entry = self[name] else {
      let names = entries.prefix(8).map(\.name).joined(separator: ", ")
      throw ArchiveError(
        .missing, path: zip.path, object: name,
        "no array of this name; the archive has \(entries.count): \(names)")
    }
    return try read(entry)
  }
}

/// Reads and writes whole `.npz` archives, the form of recordings.
package enum Npz {
  /// Reads all arrays in the order of the archive.
  package static func read(_ path: String) throws(ArchiveError) -> [(name: String, tensor: Tensor)]
  {
    let archive = try NpzArchive(path: path)
    var result: [(name: String, tensor: Tensor)] = []
    for entry in archive.entries { result.append((entry.name, try archive.read(entry))) }
    return result
  }

  /// Writes arrays so that NumPy reads them back, or writes nothing.
  ///
  /// - Parameters:
  ///   - arrays: keys and values; keys are unique, relative and without backslash.
  ///   - path: the file to make.
  ///   - overwriting: whether a file that is there is replaced.
  package static func write(
    _ arrays: [(name: String, tensor: Tensor)], to path: String, overwriting: Bool
  ) throws(ArchiveError) {
    var writer = try ZipWriter(path: path, overwriting: overwriting)
    for array in arrays {
      try writer.beginMember(array.name + ".npy", alignment: 64)
      try Npy.encode(array.tensor) { (piece) throws(ArchiveError) in try writer.write(piece) }
    }
    try writer.finish()
  }
}

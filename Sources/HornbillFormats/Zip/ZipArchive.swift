/// A zip archive open for reading.
///
/// Hornbill reads the list of members itself, because it must know where a stored member's bytes lie; libzip inflates and
/// checks the contents.
package final class ZipArchive: Sendable {
  /// The members in the order of the archive's list.
  package let members: [ZipMember]
  /// The path of the file or the name given to the buffer.
  package var path: String { source.path }

  let source: ByteSource
  private let limits: ZipLimits
  private let byName: [String: Int]
  private let inflater: ZipInflater

  /// Opens an archive that is a file.
  package convenience init(path: String, limits: ZipLimits = ZipLimits()) throws(ArchiveError) {
    try self.init(source: .file(InputFile(path: path)), limits: limits)
  }

  /// Opens an archive that is in memory.
  package convenience init(
    bytes: [UInt8], name: String, limits: ZipLimits = ZipLimits()
  ) throws(ArchiveError) {
    try self.init(source: .memory(bytes, name: name), limits: limits)
  }

  init(source: ByteSource, limits: ZipLimits = ZipLimits()) throws(ArchiveError) {
    guard source.count > 0 else {
      throw ArchiveError(.truncated, path: source.path, "the file is empty")
    }
    guard ZipDirectory.isZip(try source.prefix(4)) else {
      throw ArchiveError(.notAModel, path: source.path, "expected a zip archive")
    }
    members = try ZipDirectory(source: source, limits: limits).members
    inflater = try ZipInflater(source: source, members: members)
    var byName: [String: Int] = [:]
    for member in members { byName[member.name] = member.index }
    self.byName = byName
    self.source = source
    self.limits = limits
  }

  /// The member of a name.
  package subscript(name: String) -> ZipMember? {
    byName[name].map { members[$0] }
  }

  /// Reads a member whole and checks it against its checksum.
  package func read(_ member: ZipMember) throws(ArchiveError) -> [UInt8] {
    guard member.size <= limits.memberBytes else {
      throw ArchiveError(
        .limit, path: path, object: member.name,
        "zip: expected at most \(limits.memberBytes) bytes, found \(member.size)")
    }
    return try inflater.read(member, count: member.size)
  }

  /// Reads the first bytes of a member, without a check of the rest.
  package func prefix(of member: ZipMember, count: Int) throws(ArchiveError) -> [UInt8] {
    if member.method == .stored {
      return try source.read(at: member.dataOffset, count: min(count, member.size))
    }
    return try inflater.read(member, count: min(count, member.size))
  }

  /// Checks a member against its checksum without keeping it.
  package func verify(_ member: ZipMember) throws(ArchiveError) {
    try inflater.verify(member)
  }
}

import CHornbillFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A new file that appears under its name only when it is complete.
///
/// Bytes go to a temporary file in a ``StagingFolder`` beside the target; ``commit()`` makes them durable and gives them
/// the name. Whatever happens before, the target keeps its old contents, and the temporary file is removed when the
/// value goes away, or by the next write into the folder when the process was killed.
///
/// A symbolic link is followed, also to where nothing is yet. A file that is replaced hands on its permissions and,
/// where the system allows it, its owner and group; other hard links to it keep the old contents.
package struct AtomicFile: ~Copyable {
  /// The path that was asked for.
  package let path: String
  /// The path of the temporary file, for libraries that write by path; whatever they write there becomes the file.
  package let temporaryPath: String
  private let target: SaveTarget
  private let staging: StagingFolder
  private let overwriting: Bool
  private var descriptor: Int32
  private var buffer: [UInt8] = []
  private var flushed = 0

  /// Pieces of at least this size go to the system as they are.
  private static let directSize = 1 << 16
  private static let bufferSize = 1 << 20

  /// The number of bytes written so far.
  package var position: Int { flushed + buffer.count }

  /// Makes the temporary file.
  ///
  /// - Parameters:
  ///   - path: the target.
  ///   - overwriting: whether a file of that name is replaced.
  package init(path: String, overwriting: Bool) throws(ArchiveError) {
    let target = try SaveTarget(path)
    try target.requireFile(overwriting: overwriting)
    let staging = try StagingFolder(for: target)
    let temporaryPath = staging.path + "/" + CommitJournal.payload
    let descriptor = open(
      temporaryPath, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw .system(
        .cannotCreate, number: errno, path: path, doing: "create a file in '\(target.directory)'")
    }
    self.path = path
    self.temporaryPath = temporaryPath
    self.target = target
    self.staging = staging
    self.overwriting = overwriting
    self.descriptor = descriptor
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Gives a file or folder the owner and permissions of another, as far as the system allows.
  static func inherit(_ descriptor: Int32, from existing: stat) {
    // A change of owner drops permissions, so it comes first; without the group, the group's permissions would go to
    // another one.
    var mode = existing.st_mode & 0o7777
    if fchown(descriptor, existing.st_uid, existing.st_gid) != 0,
      fchown(descriptor, uid_t.max, existing.st_gid) != 0
    {
      var own = stat()
      if fstat(descriptor, &own) != 0 || own.st_gid != existing.st_gid { mode &= ~0o6070 }
    }
    _ = fchmod(descriptor, mode)
  }

  /// Appends bytes.
  package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
    if bytes.count >= AtomicFile.directSize {
      try flush()
      try OutputBytes.write(bytes, to: descriptor, at: flushed, path: path)
      flushed += bytes.count
    } else {
      buffer.append(contentsOf: bytes)
      if buffer.count >= AtomicFile.bufferSize { try flush() }
    }
  }

  /// Appends bytes.
  package mutating func write(_ bytes: some Collection<UInt8>) throws(ArchiveError) {
    var outcome: Result<Void, ArchiveError>?
    let isDirect: Void? = bytes.withContiguousStorageIfAvailable { storage in
      do throws(ArchiveError) {
        outcome = .success(try write(UnsafeRawBufferPointer(storage)))
      } catch {
        outcome = .failure(error)
      }
    }
    if isDirect != nil {
      try outcome?.get()
    } else {
      buffer += bytes
      if buffer.count >= AtomicFile.bufferSize { try flush() }
    }
  }

  /// Replaces bytes that were written before.
  package mutating func overwrite(at offset: Int, with bytes: [UInt8]) throws(ArchiveError) {
    try flush()
    try OutputBytes.write(bytes, to: descriptor, at: offset, path: path)
  }

  /// Lets another writer append bytes, through the file at ``temporaryPath``.
  ///
  /// - Parameter append: writes from ``position`` on, and returns how many bytes it has written.
  package mutating func extend(
    _ append: (_ start: Int) throws(ArchiveError) -> Int
  ) throws(ArchiveError) {
    try flush()
    flushed += try append(flushed)
  }

  /// Makes the contents durable and gives them the name of the target.
  ///
  /// - Throws: ``ArchiveError``: `io` when the contents cannot be written, `cannotCreate` when the name cannot be given; the
  ///   target is as it was before.
  package consuming func commit() throws(ArchiveError) {
    try flush()
    // Once all is written, because the system takes some permissions from a file that is written to.
    if let existing = target.existing { AtomicFile.inherit(descriptor, from: existing) }
    try Durability.sync(descriptor, path: path)
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0 || errno == EINTR else {
      throw .system(.io, number: errno, path: path, doing: "write the file")
    }
    try Temporaries.settle { () throws(ArchiveError) in
      try FileNaming.name(temporaryPath, as: target, overwriting: overwriting)
    }
    Durability.syncFolder(target.directory)
  }

  private mutating func flush() throws(ArchiveError) {
    guard !buffer.isEmpty else { return }
    try OutputBytes.write(buffer, to: descriptor, at: flushed, path: path)
    flushed += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }
}

/// Gives finished files their names.
enum FileNaming {
  /// Renames a file to where a target is, over what is there only when that is allowed.
  static func name(
    _ temporary: String, as target: SaveTarget, overwriting: Bool
  ) throws(ArchiveError) {
    if overwriting {
      guard rename(temporary, target.place) == 0 else {
        throw .system(.cannotCreate, number: errno, path: target.path, doing: "replace the file")
      }
      return
    }
    guard exclusively(temporary, target.place) else {
      if errno == EEXIST { throw target.occupied }
      throw .system(.cannotCreate, number: errno, path: target.path, doing: "name the file")
    }
  }

  /// Renames a file to a name that must be free; on failure `errno` says why.
  static func exclusively(_ from: String, _ to: String) -> Bool {
    if hornbill_rename_exclusive(from, to) == 0 { return true }
    guard [ENOSYS, EINVAL, ENOTSUP, EOPNOTSUPP].contains(errno) else { return false }
    // A second link fails when the name is taken, unlike a plain renaming.
    if link(from, to) == 0 {
      unlink(from)
      return true
    }
    guard [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].contains(errno) else { return false }
    if access(to, F_OK) == 0 {
      errno = EEXIST
      return false
    }
    return rename(from, to) == 0
  }
}

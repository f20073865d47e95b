import CHornbillFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A new folder with files that appears under its name only when it is complete.
///
/// The folder is filled in a ``StagingFolder`` beside the target; ``commit()`` makes all of it durable and gives it the
/// name. Where there is a folder already, the two are exchanged in one step, so a reader finds the old one or the new
/// one, and the old one is removed after that; a file system that cannot exchange names keeps the old one.
package struct AtomicFolder: ~Copyable {
  /// The path that was asked for.
  package let path: String
  /// The path of the folder that is filled.
  package let temporaryPath: String
  private let target: SaveTarget
  private let staging: StagingFolder
  private let overwriting: Bool
  private let names: Set<String>

  /// How deep the folders of a file may be nested: those that readers enter, and the one of assets around them.
  private static let maximumDepth = KerasDirectoryArchive.maximumDepth + 1

  /// Makes the folder to fill.
  ///
  /// - Parameters:
  ///   - path: the target; a symbolic link is followed.
  ///   - overwriting: whether a folder of that name is replaced, with all that is in it.
  ///   - names: what a folder to be replaced may hold at its top; one that holds anything else is not replaced.
  package init(
    path: String, overwriting: Bool, replacing names: Set<String>
  ) throws(ArchiveError) {
    let target = try SaveTarget(path)
    if let existing = target.existing {
      guard existing.st_mode & S_IFMT == S_IFDIR else {
        let kind = FileKind(mode: existing.st_mode)
        throw ArchiveError(
          .cannotCreate, path: path, "expected a folder or nothing, found \(kind)")
      }
      try AtomicFolder.check(
        target.place, of: target, overwriting: overwriting, names: names)
      try target.requireWritable("folder")
    }
    let staging = try StagingFolder(for: target)
    let temporaryPath = staging.path + "/" + CommitJournal.payload
    guard mkdir(temporaryPath, 0o777) == 0 else {
      throw .system(
        .cannotCreate, number: errno, path: path, doing: "create a folder in '\(target.directory)'")
    }
    self.path = path
    self.temporaryPath = temporaryPath
    self.target = target
    self.staging = staging
    self.overwriting = overwriting
    self.names = names
  }

  /// Throws unless everything in a folder may be removed for the new one.
  private static func check(
    _ path: String, of target: SaveTarget, overwriting: Bool, names: Set<String>
  ) throws(ArchiveError) {
    let folder = FolderTree.open(path)
    defer { if folder >= 0 { close(folder) } }
    guard folder >= 0, let found = FolderTree.names(in: folder) else {
      throw .system(.cannotCreate, number: errno, path: target.path, doing: "list the folder")
    }
    guard !found.isEmpty else { return }
    guard overwriting else { throw target.occupied }
    for name in found {
      let text = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard names.contains(text) else {
        throw ArchiveError(
          .cannotCreate, path: target.path, object: text,
          "the folder holds something else than what is to replace it; remove the folder first")
      }
    }
  }

  /// The path for a file inside, whose folders are made.
  ///
  /// - Parameter name: a relative path without `..`.
  package func pathForFile(_ name: String) throws(ArchiveError) -> String {
    if let problem = ZipEntry.problem(ofName: name) {
      throw ArchiveError(.unsupported, path: path, object: name, "the name \(problem)")
    }
    let folders = name.split(separator: "/").dropLast()
    guard folders.count <= AtomicFolder.maximumDepth else {
      throw ArchiveError(
        .limit, path: path, object: name,
        "folders are nested deeper than \(AtomicFolder.maximumDepth)")
    }
    var folder = temporaryPath
    for part in folders {
      folder += "/" + part
      guard mkdir(folder, 0o777) == 0 || errno == EEXIST else {
        throw .system(.io, number: errno, path: path, doing: "create the folder of '\(name)'")
      }
    }
    return temporaryPath + "/" + name
  }

  /// Writes a file inside.
  package func write(_ bytes: [UInt8], to name: String) throws(ArchiveError) {
    let descriptor = open(
      try pathForFile(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw .system(.io, number: errno, path: path, doing: "create '\(name)'")
    }
    defer { close(descriptor) }
    try OutputBytes.write(bytes, to: descriptor, at: 0, path: path)
  }

  /// Makes the contents durable and gives them the name of the target.
  package consuming func commit() throws(ArchiveError) {
    let folder = FolderTree.open(temporaryPath)
    guard folder >= 0 else {
      throw .system(.io, number: errno, path: path, doing: "write the folder")
    }
    defer { close(folder) }
    if let existing = target.existing { AtomicFile.inherit(folder, from: existing) }
    try FolderTree.sync(folder, path: path)
    try Temporaries.settle { () throws(ArchiveError) in try takeName() }
    Durability.syncFolder(target.directory)
  }

  /// Puts the new folder where the old one is; files that have arrived there since the beginning are looked at like those
  /// that were there.
  private borrowing func takeName() throws(ArchiveError) {
    guard target.existing != nil else {
      return try FileNaming.name(temporaryPath, as: target, overwriting: false)
    }
    // A plain renaming replaces nothing but an empty folder, and that on every file system.
    if rename(temporaryPath, target.place) == 0 { return }
    guard [ENOTEMPTY, EEXIST].contains(errno) else {
      throw .system(.cannotCreate, number: errno, path: path, doing: "replace the folder")
    }
    try AtomicFolder.check(target.place, of: target, overwriting: overwriting, names: names)
    if hornbill_rename_exchange(temporaryPath, target.place) == 0 { return try confirm() }
    let number = errno
    if [ENOSYS, EINVAL, ENOTSUP, EOPNOTSUPP].contains(number) {
      throw ArchiveError(
        .cannotCreate, path: path,
        "this file system cannot replace a folder in one step; remove the folder first")
    }
    throw .system(.cannotCreate, number: number, path: path, doing: "replace the folder")
  }

  /// Looks once more at the old folder, which nobody finds by its path any longer, and brings it back when it must stay.
  private borrowing func confirm() throws(ArchiveError) {
    do throws(ArchiveError) {
      try AtomicFolder.check(temporaryPath, of: target, overwriting: overwriting, names: names)
    } catch {
      _ = hornbill_rename_exchange(temporaryPath, target.place)
      throw error
    }
  }
}

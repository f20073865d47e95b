import HornbillCore
import HornbillHDF5

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// An index and the files that it names, of which a reader finds the old set or the new one.
///
/// The files are those of sharded weights: `model.weights.json` names `model_00000.weights.h5` and so on beside it. New
/// files get numbers that no file has, then the new index takes the place of the old one in one step, then the files
/// that only the old index names are removed. Keras opens number 0 before it reads the index, so in a set that
/// replaces another one number 0 is a file without contents, and the weights begin at a higher number.
package struct AtomicFileSet: ~Copyable {
  /// A file of the set.
  package struct Part: Sendable {
    /// The name that the index uses.
    package let name: String
    /// Where the file is to be written, by path.
    package let temporaryPath: String
  }

  /// The path of the index that was asked for.
  package let path: String
  private let target: SaveTarget
  private let staging: StagingFolder
  private let overwriting: Bool
  private let base: String
  private var parts: [Part] = []
  private var nextNumber: Int
  /// The files that only the index to be replaced names.
  private let old: [String]

  private static let ending = ".weights.h5"
  private static let largestNumber = 99_999

  /// Begins a set.
  ///
  /// - Parameters:
  ///   - path: the index; a symbolic link is refused, because readers seek the files beside the link.
  ///   - overwriting: whether an index of that name is replaced, and its files with it.
  package init(index path: String, overwriting: Bool) throws(ArchiveError) {
    let target = try SaveTarget(path)
    guard !target.isLink else {
      throw ArchiveError(
        .cannotCreate, path: path,
        "a symbolic link, beside which readers seek the files of the set; save to '\(target.place)'"
      )
    }
    try target.requireFile(overwriting: overwriting)
    var old: [String] = []
    let base = AtomicFileSet.base(of: target.name)
    let first = AtomicFileSet.name(base, 0)
    let hasFirst = AtomicFileSet.exists(target.directory + "/" + first)
    if target.existing != nil {
      old = AtomicFileSet.parts(of: target.place).filter {
        AtomicFileSet.number(of: $0, base: base) != nil
      }
    } else if hasFirst {
      guard overwriting else {
        throw ArchiveError(
          .cannotCreate, path: path, object: first,
          "a file of this set exists already; ask for overwriting to replace it")
      }
      old = [first]
    }
    staging = try StagingFolder(for: target)
    nextNumber = hasFirst || target.existing != nil ? 1 : 0
    self.old = old
    self.base = base
    self.path = path
    self.target = target
    self.overwriting = overwriting
  }

  /// Adds a file, to be written before ``commit(index:)``.
  package mutating func addPart() throws(ArchiveError) -> Part {
    while nextNumber <= AtomicFileSet.largestNumber,
      AtomicFileSet.exists(target.directory + "/" + AtomicFileSet.name(base, nextNumber))
    {
      nextNumber += 1
    }
    guard nextNumber <= AtomicFileSet.largestNumber else {
      throw ArchiveError(.limit, path: path, "more than \(AtomicFileSet.largestNumber) files")
    }
    let name = AtomicFileSet.name(base, nextNumber)
    nextNumber += 1
    let part = Part(name: name, temporaryPath: staging.path + "/part-" + name)
    parts.append(part)
    return part
  }

  /// Makes all files durable and lets the index name them.
  ///
  /// - Parameter index: the contents of the index.
  package consuming func commit(index: [UInt8]) throws(ArchiveError) {
    let folder = FolderTree.open(staging.path)
    let parent = open(target.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer {
      if folder >= 0 { close(folder) }
      if parent >= 0 { close(parent) }
    }
    guard folder >= 0, parent >= 0 else {
      throw .system(.cannotCreate, number: errno, path: path, doing: "open its folder")
    }
    try stage(index, in: folder)
    let first = AtomicFileSet.name(base, 0)
    if parts.first?.name != first { try makePlaceholder() }
    try FolderTree.sync(folder, path: path)
    try Temporaries.settle { () throws(ArchiveError) in
      var added = parts
      if let placeholder = placeholder(first: first) { added.append(placeholder) }
      let journal = try self.journal(of: added, parent: parent, first: first)
      try journal.store(in: folder, path: path)
      do throws(ArchiveError) {
        try name(added)
        Durability.syncFolder(parent)
        try FileNaming.name(
          staging.path + "/" + CommitJournal.payload, as: target, overwriting: overwriting)
        Durability.syncFolder(parent)
      } catch {
        journal.settle(staging: folder, in: parent)
        throw error
      }
      journal.settle(staging: folder, in: parent)
    }
  }

  private func stage(_ index: [UInt8], in folder: Int32) throws(ArchiveError) {
    let descriptor = openat(
      folder, CommitJournal.payload, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw .system(.io, number: errno, path: path, doing: "write the file")
    }
    defer { close(descriptor) }
    try OutputBytes.write(index, to: descriptor, at: 0, path: path)
    if let existing = target.existing { AtomicFile.inherit(descriptor, from: existing) }
  }

  private func makePlaceholder() throws(ArchiveError) {
    do throws(HDF5.Error) {
      try HDF5.File(creating: staging.path + "/" + CommitJournal.placeholder).close()
    } catch {
      throw ArchiveError(.io, path: path, error.detail)
    }
  }

  private func journal(
    of added: [Part], parent: Int32, first: String
  ) throws(ArchiveError) -> CommitJournal {
    var journal = CommitJournal()
    for part in added {
      var status = stat()
      guard lstat(part.temporaryPath, &status) == 0 else {
        throw .system(.io, number: errno, path: path, doing: "write '\(part.name)'")
      }
      journal.add(.added, number: UInt64(status.st_ino), name: part.name)
    }
    for name in old {
      var status = stat()
      guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0,
        status.st_mode & S_IFMT == S_IFREG
      else { continue }
      journal.add(
        name == first ? .emptied : .superseded, number: UInt64(status.st_ino), name: name)
    }
    return journal
  }

  private func name(_ added: [Part]) throws(ArchiveError) {
    for part in added {
      let name = target.directory + "/" + part.name
      guard FileNaming.exclusively(part.temporaryPath, name) else {
        throw .system(.cannotCreate, number: errno, path: path, doing: "name '\(part.name)'")
      }
    }
  }

  /// The file without contents, when it must be there before the index.
  private func placeholder(first: String) -> Part? {
    if parts.first?.name == first || AtomicFileSet.exists(target.directory + "/" + first) {
      return nil
    }
    return Part(name: first, temporaryPath: staging.path + "/" + CommitJournal.placeholder)
  }

  private static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// The part of the index's name before its endings, as Keras finds it.
  private static func base(of name: String) -> String {
    var stem = Substring(name)
    if let dot = stem.lastIndex(of: "."), dot != stem.startIndex { stem = stem[..<dot] }
    var result = ""
    while let range = stem.firstRange(of: ".weights") {
      result += stem[..<range.lowerBound]
      stem = stem[range.upperBound...]
    }
    return result + stem
  }

  private static func name(_ base: String, _ number: Int) -> String {
    let digits = String(number)
    return base + "_" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits + ending
  }

  private static func number(of name: String, base: String) -> Int? {
    guard name.hasPrefix(base + "_"), name.hasSuffix(ending) else { return nil }
    let digits = name.dropFirst(base.count + 1).dropLast(ending.count)
    guard let number = Int(digits), self.name(base, number) == name else { return nil }
    return number
  }

  /// The files that an index names; none when it is no index.
  private static func parts(of index: String) -> [String] {
    let names: [String]
    do throws(ArchiveError) {
      names = try ShardedWeightsArchive.fileNames(
        in: ArchitectureJSON.parse(.file(InputFile(path: index))), path: index)
    } catch {
      return []
    }
    return names
  }
}

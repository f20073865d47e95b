#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What surrounds a commit that needs several names: what to clear away once it is done, or when it is given up.
///
/// The journal lies in the staging folder beside the payload, whose renaming is the commit: with the payload still
/// there, what was added is taken back; with the payload gone, what was superseded is removed. Whoever finds the
/// staging folder of a dead process does the same. Files are told by their numbers, so one that has taken a listed
/// name meanwhile is left alone.
struct CommitJournal {
  /// The name of what is renamed in a staging folder.
  static let payload = "payload"
  /// The name in a staging folder of what takes the place of a file that must not be missing.
  static let placeholder = "placeholder"
  private static let fileName = "journal"
  private static let maximumSize = 16 << 20

  /// One name beside the staging folder.
  struct Entry {
    enum Role: String {
      /// A new file that the payload refers to.
      case added
      /// A file that only the old payload refers to.
      case superseded
      /// The same, but something must stay under its name: the placeholder.
      case emptied
    }
    let role: Role
    let number: UInt64
    let name: String
  }

  private(set) var entries: [Entry] = []

  init() {}

  mutating func add(_ role: Entry.Role, number: UInt64, name: String) {
    entries.append(Entry(role: role, number: number, name: name))
  }

  /// The bytes of a journal: three texts for each entry, each with a zero after it.
  var encoded: [UInt8] {
    entries.flatMap { entry in
      [entry.role.rawValue, String(entry.number), entry.name].flatMap { Array($0.utf8) + [0] }
    }
  }

  /// Reads a journal; `nil` when it is not one.
  init?(_ bytes: [UInt8]) {
    var fields: [String] = []
    for field in bytes.split(separator: 0, omittingEmptySubsequences: false) {
      guard let text = String(validating: field, as: UTF8.self) else { return nil }
      fields.append(text)
    }
    guard fields.last == "", fields.count % 3 == 1 else { return nil }
    for start in stride(from: 0, to: fields.count - 1, by: 3) {
      let name = fields[start + 2]
      guard let role = Entry.Role(rawValue: fields[start]), let number = UInt64(fields[start + 1]),
        !name.isEmpty, name != ".", name != "..", !name.utf8.contains(UInt8(ascii: "/"))
      else { return nil }
      add(role, number: number, name: name)
    }
  }

  /// Writes the journal into a staging folder, whole or not at all.
  func store(in staging: Int32, path: String) throws(ArchiveError) {
    let draft = CommitJournal.fileName + ".new"
    let descriptor = openat(
      staging, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw .system(.io, number: errno, path: path, doing: "write the file")
    }
    defer { close(descriptor) }
    try OutputBytes.write(encoded, to: descriptor, at: 0, path: path)
    try Durability.sync(descriptor, path: path)
    guard renameat(staging, draft, staging, CommitJournal.fileName) == 0 else {
      throw .system(.io, number: errno, path: path, doing: "write the file")
    }
    Durability.syncFolder(staging)
  }

  /// Does what is left to do after a commit, or after one that did not happen.
  func settle(staging: Int32, in parent: Int32) {
    let isCommitted = faccessat(staging, CommitJournal.payload, F_OK, 0) != 0
    for entry in entries {
      switch (entry.role, isCommitted) {
      case (.added, false), (.superseded, true):
        if isThere(entry, parent) { unlinkat(parent, entry.name, 0) }
      case (.emptied, true):
        if isThere(entry, parent) {
          renameat(staging, CommitJournal.placeholder, parent, entry.name)
        }
      case (.added, true), (.superseded, false), (.emptied, false):
        break
      }
    }
    Durability.syncFolder(parent)
  }

  /// Settles the journal of a dead process, if there is one.
  static func settle(staging: Int32, in parent: Int32) {
    let descriptor = openat(staging, fileName, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      (0...off_t(maximumSize)).contains(status.st_size)
    else { return }
    let size = Int(status.st_size)
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = max(0, pread(descriptor, buffer.baseAddress, size, 0))
    }
    guard bytes.count == size, let journal = CommitJournal(bytes) else { return }
    journal.settle(staging: staging, in: parent)
  }

  /// Removes the journal of a staging folder whose commit is settled or never began.
  static func remove(from staging: Int32) {
    if unlinkat(staging, fileName, 0) == 0 { Durability.syncFolder(staging) }
  }

  private func isThere(_ entry: Entry, _ parent: Int32) -> Bool {
    var status = stat()
    return fstatat(parent, entry.name, &status, AT_SYMLINK_NOFOLLOW) == 0
      && UInt64(status.st_ino) == entry.number
  }
}

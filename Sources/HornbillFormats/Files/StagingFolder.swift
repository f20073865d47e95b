#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A folder `.hornbill-….tmp` beside a target, in which something new is made before it gets its name.
///
/// As long as the value lives, this process holds a lock on the file `lock` inside. The system lets go of it when the
/// process ends in whatever way, so a folder whose lock is free is a dead one's and is removed by whoever writes into
/// the same place next. A folder of its own leaves the file that is written free for locks of other libraries.
struct StagingFolder: ~Copyable {
  /// The path of the folder.
  let path: String
  private let lock: Int32

  static let lockName = "lock"
  private static let prefix = ".hornbill-"
  private static let suffix = ".tmp"
  /// How often a folder is emptied that does not stay empty.
  private static let attempts = 1000

  /// Makes the folder, after the dead ones beside it are removed.
  ///
  /// - Parameter target: what is to be made; its folder must be there.
  init(for target: borrowing SaveTarget) throws(ArchiveError) {
    StagingFolder.removeDead(in: target.directory)
    for _ in 0..<16 {
      let digits = String(UInt64.random(in: .min ... .max), radix: 16)
      let name =
        StagingFolder.prefix + String(repeating: "0", count: 16 - digits.count) + digits
        + StagingFolder.suffix
      let path = target.directory + "/" + name
      guard Temporaries.insert(path, creating: { mkdir(path, 0o700) == 0 }) else {
        let number = errno
        if number == EEXIST { continue }
        throw .system(
          .cannotCreate, number: number, path: target.path,
          doing: "create a file in '\(target.directory)'")
      }
      let lock = open(
        path + "/" + StagingFolder.lockName, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
        0o600)
      let number = errno
      // Another process may take a folder that has no lock yet for a dead one.
      if lock >= 0, StagingFolder.isHeld(lock) {
        self.path = path
        self.lock = lock
        return
      }
      Temporaries.remove(path)
      if lock >= 0 {
        close(lock)
      } else if number != ENOENT {
        throw .system(
          .cannotCreate, number: number, path: target.path,
          doing: "create a file in '\(target.directory)'")
      }
    }
    throw .system(
      .cannotCreate, number: EEXIST, path: target.path,
      doing: "create a file in '\(target.directory)'")
  }

  deinit {
    Temporaries.remove(path)
    close(lock)
  }

  /// Takes the lock; whether it is held and still in its folder.
  private static func isHeld(_ lock: Int32) -> Bool {
    if flock(lock, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK { return false }
    // Where the file system has no locks, nobody can take the folder for a dead one either.
    var status = stat()
    return fstat(lock, &status) == 0 && status.st_nlink > 0
  }

  /// Removes a staging folder, the lock last.
  ///
  /// When the process is told to stop, another thread may still make files in the folder while it is emptied, so that it is not empty
  /// after all; once it is gone, nothing more is made.
  static func remove(_ path: String) {
    for _ in 0..<attempts {
      let folder = FolderTree.open(path)
      guard folder >= 0 else { return }
      removeContents(of: folder)
      close(folder)
      if rmdir(path) == 0 || (errno != ENOTEMPTY && errno != EEXIST) { return }
    }
  }

  private static func removeContents(of folder: Int32) {
    // A journal without its payload would say that the commit has happened.
    CommitJournal.remove(from: folder)
    FolderTree.empty(folder, keeping: [Array(lockName.utf8CString)])
    unlinkat(folder, lockName, 0)
  }

  /// Removes the folders of processes that have ended, and completes or undoes what they were about to name.
  private static func removeDead(in directory: String) {
    let parent = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard parent >= 0 else { return }
    defer { close(parent) }
    guard let names = FolderTree.names(in: parent) else { return }
    for name in names where isStaging(name) {
      let folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard folder >= 0 else { continue }
      defer { close(folder) }
      var status = stat()
      guard fstat(folder, &status) == 0, status.st_uid == geteuid() else { continue }
      let lock = openat(folder, lockName, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      if lock >= 0 {
        defer { close(lock) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else { continue }
        CommitJournal.settle(staging: folder, in: parent)
        removeContents(of: folder)
      }
      // A folder without a lock is removed only while it is empty.
      unlinkat(parent, name, AT_REMOVEDIR)
    }
  }

  private static func isStaging(_ name: [CChar]) -> Bool {
    let bytes = name.dropLast().map { UInt8(bitPattern: $0) }
    return bytes.count == prefix.utf8.count + 16 + suffix.utf8.count
      && bytes.starts(with: prefix.utf8) && bytes.reversed().starts(with: suffix.utf8.reversed())
      && bytes.dropFirst(prefix.utf8.count).prefix(16).allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x66).contains($0)
      }
  }
}

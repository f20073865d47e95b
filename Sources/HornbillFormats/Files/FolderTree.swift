#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Works on folders with all that is in them; symbolic links are never followed.
enum FolderTree {
  /// Folders are not entered deeper than this.
  static let maximumDepth = 256

  /// The names in an open folder, `.` and `..` left out; `nil` when it cannot be listed.
  ///
  /// The descriptor stays open. Names end with a zero, as the system gives them.
  static func names(in descriptor: Int32) -> [[CChar]]? {
    let own = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard own >= 0 else { return nil }
    guard let stream = fdopendir(own) else {
      close(own)
      return nil
    }
    defer { closedir(stream) }
    var result: [[CChar]] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
      }
      if name != [46, 0], name != [46, 46, 0] { result.append(name) }
    }
    return result
  }

  /// Opens a folder; negative when it is none or a link to one.
  static func open(_ path: String) -> Int32 {
    openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
  }

  /// Removes what is in an open folder, as far as it can be removed.
  static func empty(_ descriptor: Int32, keeping kept: Set<[CChar]> = [], depth: Int = 0) {
    guard depth < maximumDepth, let names = names(in: descriptor) else { return }
    for name in names where !kept.contains(name) {
      if unlinkat(descriptor, name, 0) == 0 { continue }
      let inner = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard inner >= 0 else { continue }
      // What is in a folder that may not be written cannot be removed; without the right to change that, neither.
      _ = fchmod(inner, 0o700)
      empty(inner, depth: depth + 1)
      close(inner)
      unlinkat(descriptor, name, AT_REMOVEDIR)
    }
  }

  /// Makes a folder and all that is in it durable.
  ///
  /// - Parameter path: the path for errors.
  static func sync(_ descriptor: Int32, path: String, depth: Int = 0) throws(ArchiveError) {
    guard depth < maximumDepth, let names = names(in: descriptor) else {
      throw .system(.io, number: errno, path: path, doing: "list the folder")
    }
    for name in names {
      let inner = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      guard inner >= 0 else {
        throw .system(.io, number: errno, path: path, doing: "write the folder")
      }
      defer { close(inner) }
      var status = stat()
      if fstat(inner, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
        try sync(inner, path: path, depth: depth + 1)
      } else {
        try Durability.sync(inner, path: path)
      }
    }
    Durability.syncFolder(descriptor)
  }
}

/// Waits until bytes have reached the storage.
enum Durability {
  /// Makes a file's contents durable.
  static func sync(_ descriptor: Int32, path: String) throws(ArchiveError) {
    #if canImport(Darwin)
    if fcntl(descriptor, F_FULLFSYNC) == 0 { return }
    #endif
    while fsync(descriptor) != 0 {
      if errno == EINTR { continue }
      throw .system(.io, number: errno, path: path, doing: "write the file")
    }
  }

  /// Makes the names in an open folder durable, where the file system can: some cannot sync a folder, and the files
  /// themselves are durable by then.
  static func syncFolder(_ descriptor: Int32) {
    _ = fsync(descriptor)
  }

  /// Makes the names in a folder durable, where it can be opened.
  static func syncFolder(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    syncFolder(descriptor)
    close(descriptor)
  }
}

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Questions about files.
enum Files {
  /// Whether something stands at a path, a dangling link included.
  static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// Refuses a path at which something stands.
  static func checkFree(_ path: String) throws(Failure) {
    guard exists(path) else { return }
    throw Failure(.cannotCreate, "\(path): exists; give --force to overwrite it")
  }
}

/// Questions about the machine.
enum Processors {
  /// The processors that are available.
  static var count: Int { max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1) }
}

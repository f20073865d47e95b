#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension ArchiveError {
  /// An error that the system reported for a file by number.
  static func system(
    _ code: Code? = nil, number: Int32, path: String, doing action: String
  ) -> ArchiveError {
    let chosen: Code =
      switch number {
      case ENOENT, ENOTDIR, EACCES, EPERM, EISDIR, ELOOP, ENXIO, ENAMETOOLONG: .unreadable
      default: .io
      }
    return ArchiveError(
      code ?? chosen, path: path, "cannot \(action): \(String(cString: strerror(number)))")
  }
}

package import Foundation
package import HornbillCore

/// The files of the folder `fixtures`.
package enum Fixture {
  private static let package = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The folder.
  package static let folder = package.appending(path: "fixtures")

  /// Real model files beside the package, which a clone does not have.
  package static let corpus: URL? = {
    let folder = package.deletingLastPathComponent().appending(path: "shared/corpus")
    return FileManager.default.fileExists(atPath: folder.path()) ? folder : nil
  }()

  /// A file of the package that is no fixture, for example `README.md`.
  package static func source(_ name: String) throws -> String {
    try String(contentsOf: package.appending(path: name), encoding: .utf8)
  }

  /// The path of a fixture.
  package static func path(_ name: String) -> String { folder.appending(path: name).path() }

  /// The contents of a fixture.
  package static func bytes(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: folder.appending(path: name)))
  }

  /// A fixture that is text.
  package static func text(_ name: String) throws -> String {
    try String(contentsOf: folder.appending(path: name), encoding: .utf8)
  }

  /// A fixture that is JSON.
  package static func json(_ name: String) throws -> JSON { try JSON(parsing: bytes(name)) }

  /// The paths of all files below a folder of the fixtures, relative to the fixtures, sorted.
  package static func files(below name: String = "") -> [String] {
    let start = name.isEmpty ? folder : folder.appending(path: name)
    let paths = FileManager.default.enumerator(atPath: start.path())?.compactMap { $0 as? String }
    return (paths ?? []).filter { path in
      var isFolder: ObjCBool = false
      let full = start.appending(path: path).path()
      return FileManager.default.fileExists(atPath: full, isDirectory: &isFolder)
        && !isFolder.boolValue
    }.map { name.isEmpty ? $0 : "\(name)/\($0)" }.sorted()
  }

  /// The names of the folders in a folder of the fixtures, sorted.
  package static func folders(in name: String) -> [String] {
    let start = folder.appending(path: name)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: start.path())) ?? []
    return names.filter { entry in
      var isFolder: ObjCBool = false
      let full = start.appending(path: entry).path()
      return FileManager.default.fileExists(atPath: full, isDirectory: &isFolder)
        && isFolder.boolValue
    }.sorted()
  }
}

/// A folder of its own for files that a test writes; it is gone when the value is.
package final class ScratchFolder: Sendable {
  /// The folder.
  package let url: URL

  package init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "hornbill-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The path of a file in the folder.
  package func path(_ name: String) -> String { url.appending(path: name).path() }
}

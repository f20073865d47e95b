import Foundation
import HornbillHDF5

/// The path of a file in fixtures/hdf5.
func fixture(_ name: String) -> String {
  URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "fixtures/hdf5/\(name)").path
}

/// The bytes of a file.
func bytes(of path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(filePath: path)))
}

/// A folder that is removed when the value dies.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appending(path: "hornbill-hdf5-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }

  func write(_ bytes: [UInt8], to name: String) throws -> String {
    try Data(bytes).write(to: URL(filePath: file(name)))
    return file(name)
  }
}

/// The error that a closure throws; nil when it throws none.
func failure<Value>(_ body: () throws(HDF5.Error) -> Value) -> HDF5.Error? {
  do throws(HDF5.Error) {
    _ = try body()
    return nil
  } catch {
    return error
  }
}

/// Reads all of a file: every attribute and every dataset that can be read.
///
/// Returns a text of what was found, so that two readings can be compared.
func inventory(_ file: HDF5.File) throws(HDF5.Error) -> [String] {
  var lines: [String] = []
  func attributes(_ object: some HDF5.Object) throws(HDF5.Error) {
    for name in try object.attributeNames() {
      let attribute = try object.attribute(name)
      var value = ""
      if attribute.type.stringFormat != nil {
        value = "\(try attribute.readStringBytes())"
      } else if attribute.count > 0 {
        value = "\(try attribute.readBytes())"
      }
      lines.append("\(object.path)@\(name) \(attribute.type) \(value)")
    }
  }
  try attributes(file.root)
  for entry in try file.root.walk() where entry.firstPath == nil {
    switch entry.object {
    case .group: try attributes(file.root.group(at: entry.path))
    case .dataset:
      let dataset = try file.root.dataset(at: entry.path)
      try attributes(dataset)
      let content =
        dataset.type.stringFormat == nil
        ? "\(try dataset.readBytes().count)" : "\(try dataset.readStringBytes())"
      lines.append("\(entry.path) \(dataset.type) \(dataset.shape) \(content)")
    case .namedDatatype, nil: lines.append(entry.path)
    }
  }
  return lines
}

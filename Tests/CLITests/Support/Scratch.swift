import Foundation
import HornbillCore
import HornbillFormats
import HornbillHDF5
import HornbillTestSupport

/// Makes, reads and lists files for the tests.
enum Scratch {
  static func bytes(_ path: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(filePath: path)))
  }

  static func names(in folder: ScratchFolder) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path("")).sorted()
  }
}

extension ScratchFolder {
  /// Writes a file and gives its path.
  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: url.appending(path: name))
    return path(name)
  }

  /// Writes a text file and gives its path.
  func file(_ name: String, text: String) throws -> String { try file(name, Array(text.utf8)) }

  /// Copies a fixture and gives the copy's path.
  func copy(of fixture: String, as name: String) throws -> String {
    try file(name, try Fixture.bytes(fixture))
  }

  /// Copies an HDF5 fixture, changes it, and gives the copy's path.
  func copy(
    of fixture: String, as name: String, changing body: (HDF5.Group) throws -> Void
  ) throws -> String {
    let path = try copy(of: fixture, as: name)
    let file = try HDF5.File(updating: path)
    try body(file.root)
    try file.close()
    return path
  }

  /// Writes the JSON of a `Sequential` over four numbers with one more layer, given as its class and its config.
  func architecture(_ className: String, _ config: String) throws -> String {
    try file(
      "model.json",
      text: """
        {"class_name": "Sequential", "keras_version": "3.15.1", "config": {"name": "model", "layers": [
          {"class_name": "InputLayer", "config": {"batch_shape": [null, 4], "dtype": "float32", "name": "numbers"}},
          {"class_name": "\(className)", "config": \(config)}]}}
        """)
  }

  /// Writes arrays as an `.npz` and gives its path.
  func arrays(_ name: String = "in.npz", _ arrays: [(String, Tensor)]) throws -> String {
    try Npz.write(
      arrays.map { (name: $0.0, tensor: $0.1) }, to: path(name), overwriting: true)
    return path(name)
  }
}

/// The models of the fixtures that the tests use.
enum Notebook {
  static let keras3 = Fixture.path("models/notebook_keras3.keras")
  static let keras2 = Fixture.path("models/notebook_keras2.h5")
  static let weights = Fixture.path("models/notebook_only.weights.h5")
  static let architecture = Fixture.path("models/notebook_only.json")
  static let recording3 = Fixture.path("models/notebook_keras3.npz")
  static let recording2 = Fixture.path("models/notebook_keras2.npz")
  static let letters = Fixture.path("models/notebook_letters_keras3.keras")
  static let lettersRecording = Fixture.path("models/notebook_letters_keras3.npz")
}

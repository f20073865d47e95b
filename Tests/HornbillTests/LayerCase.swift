import HornbillCore
import HornbillTestSupport
import Testing

/// One model with a single layer under test, from `fixtures/layers`.
struct LayerCase: Sendable, CustomTestStringConvertible {
  /// A weight as Keras reports it.
  struct Weight: Sendable, Hashable, CustomStringConvertible {
    /// The last part of Keras's path.
    let name: String
    let shape: [Int]
    let isTrainable: Bool

    var description: String { "\(name) \(shape)\(isTrainable ? "" : " fixed")" }
  }

  /// The folder: Keras's class name.
  let className: String
  let name: String
  /// The shapes that Keras declares for the model's outputs.
  let outputs: [Shape]
  let weights: [Weight]
  /// The same layer for inputs of unknown extents, with the shapes that Keras declares.
  let unknown: (architecture: JSON, outputs: [Shape])?
  /// Whether the recorded truth and Hornbill round a constant to different precisions.
  let hasSingleConstants: Bool
  /// The Keras version that made the case.
  let keras: String

  var isKeras2: Bool { keras.hasPrefix("2") }
  var model: String { Fixture.path("layers/\(className)/\(name)\(isKeras2 ? ".h5" : ".keras")") }
  var recording: String { Fixture.path("layers/\(className)/\(name).npz") }
  var testDescription: String { "\(className) \(name)" }

  /// The cases of all classes, or why they cannot be read.
  static let result = Result { try load() }

  /// The cases; empty when they cannot be read, which a test reports.
  static let all: [LayerCase] = (try? result.get()) ?? []

  private static func load() throws -> [LayerCase] {
    var cases: [LayerCase] = []
    for folder in Fixture.folders(in: "layers") {
      for index in ["keras3.json", "keras2.json"] {
        let path = "layers/\(folder)/\(index)"
        guard Fixture.files(below: "layers/\(folder)").contains(path) else { continue }
        let json = try Fixture.json(path)
        let keras = try #require(json["keras"]?.string)
        for entry in try #require(json["cases"]?.array) {
          cases.append(try LayerCase(className: folder, keras: keras, entry))
        }
      }
    }
    return cases
  }

  private init(className: String, keras: String, _ json: JSON) throws {
    self.className = className
    self.keras = keras
    name = try #require(json["name"]?.string)
    outputs = try Self.shapes(json["outputs"])
    hasSingleConstants = try #require(json["single_constants"]?.bool as Bool?)
    weights = try #require(json["weights"]?.array).map { entry in
      let parts = try #require(entry.array)
      let path = try #require(parts[0].string)
      return Weight(
        name: path.split(separator: "/").last.map(String.init) ?? path,
        shape: try #require(parts[1].array).compactMap { $0.int },
        isTrainable: try #require(parts[2].bool as Bool?))
    }
    if let unknown = json["unknown"], unknown != .null {
      self.unknown = (
        try #require(unknown["architecture"]), try Self.shapes(unknown["outputs"])
      )
    } else {
      unknown = nil
    }
  }

  private static func shapes(_ json: JSON?) throws -> [Shape] {
    try #require(json?.array).map { Shape(try #require($0.array).map(\.int)) }
  }
}

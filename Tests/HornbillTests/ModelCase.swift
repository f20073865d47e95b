import HornbillCore
import HornbillTestSupport
import Testing

/// A whole model from `fixtures/models`.
struct ModelCase: Sendable, CustomTestStringConvertible {
  let name: String
  private let file: String
  /// The layer for which no run is possible without Python.
  let refuses: String?
  /// Whether the recorded truth and Hornbill round a constant to different precisions.
  let hasSingleConstants: Bool
  /// The number of outputs, flattened.
  let outputs: Int

  var model: String { Fixture.path("models/\(file)") }
  var recording: String { Fixture.path("models/\(name).npz") }
  var testDescription: String { name }

  /// What `model.summary` printed.
  func summary(isFull: Bool) throws -> String {
    try Fixture.text("models/\(name)\(isFull ? ".full" : "").txt")
  }

  /// The models of both Keras generations, or why they cannot be read.
  static let result = Result { try load("keras3.json") + load("keras2.json") }

  /// The models; empty when they cannot be read, which a test reports.
  static let all: [ModelCase] = (try? result.get()) ?? []

  /// The models that run.
  static let running = all.filter { $0.refuses == nil }

  private static func load(_ index: String) throws -> [ModelCase] {
    try #require(try Fixture.json("models/\(index)")["models"]?.array).map { entry in
      ModelCase(
        name: try #require(entry["name"]?.string), file: try #require(entry["file"]?.string),
        refuses: entry["refuses"]?.string,
        hasSingleConstants: try #require(entry["single_constants"]?.bool as Bool?),
        outputs: try #require(entry["outputs"]?.int))
    }
  }

  /// A model by name.
  static func named(_ name: String) throws -> ModelCase {
    try #require(all.first { $0.name == name }, "no model \(name)")
  }
}

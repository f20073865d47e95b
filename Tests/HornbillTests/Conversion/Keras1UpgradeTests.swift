import HornbillCore
import HornbillFormats
import HornbillTestSupport
import Testing

@testable import Hornbill

/// Layers that are gone since Keras 2, as layers and operations of Keras 3.
@Suite("Layers of Keras 1 for Keras 3") struct Keras1UpgradeTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  /// A file of Keras 1 with one layer, its variables counted up.
  private func file(
    _ className: String, _ fields: String, input: String, _ shapes: [[Int]], wrapper: String? = nil
  ) throws -> String {
    let own = #"{"class_name": "\#(className)", "config": {\#(fields)"name": "odd"BATCH}}"#
    let batch = #", "batch_input_shape": \#(input)"#
    let layer =
      wrapper.map {
        #"{"class_name": "\#($0)", "config": {"name": "each"\#(batch), "layer": \#(own.replacing("BATCH", with: ""))}}"#
      } ?? own.replacing("BATCH", with: batch)
    let text =
      #"{"class_name": "Sequential", "keras_version": "1.2.2", "config": [\#(layer)]}"#
    var draft = ArchiveDraft(
      architecture: try JSON(parsing: Array(text.utf8)), kerasVersion: "1.2.2",
      backend: "tensorflow")
    var next = 0
    let weights = shapes.enumerated().map { index, shape in
      let values = (0..<shape.reduce(1, *)).map { _ in
        next += 1
        return Float(next * 5 % 13) / 8 - 0.5
      }
      return DraftWeight(name: "odd_\(index)", Tensor(shape: shape, values))
    }
    draft.weights = .legacy([DraftLayer(name: wrapper == nil ? "odd" : "each", weights: weights)])
    let path = folder.path("old.h5")
    _ = try draft.write(
      to: path, as: .legacyModel, overwriting: false, options: WritingOptions())
    return path
  }

  @Test(arguments: [
    ("MaxoutDense", #""output_dim": 3, "nb_feature": 2, "#, [[2, 4, 3], [2, 3]], 2),
    ("MaxoutDense", #""output_dim": 3, "nb_feature": 2, "bias": false, "#, [[2, 4, 3]], 2),
    ("Highway", #""activation": "tanh", "#, [[4, 4], [4, 4], [4], [4]], 2),
    ("Highway", #""activation": "linear", "bias": false, "#, [[4, 4], [4, 4]], 2),
    ("ParametricSoftplus", "", [[3, 4], [3, 4]], 3),
    ("SReLU", #""shared_axes": [1], "#, [[1, 4], [1, 4], [1, 4], [1, 4]], 3),
    ("BatchNormalization", #""mode": 1, "epsilon": 0.01, "#, [[4], [4], [4], [4]], 3),
    ("BatchNormalization", #""mode": 2, "epsilon": 0.01, "#, [[4], [4], [4], [4]], 3),
  ])
  func layersComputeTheSame(
    className: String, fields: String, shapes: [[Int]], rank: Int
  ) throws {
    let input = rank == 2 ? "[null, 4]" : "[null, 3, 4]"
    let path = try file(className, fields, input: input, shapes)
    let output = folder.path("new.keras")
    try Conversion(contentsOf: path, to: .keras).write(to: output)
    let new = try Model(contentsOf: output)
    #expect(new.kerasVersion == "3.15.1")
    #expect(!new.layers.contains { $0.className == className && rank == 2 })
    let shape = rank == 2 ? [2, 4] : [2, 3, 4]
    let values = (0..<shape.reduce(1, *)).map { Float($0 * 7 % 9) / 4 - 1 }
    let x = Tensor(shape: shape, values)
    let expected = try Model(contentsOf: path).predict([x])
    for (one, other) in zip(try new.predict([x]), expected) {
      expectClose(one, other, within: 1e-6, className)
    }
  }

  @Test func aLayerThatBecomesSeveralIsRefusedInsideAWrapper() throws {
    let path = try file(
      "Highway", "", input: "[null, 3, 4]", [[4, 4], [4, 4], [4], [4]], wrapper: "TimeDistributed")
    let error = #expect(throws: ModelError.self) {
      try Conversion(contentsOf: path, to: .keras)
    }
    #expect(error?.code == .unsupported)
    #expect(error?.description.contains("Highway") == true, "\(String(describing: error))")
  }

  @Test func theCosineOfTwoBranchesIsWritten() throws {
    let branch = { (name: String) in
      """
      {"class_name": "Sequential", "config": [{"class_name": "Activation", "config": {"name": "\(name)",
       "activation": "linear", "batch_input_shape": [null, 3]}}]}
      """
    }
    let text = """
      {"class_name": "Sequential", "keras_version": "1.2.2", "config": [{"class_name": "Merge", "config": {"name": "angle",
       "mode": "cos", "dot_axes": -1, "layers": [\(branch("a")), \(branch("b"))]}}]}
      """
    let path = folder.path("old.json")
    try Scratchpad.write(text, to: path)
    let output = folder.path("new.keras")
    try Conversion(contentsOf: path, to: .keras).write(to: output)
    let inputs = [
      Tensor(shape: [2, 3], [Float(1), 2, 3, 0, 0, 0]),
      Tensor(shape: [2, 3], [Float(3), -1, 2, 1, 1, 1]),
    ]
    let (old, new) = (try Model(contentsOf: path), try Model(contentsOf: output))
    for (one, other) in zip(try new.predict(inputs), try old.predict(inputs)) {
      expectClose(one, other, within: 1e-6, "cos")
    }
  }
}

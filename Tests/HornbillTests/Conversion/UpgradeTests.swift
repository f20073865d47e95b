import HornbillCore
import HornbillFormats
import HornbillTestSupport
import Testing

@testable import Hornbill

/// Models of Keras 1 and 2 as files of Keras 3, read back.
@Suite("Upgrade") struct UpgradeTests {
  /// Models of Keras 2 that run.
  static let keras2 = ModelCase.running.filter { $0.name.hasPrefix("keras2_") }

  private func upgraded(
    _ path: String, to target: ConversionTarget = .keras, in folder: ScratchFolder,
    config: String? = nil
  ) throws -> String {
    let output = folder.path(target == .keras ? "new.keras" : "new.h5")
    let conversion = try Conversion(
      contentsOf: path, to: target, options: LoadOptions(architecture: config))
    try conversion.write(to: output)
    return output
  }

  @Test(arguments: keras2, [ConversionTarget.keras, .h5])
  func modelsComputeWhatKeras2Computed(entry: ModelCase, target: ConversionTarget) throws {
    let folder = try ScratchFolder()
    let model = try Model(contentsOf: try upgraded(entry.model, to: target, in: folder))
    #expect(model.kerasVersion == "3.15.1")
    #expect(model.upgrades.isEmpty, "\(model.upgrades)")
    let recording = try Recording(contentsOf: entry.recording)
    let inputs = try recording.inputs(recording.calls[0], of: model)
    let old = try Model(contentsOf: entry.model)
    let (expected, found) = (try old.predict(inputs), try model.predict(inputs))
    #expect(found.map(\.shape) == expected.map(\.shape))
    for (one, other) in zip(found, expected) {
      expectClose(one, other, within: 1e-5, entry.name)
    }
  }

  @Test(arguments: ["formats/k1_model.h5"]) func weightsOfKeras1AreConverted(file: String) throws {
    let folder = try ScratchFolder()
    let path = Fixture.path(file)
    let old = try Model(contentsOf: path)
    let new = try Model(contentsOf: try upgraded(path, in: folder))
    #expect(new.weights.map(\.shape) == old.weights.map(\.shape))
    for (one, other) in zip(new.weights, old.weights) {
      #expect(try one.tensor() == other.tensor())
    }
  }

  @Test func everyChangeIsReported() throws {
    let conversion = try Conversion(
      contentsOf: ModelCase.named("keras2_trained").model, to: .keras)
    let notes = conversion.report.notes
    #expect(conversion.report.kerasVersion == "3.15.1")
    #expect(notes.contains { $0.kind == .upgraded })
    #expect(notes.contains { $0.kind == .dropped && $0.object == "the optimizer's state" })
    #expect(notes.contains { $0.kind == .dropped && $0.object == "the training configuration" })
  }

  @Test func whatKeras3CannotSayIsRefusedByName() throws {
    let folder = try ScratchFolder()
    let layers = """
      {"class_name": "Sequential", "keras_version": "2.15.0", "config": {"name": "s", "layers": [
       {"class_name": "InputLayer", "config": {"batch_input_shape": [null, 4, 4, 1], "dtype": "float32", "name": "i"}},
       {"class_name": "Resizing", "config": {"name": "smaller", "dtype": "float32", "height": 2, "width": 2,
        "interpolation": "mitchellcubic", "crop_to_aspect_ratio": false}}]}}
      """
    let file = folder.path("old.json")
    try Scratchpad.write(layers, to: file)
    let error = #expect(throws: ModelError.self) {
      try Conversion(contentsOf: file, to: .keras)
    }
    #expect(error?.code == .unsupported)
    #expect(error?.description.contains("smaller") == true)
    #expect(error?.description.contains("mitchellcubic") == true)
  }

  @Test func classesThatAreGoneAreReplaced() throws {
    let folder = try ScratchFolder()
    let layers = """
      {"class_name": "Sequential", "keras_version": "2.15.0", "config": {"name": "s", "layers": [
       {"class_name": "InputLayer", "config": {"batch_input_shape": [null, 3], "dtype": "float32", "name": "i"}},
       {"class_name": "ThresholdedReLU", "config": {"name": "t", "dtype": "float32", "theta": 0.5}},
       {"class_name": "Activation", "config": {"name": "a", "dtype": "float32", "activation": "hard_sigmoid"}}]}}
      """
    let file = folder.path("old.json")
    try Scratchpad.write(layers, to: file)
    let x = Tensor(shape: [1, 3], [Float(0.25), 0.75, 4])
    let old = try Model(contentsOf: file)
    let new = try Model(contentsOf: try upgraded(file, in: folder))
    #expect(new.layers.map(\.className) == ["ReLU", "Activation"])
    #expect(try new.predict([x]) == old.predict([x]))
    #expect(try new.predict([x])[0].floats == [0.5, 0.2 * 0.75 + 0.5, 1])
  }

  /// A functional model of Keras 2 whose layers behind the input are given as text.
  private func network(_ layers: String, output: String) -> String {
    """
    {"class_name": "Functional", "keras_version": "2.15.0", "config": {"name": "m", "layers": [
     {"class_name": "InputLayer", "config": {"batch_input_shape": [null, 2, 3], "dtype": "float32", "name": "x"},
      "name": "x", "inbound_nodes": []}, \(layers)],
     "input_layers": [["x", 0, 0]], "output_layers": [["\(output)", 0, 0]]}}
    """
  }

  private func function(_ name: String, _ function: String, _ node: String) -> String {
    """
    {"class_name": "TFOpLambda", "config": {"name": "\(name)", "dtype": "float32", "function": "\(function)"},
     "name": "\(name)", "inbound_nodes": [\(node)]}
    """
  }

  @Test func shapesThatAreComputedBecomeConstants() throws {
    let folder = try ScratchFolder()
    let file = folder.path("old.json")
    let slice = """
      {"class_name": "SlicingOpLambda", "config": {"name": "batch", "dtype": "float32",
       "function": "__operators__.getitem"}, "name": "batch",
       "inbound_nodes": [["shape", 0, 0, {"slice_spec": 0}]]}
      """
    let layers = [
      function("shape", "compat.v1.shape", #"["x", 0, 0, {}]"#), slice,
      function("flat", "reshape", #"["x", 0, 0, {"shape": [["batch", 0, 0], 6]}]"#),
    ].joined(separator: ", ")
    try Scratchpad.write(network(layers, output: "flat"), to: file)
    let x = Tensor(shape: [2, 2, 3], (0..<12).map(Float.init))
    let new = try Model(contentsOf: try upgraded(file, in: folder))
    #expect(try new.predict([x]) == [Tensor(shape: [2, 6], (0..<12).map(Float.init))])
  }

  @Test(arguments: [
    ("math.bessel_i0", "bessel_i0"), ("compat.v1.shape", "a shape"),
    ("no.such.function", "no.such"),
  ])
  func functionsWithoutCounterpartAreRefused(name: String, says words: String) throws {
    let folder = try ScratchFolder()
    let file = folder.path("old.json")
    let layer = function("odd", name, #"["x", 0, 0, {}]"#)
    try Scratchpad.write(network(layer, output: "odd"), to: file)
    let error = #expect(throws: ModelError.self) {
      try Conversion(contentsOf: file, to: .keras)
    }
    #expect(error?.code == .unsupported)
    #expect(error?.description.contains(words) == true, "\(String(describing: error))")
  }
}

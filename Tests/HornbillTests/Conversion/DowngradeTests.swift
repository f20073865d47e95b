import HornbillCore
import HornbillFormats
import HornbillTestSupport
import Testing

@testable import Hornbill

/// Models of Keras 3 as files of Keras 2.15, read back.
@Suite("Downgrade") struct DowngradeTests {
  @Test(arguments: ConversionTests.keras3)
  func modelsComputeTheSameOrAreRefusedByName(entry: ModelCase) throws {
    let folder = try ScratchFolder()
    let output = folder.path("new.h5")
    let old = try Model(contentsOf: entry.model)
    let result = Result { () throws(ModelError) in
      try Conversion(contentsOf: entry.model, to: .h5Keras2)
    }
    #expect(((try? result.get()) == nil) == DowngradeTests.refused.contains(entry.name))
    if case .failure(let error) = result {
      #expect(error.code == .unsupported)
      #expect(error.description.contains("Keras 2"), "\(error)")
      return
    }
    let conversion = try result.get()
    try conversion.write(to: output)
    let model = try Model(contentsOf: output)
    #expect(model.kerasVersion == "2.15.0")
    let recording = try Recording(contentsOf: entry.recording)
    let inputs = try recording.inputs(recording.calls[0], of: old)
    for (one, other) in zip(try model.predict(inputs), try old.predict(inputs)) {
      expectClose(one, other, within: 1e-5, entry.name)
    }
    let names = try ModelArchive.open(output).weights.all.map(\.name)
    #expect(names.allSatisfy { $0.hasSuffix(":0") })
  }

  /// The models that Keras 2.15 cannot say.
  static let refused: Set<String> = ["masks", "seq2seq"]

  /// Keras 2 hands such a mask on, Keras 3 does not.
  @Test func aMaskMadeInsideATimeDistributedIsRefused() throws {
    let folder = try ScratchFolder()
    let path = folder.path("new.json")
    let text = """
      {"module": "keras", "class_name": "Sequential", "registered_name": null, "config": {"name": "s", "layers": [
       {"module": "keras.layers", "class_name": "InputLayer", "registered_name": null,
        "config": {"batch_shape": [null, 3, 4, 2], "dtype": "float32", "name": "i"}},
       {"module": "keras.layers", "class_name": "TimeDistributed", "registered_name": null,
        "config": {"name": "each", "dtype": "float32", "layer": {"module": "keras.layers", "class_name": "Masking",
         "registered_name": null, "config": {"name": "masking", "dtype": "float32", "mask_value": 0.0}}}}]}}
      """
    try Scratchpad.write(text, to: path)
    let error = #expect(throws: ModelError.self) {
      try Conversion(contentsOf: path, to: .h5Keras2)
    }
    #expect(error?.code == .unsupported)
    #expect(error?.description.contains("each") == true)
  }

  @Test func aFunctionOfAnotherMeaningIsRefused() throws {
    let folder = try ScratchFolder()
    let path = folder.path("new.json")
    let text = """
      {"module": "keras", "class_name": "Sequential", "registered_name": null, "config": {"name": "s", "layers": [
       {"module": "keras.layers", "class_name": "InputLayer", "registered_name": null,
        "config": {"batch_shape": [null, 3], "dtype": "float32", "name": "i"}},
       {"module": "keras.layers", "class_name": "Activation", "registered_name": null,
        "config": {"name": "gate", "dtype": "float32", "activation": "hard_sigmoid"}}]}}
      """
    try Scratchpad.write(text, to: path)
    let error = #expect(throws: ModelError.self) {
      try Conversion(contentsOf: path, to: .h5Keras2)
    }
    #expect(error?.code == .unsupported)
    #expect(error?.description.contains("gate") == true)
    #expect(error?.description.contains("hard_sigmoid") == true)
  }

  @Test(arguments: ["TimeDistributed", "Sequential"])
  func aModelInsideAWrapperIsWrittenForKeras2(outer: String) throws {
    let folder = try ScratchFolder()
    let path = folder.path("new.json")
    let inner = NetworkText.keras3(
      [.init(name: "x", shape: "[null, 2]")],
      [
        NetworkText.layer3(
          "Activation", "gate", #""activation": "tanh", "#, NetworkText.tensor("x", "[null, 2]"))
      ], outputs: ["gate"])
    let each = """
      {"module": "keras.layers", "class_name": "TimeDistributed", "registered_name": null,
       "config": {"name": "each", "dtype": "float32", "layer": \(inner)}}
      """
    let text =
      outer == "Sequential"
      ? """
      {"module": "keras", "class_name": "Sequential", "registered_name": null, "config": {"name": "s", "layers": [
       {"module": "keras.layers", "class_name": "InputLayer", "registered_name": null,
        "config": {"batch_shape": [null, 3, 2], "dtype": "float32", "name": "i"}}, \(each)]}}
      """
      : NetworkText.keras3(
        [.init(name: "i", shape: "[null, 3, 2]")],
        [
          String(each.dropLast()) + """
            , "name": "each", "inbound_nodes": [{"args": [\(NetworkText.tensor("i", "[null, 3, 2]"))], "kwargs": {}}]}
            """
        ], outputs: ["each"])
    try Scratchpad.write(text, to: path)
    let output = folder.path("new.h5")
    try Conversion(contentsOf: path, to: .h5Keras2).write(to: output)
    let written = try #require(try ModelArchive.open(output).architecture)
    #expect(!written.text().contains("keras.src"))
    let x = Tensor(shape: [1, 3, 2], [Float(0), 1, 2, 3, 4, 5])
    #expect(
      try Model(contentsOf: output).predict([x]) == Model(contentsOf: path).predict([x]))
  }

  private func expectRefusal(_ layer: String, naming word: String) throws {
    let folder = try ScratchFolder()
    let path = folder.path("new.json")
    let text = NetworkText.keras3(
      [
        .init(name: "x", shape: "[null, 3]"),
        .init(name: "n", shape: "[null, 3]", dtype: "int32"),
      ], [layer], outputs: ["odd"])
    try Scratchpad.write(text, to: path)
    let error = #expect(throws: ModelError.self) {
      try Conversion(contentsOf: path, to: .h5Keras2)
    }
    #expect(error?.code == .unsupported)
    #expect(error?.description.contains(word) == true, "\(String(describing: error))")
  }

  @Test func anEncodingOfThreeAxesIsRefused() throws {
    try expectRefusal(
      NetworkText.layer3(
        "CategoryEncoding", "odd", #""num_tokens": 4, "output_mode": "one_hot", "#,
        NetworkText.tensor("n", "[null, 3]", "int32")), naming: "one_hot")
  }

  @Test func anObjectOfAnInnerModuleOfKeras3IsRefused() throws {
    let layer = NetworkText.layer3(
      "Own", "odd", #""part": {"module": "keras.src.own", "class_name": "Part", "config": {}}, "#,
      NetworkText.tensor("x", "[null, 3]"))
    try expectRefusal(
      layer.replacing(
        #""module": "keras.layers", "class_name": "Own", "registered_name": null"#,
        with: #""module": null, "class_name": "Own", "registered_name": "own>Own""#),
      naming: "keras.src.own")
  }

  @Test func operandsOfSeveralTypesAreRefused() throws {
    let operands = [
      NetworkText.tensor("x", "[null, 3]"), NetworkText.tensor("n", "[null, 3]", "int32"),
    ]
    try expectRefusal(
      NetworkText.layer3(
        "Multiply", "odd", "", operands.joined(separator: ", "), module: "keras.src.ops.numpy"),
      naming: "several types")
  }
}

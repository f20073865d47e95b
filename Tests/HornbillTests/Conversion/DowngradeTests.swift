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

  @Test func mostModelsAreWritten() {
    let written = ConversionTests.keras3.filter {
      (try? Conversion(contentsOf: $0.model, to: .h5Keras2)) != nil
    }
    #expect(written.count * 2 > ConversionTests.keras3.count, "\(written.map(\.name))")
  }

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
}

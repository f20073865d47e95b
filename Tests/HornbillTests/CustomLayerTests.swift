import Foundation
import Hornbill
import HornbillTestSupport
import Testing

/// Multiplies each feature by a trained factor: `y = x · scale`; the example of `AddingALayer.md`.
private struct Scale: Layer {
  static let className = "Scale"

  init(config: LayerConfig) throws(LayerError) {}

  func encode(to config: inout ConfigEncoder) {}

  func build(_ call: BuildCall, in build: inout LayerBuild) throws(LayerError) -> [TensorSpec] {
    let input = try call.input
    guard let features = input.shape?.dimensions.last ?? nil else {
      throw LayerError(.shape, "the number of features must be known")
    }
    build.weight("scale", [features], initializer: .ones)
    return [input]
  }

  func lower(_ call: LayerCall, into lowering: inout Lowering) throws(LayerError) -> [Value] {
    [try lowering.graph.multiply(try call.input, call.weights[0])]
  }
}

/// A layer of the user's own, from a file.
@Suite struct CustomLayerTests {
  private func architecture(in folder: ScratchFolder, features: String) throws -> String {
    let text = """
      {"class_name": "Sequential", "keras_version": "3.15.1", "config": {"name": "model", "layers": [
        {"class_name": "InputLayer", "config": {"batch_shape": [null, \(features)], "name": "in"}},
        {"class_name": "Scale", "registered_name": "Scale", "config": {"name": "scale"}}]}}
      """
    let url = folder.url.appending(path: "model.json")
    try text.write(to: url, atomically: true, encoding: .utf8)
    return url.path()
  }

  private var options: LoadOptions {
    var registry = LayerRegistry.standard
    registry.register(Scale.self)
    return LoadOptions(registry: registry)
  }

  @Test func registeredLayerIsBuiltAndLowered() throws {
    let folder = try ScratchFolder()
    let path = try architecture(in: folder, features: "3")
    let model = try Model(contentsOf: path, options: options)
    #expect(try model.summary().text().contains("Total params: 3 "))
    let layers = try #require(model.root.layer as? any ModelLayer)
    let weighted = try Model(layers, weights: [Tensor(shape: [3], [1, 10, 100] as [Float])])
    let row = Tensor(shape: [1, 3], [1, 2, 3] as [Float])
    for engine in Engine.allCases {
      #expect(try weighted.predict([row], engine: engine).map(\.doubles) == [[1, 20, 300]])
    }
    let unweighted = #expect(throws: ModelError.self) { try model.predict([row]) }
    #expect(unweighted?.code == .weights)
    let plain = try Model(contentsOf: path)
    #expect(plain.layers.last?.className == "Scale")
    #expect(throws: ModelError.self) {
      try plain.predict([row])
    }
  }

  @Test func layerThatRefusesAShapeIsNamed() throws {
    let folder = try ScratchFolder()
    let path = try architecture(in: folder, features: "null")
    let error = #expect(throws: ModelError.self) {
      try Model(contentsOf: path, options: options)
    }
    #expect(error?.description.contains("scale") == true)
    #expect(error?.description.contains("the number of features must be known") == true)
  }
}

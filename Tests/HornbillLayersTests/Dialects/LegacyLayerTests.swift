import HornbillCore
import HornbillLayers
import Testing

@Suite("Layers that only old Keras has")
struct LegacyLayerTests {
  private func weights(
    _ layer: any Layer, on shapes: [Shape]
  ) throws -> (outputs: [String], weights: [String]) {
    let instance = LayerInstance(layer, name: "layer")
    var build = LayerBuild()
    let specs = try build.build(instance, BuildCall(shapes.map { TensorSpec($0) }))
    return (
      specs.map { $0.shape?.description ?? "?" },
      build.weights(of: instance).map { "\($0.name) \(Shape($0.shape))" }
    )
  }

  @Test("MaxoutDense")
  func maxout() throws {
    let (outputs, weights) = try weights(MaxoutDense(units: 3, features: 2), on: [[nil, 4]])
    #expect(outputs == ["(None, 3)"])
    #expect(weights == ["W (2, 4, 3)", "b (2, 3)"])
  }

  @Test("Highway")
  func highway() throws {
    let (outputs, weights) = try weights(Highway(), on: [[nil, 4]])
    #expect(outputs == ["(None, 4)"])
    #expect(weights == ["W (4, 4)", "W_carry (4, 4)", "b (4)", "b_carry (4)"])
  }

  @Test("SReLU with and without shared axes")
  func sReLU() throws {
    let plain = try weights(SReLU(), on: [[nil, 3, 4]])
    #expect(
      plain.weights == ["t_left (3, 4)", "a_left (3, 4)", "t_right (3, 4)", "a_right (3, 4)"])
    let shared = try weights(SReLU(sharedAxes: [1]), on: [[nil, nil, 4]])
    #expect(shared.weights.first == "t_left (1, 4)")
    #expect(shared.outputs == ["(None, None, 4)"])
  }

  @Test("ParametricSoftplus")
  func softplus() throws {
    let (outputs, weights) = try weights(ParametricSoftplus(), on: [[nil, 4]])
    #expect(outputs == ["(None, 4)"])
    #expect(weights == ["alphas (4)", "betas (4)"])
  }

  @Test("batch normalisation of mode 2 along axis 1")
  func batchNormalization() throws {
    let layer = LegacyBatchNormalization(mode: .batchWise, axis: 1)
    let (outputs, weights) = try weights(layer, on: [[nil, 3, 5]])
    #expect(outputs == ["(None, 3, 5)"])
    #expect(weights == ["gamma (3)", "beta (3)", "running_mean (3)", "running_std (3)"])
  }

  @Test(
    "the cosine of two tensors",
    arguments: [
      ([nil, 4], [nil, 4], -1, -1, "(None, 1, 1)"),
      ([nil, 3, 4], [nil, 3, 4], 2, 2, "(None, 1, 3, 3)"),
      ([nil, 3, 4], [nil, 4, 5], 2, 1, "(None, 1, 3, 5)"),
    ] as [(Shape, Shape, Int, Int, String)])
  func cosine(a: Shape, b: Shape, first: Int, second: Int, result: String) throws {
    #expect(try weights(CosineMerge(axes: (first, second)), on: [a, b]).outputs == [result])
  }

  @Test("tensors whose summed axes differ have no cosine")
  func badCosine() {
    #expect(throws: LayerError.self) {
      try weights(CosineMerge(axes: (1, 1)), on: [[nil, 3], [nil, 4]])
    }
    #expect(throws: LayerError.self) { try weights(CosineMerge(), on: [[nil, 3]]) }
  }

  @Test(
    "configurations without what they need",
    arguments: [
      #"{"class_name": "MaxoutDense", "config": {}}"#,
      #"{"class_name": "MaxoutDense", "config": {"output_dim": 0}}"#,
      #"{"class_name": "SReLU", "config": {"shared_axes": [0]}}"#,
      #"{"class_name": "LegacyBatchNormalization", "config": {"mode": 0}}"#,
    ])
  func bad(text: String) {
    #expect(throws: LayerError.self) { try decode(text, keras: 1) }
  }
}

import HornbillCore
import HornbillLayers
import Testing

/// The weights that layers declare, in Keras's order.
@Suite struct WeightTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let className: String
    let config: String
    let input: Shape
    let weights: [String]
    var major = 3
    var testDescription: String { "\(className) \(config)" }
  }

  static let cases: [Case] = [
    Case(
      className: "PReLU", config: #"{"shared_axes": [1]}"#, input: [nil, nil, 3],
      weights: ["alpha (1, 3)"]),
    Case(
      className: "BatchNormalization", config: #"{"scale": false, "renorm": true}"#,
      input: [nil, 3],
      weights: [
        "beta (3)", "moving_mean (3)", "moving_variance (3)", "moving_stddev (3)",
        "renorm_mean (3)", "renorm_stddev (3)",
      ]),
    Case(
      className: "BatchNormalization", config: #"{"axis": [1, 3]}"#, input: [nil, 4, 5, 3],
      weights: [
        "gamma (1, 4, 1, 3)", "beta (1, 4, 1, 3)", "moving_mean (1, 4, 1, 3)",
        "moving_variance (1, 4, 1, 3)",
      ], major: 2),
    Case(
      className: "LayerNormalization", config: #"{"axis": [2, 1]}"#, input: [nil, 4, 3],
      weights: ["gamma (4, 3)", "beta (4, 3)"]),
    Case(
      className: "LayerNormalization", config: #"{"axis": [2, 1]}"#, input: [nil, 4, 3],
      weights: ["gamma (3, 4)", "beta (3, 4)"], major: 2),
    Case(
      className: "LayerNormalization", config: #"{"rms_scaling": true, "scale": false}"#,
      input: [nil, 3], weights: ["gamma (3)"]),
    Case(
      className: "Conv2D", config: #"{"filters": 4, "kernel_size": [3, 2], "groups": 2}"#,
      input: [nil, 8, 8, 6], weights: ["kernel (3, 2, 3, 4)", "bias (4)"]),
    Case(
      className: "Conv2DTranspose", config: #"{"filters": 4, "kernel_size": 3}"#,
      input: [nil, 8, 8, 6], weights: ["kernel (3, 3, 4, 6)", "bias (4)"]),
    Case(
      className: "DepthwiseConv1D", config: #"{"kernel_size": 3, "depth_multiplier": 2}"#,
      input: [nil, 8, 6], weights: ["kernel (3, 6, 2)", "bias (12)"]),
    Case(
      className: "SeparableConv1D",
      config: #"{"filters": 5, "kernel_size": 3, "depth_multiplier": 2, "use_bias": false}"#,
      input: [nil, 8, 6], weights: ["depthwise_kernel (3, 6, 2)", "pointwise_kernel (1, 12, 5)"]),
    Case(
      className: "EinsumDense",
      config: #"{"equation": "abc,cde->abde", "output_shape": [null, 2, 5], "bias_axes": "e"}"#,
      input: [nil, 4, 3], weights: ["kernel (3, 2, 5)", "bias (5)"]),
    Case(
      className: "EinsumDense",
      config: #"{"equation": "abc,cde->abde", "output_shape": [null, 2, 5], "bias_axes": "d"}"#,
      input: [nil, 4, 3], weights: ["kernel (3, 2, 5)", "bias (2, 1)"]),
    Case(
      className: "LocallyConnected1D", config: #"{"filters": 2, "kernel_size": 3}"#,
      input: [nil, 8, 3], weights: ["kernel (6, 9, 2)", "bias (6, 2)"], major: 2),
    Case(
      className: "LocallyConnected1D",
      config: #"{"filters": 2, "kernel_size": 3, "implementation": 2}"#, input: [nil, 8, 3],
      weights: ["kernel (8, 3, 6, 2)", "bias (6, 2)"], major: 2),
    Case(
      className: "LocallyConnected1D",
      config: #"{"filters": 2, "kernel_size": 3, "implementation": 3}"#, input: [nil, 8, 3],
      weights: ["kernel (108)", "bias (6, 2)"], major: 2),
  ]

  @Test(arguments: cases) func declared(_ test: Case) throws {
    let probe = try LayerProbe(test.className, test.config, kerasMajor: test.major)
    #expect(try probe.weights(test.input) == test.weights)
  }
}

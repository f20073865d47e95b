import HornbillCore
import HornbillLayers
import Testing

/// The shapes that layers state, unknown extents included.
@Suite struct ShapeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let className: String
    let config: String
    let inputs: [Shape]
    let output: Shape
    var testDescription: String { "\(className) \(config) \(inputs)" }

    init(_ className: String, _ config: String, _ inputs: [Shape], _ output: Shape) {
      self.className = className
      self.config = config
      self.inputs = inputs
      self.output = output
    }
  }

  static let cases: [Case] = [
    Case("Activation", #"{"activation": "glu"}"#, [[nil, 4]], [nil, 4]),
    Case("Flatten", "{}", [[nil, 3, 4]], [nil, 12]),
    Case("Flatten", "{}", [[nil, nil, 4]], [nil, nil]),
    Case("Flatten", "{}", [[nil]], [nil, 1]),
    Case("Reshape", #"{"target_shape": [-1, 2]}"#, [[nil, 3, 4]], [nil, 6, 2]),
    Case("Reshape", #"{"target_shape": [-1, 2]}"#, [[nil, nil, 4]], [nil, nil, 2]),
    Case("Permute", #"{"dims": [2, 1]}"#, [[nil, nil, 4]], [nil, 4, nil]),
    Case("RepeatVector", #"{"n": 3}"#, [[nil, 4]], [nil, 3, 4]),
    Case("Add", "{}", [[nil, 3, 4], [nil, 4]], [nil, 3, 4]),
    Case("Add", "{}", [[nil, 1, 4], [2, nil, 4]], [2, nil, 4]),
    Case("Concatenate", #"{"axis": 1}"#, [[nil, 3, 4], [nil, 2, 4]], [nil, 5, 4]),
    Case("Concatenate", #"{"axis": 1}"#, [[nil, 3, 4], [nil, nil, 4]], [nil, nil, 4]),
    Case("Dot", #"{"axes": 1}"#, [[nil, 4], [nil, 4]], [nil, 1]),
    Case("Dot", #"{"axes": [2, 1]}"#, [[nil, 3, 4], [nil, 4, 5]], [nil, 3, 5]),
    Case("Conv1D", #"{"filters": 2, "kernel_size": 3}"#, [[nil, 8, 4]], [nil, 6, 2]),
    Case("Conv1D", #"{"filters": 2, "kernel_size": 3}"#, [[nil, nil, 4]], [nil, nil, 2]),
    Case(
      "Conv1D", #"{"filters": 2, "kernel_size": 3, "strides": 3, "padding": "causal"}"#,
      [[nil, 8, 4]], [nil, 3, 2]),
    Case(
      "Convolution2D",
      #"{"filters": 2, "kernel_size": [3, 2], "strides": 2, "padding": "same", "data_format": "channels_first"}"#,
      [[nil, 4, 9, nil]], [nil, 2, 5, nil]),
    Case(
      "Conv1D", #"{"filters": 2, "kernel_size": 3, "dilation_rate": 2}"#, [[nil, 8, 4]],
      [nil, 4, 2]),
    Case(
      "Conv2DTranspose", #"{"filters": 2, "kernel_size": 3, "strides": [2, 4]}"#,
      [[nil, 4, 5, 3]], [nil, 9, 20, 2]),
    Case(
      "Conv1DTranspose",
      #"{"filters": 2, "kernel_size": 4, "strides": 3, "padding": "same", "output_padding": 1}"#,
      [[nil, 4, 3]], [nil, 10, 2]),
    Case(
      "Conv1DTranspose", #"{"filters": 2, "kernel_size": 4, "strides": 3, "padding": "same"}"#,
      [[nil, nil, 3]], [nil, nil, 2]),
    Case(
      "DepthwiseConv2D", #"{"kernel_size": 3, "depth_multiplier": 2}"#, [[nil, 5, 6, 3]],
      [nil, 3, 4, 6]),
    Case("SeparableConv1D", #"{"filters": 5, "kernel_size": 2}"#, [[nil, 5, 3]], [nil, 4, 5]),
    Case("MaxPool1D", #"{"pool_size": 3}"#, [[nil, 8, 2]], [nil, 2, 2]),
    Case("AveragePooling1D", #"{"padding": "same"}"#, [[nil, 7, 2]], [nil, 4, 2]),
    Case("GlobalAvgPool2D", "{}", [[nil, nil, 5, 2]], [nil, 2]),
    Case("GlobalMaxPooling1D", #"{"keepdims": true}"#, [[nil, nil, 2]], [nil, 1, 2]),
    Case("AdaptiveMaxPooling2D", #"{"output_size": 3}"#, [[nil, nil, 5, 2]], [nil, 3, 3, 2]),
    Case("Cropping2D", #"{"cropping": [1, 2]}"#, [[nil, 8, nil, 3]], [nil, 6, nil, 3]),
    Case("ZeroPadding1D", #"{"padding": [1, 2]}"#, [[nil, 8, 3]], [nil, 11, 3]),
    Case("UpSampling3D", #"{"size": [1, 2, 3]}"#, [[nil, 2, nil, 2, 1]], [nil, 2, nil, 6, 1]),
    Case(
      "EinsumDense", #"{"equation": "...x,xy->...y", "output_shape": 5}"#, [[nil, nil, 3]],
      [nil, nil, 5]),
    Case(
      "EinsumDense", #"{"equation": "abc,cde->abde", "output_shape": [null, 2, 5]}"#,
      [[nil, 4, 3]], [nil, nil, 2, 5]),
  ]

  @Test(arguments: cases) func stated(_ test: Case) throws {
    let probe = try LayerProbe(test.className, test.config)
    var build = LayerBuild()
    let outputs = try build.build(
      probe.instance, BuildCall(test.inputs.map { TensorSpec($0) }))
    #expect(outputs.map(\.shape) == [test.output])
  }

  @Test func keras2FillsTheOpenExtentsOfAnEquation() throws {
    let probe = try LayerProbe(
      "EinsumDense", #"{"equation": "abc,cd->abd", "output_shape": [null, 5]}"#, kerasMajor: 2)
    #expect(try probe.shape([nil, 6, 3]) == [nil, 6, 5])
  }

  @Test func keras2TakesMoreBatchAxes() throws {
    let config = #"{"filters": 2, "kernel_size": 3}"#
    #expect(
      try LayerProbe("Conv1D", config, kerasMajor: 2).shape([nil, 5, 8, 3]) == [nil, 5, 6, 2])
    #expect(throws: LayerError.self) { try LayerProbe("Conv1D", config).shape([nil, 5, 8, 3]) }
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let className: String
    let config: String
    let inputs: [Shape]
    var testDescription: String { "\(className) \(config) \(inputs)" }

    init(_ className: String, _ config: String, _ inputs: [Shape]) {
      self.className = className
      self.config = config
      self.inputs = inputs
    }
  }

  static let refusals: [Refusal] = [
    Refusal("Reshape", #"{"target_shape": [5]}"#, [[nil, 3, 4]]),
    Refusal("Reshape", #"{"target_shape": [-1, 5]}"#, [[nil, 3, 4]]),
    Refusal("Permute", #"{"dims": [2, 1]}"#, [[nil, 3]]),
    Refusal("Add", "{}", [[nil, 3], [nil, 4]]),
    Refusal("Add", "{}", [[2, 3], [3, 3]]),
    Refusal("Concatenate", #"{"axis": 1}"#, [[nil, 3, 4], [nil, 3, 5]]),
    Refusal("Concatenate", #"{"axis": 3}"#, [[nil, 3, 4], [nil, 3, 4]]),
    Refusal("Dot", #"{"axes": 0}"#, [[nil, 4], [nil, 4]]),
    Refusal("Dot", #"{"axes": 1}"#, [[nil, 4], [nil, 5]]),
    Refusal("PReLU", "{}", [[nil, nil, 3]]),
    Refusal("BatchNormalization", "{}", [[nil, nil]]),
    Refusal("GroupNormalization", #"{"groups": 3}"#, [[nil, 4]]),
    Refusal("Conv1D", #"{"filters": 2, "kernel_size": 9}"#, [[nil, 8, 3]]),
    Refusal("Conv1D", #"{"filters": 2, "kernel_size": 3, "groups": 2}"#, [[nil, 8, 3]]),
    Refusal("Conv1D", #"{"filters": 2, "kernel_size": 3}"#, [[nil, 8, nil]]),
    Refusal(
      "Conv1D",
      #"{"filters": 2, "kernel_size": 9223372036854775807, "dilation_rate": 9223372036854775807}"#,
      [[nil, 8, 3]]),
    Refusal("UpSampling1D", #"{"size": 9223372036854775807}"#, [[nil, 8, 3]]),
    Refusal("ZeroPadding1D", #"{"padding": 9223372036854775807}"#, [[nil, 8, 3]]),
    Refusal("Cropping1D", #"{"cropping": 9223372036854775807}"#, [[nil, 8, 3]]),
    Refusal("Cropping1D", #"{"cropping": 4}"#, [[nil, 8, 3]]),
    Refusal("EinsumDense", #"{"equation": "abc,cd->abd", "output_shape": 5}"#, [[nil, 6, 3]]),
    Refusal(
      "EinsumDense",
      #"{"equation": "ab,bc->ac", "output_shape": 5, "bias_axes": "z"}"#, [[nil, 3]]),
  ]

  @Test(arguments: refusals) func refused(_ test: Refusal) throws {
    let probe = try LayerProbe(test.className, test.config)
    var build = LayerBuild()
    let error = #expect(throws: LayerError.self) {
      try build.build(probe.instance, BuildCall(test.inputs.map { TensorSpec($0) }))
    }
    #expect(error?.detail.isEmpty == false)
  }
}

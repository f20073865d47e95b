import HornbillCore
import HornbillLayers
import Testing

/// Configurations that a layer refuses, each with an error that names the field.
@Suite struct ConfigurationTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let className: String
    let config: String
    let message: String
    var testDescription: String { "\(className) \(config)" }

    init(_ className: String, _ config: String, _ message: String) {
      self.className = className
      self.config = config
      self.message = message
    }
  }

  static let cases: [Case] = [
    Case("Activation", "{}", #"Activation needs "activation""#),
    Case("ReLU", #"{"max_value": -1}"#, "ReLU.max_value: expected a number of at least 0"),
    Case("Softmax", #"{"axis": []}"#, "Softmax.axis: expected an axis"),
    Case("Dropout", "{}", #"Dropout needs "rate""#),
    Case("Dropout", #"{"rate": 2}"#, "Dropout.rate: expected a number from 0 to 1, found 2"),
    Case("Reshape", #"{"target_shape": [-1, -1]}"#, "Reshape.target_shape: expected a list"),
    Case("Reshape", #"{"target_shape": [-2]}"#, "Reshape.target_shape: expected a list"),
    Case("Permute", #"{"dims": [1, 3]}"#, "Permute.dims: expected the axes from 1 on"),
    Case("RepeatVector", #"{"n": 0}"#, "RepeatVector.n: expected an integer above 0"),
    Case("Dot", #"{"axes": [1, 2, 3]}"#, "Dot.axes: expected an axis or two"),
    Case("Conv2D", #"{"kernel_size": 3}"#, #"Conv2D needs "filters""#),
    Case(
      "Conv2D", #"{"filters": 2, "kernel_size": [3]}"#,
      "Conv2D.kernel_size: expected 2 integers above 0"),
    Case(
      "Conv2D", #"{"filters": 2, "kernel_size": 3, "padding": "causal"}"#,
      #"Conv2D.padding: expected "valid" or "same", found "causal""#),
    Case(
      "Conv1D", #"{"filters": 2, "kernel_size": 3, "padding": "full"}"#,
      #"Conv1D.padding: expected "valid" or "same" or "causal", found "full""#),
    Case(
      "Conv1D", #"{"filters": 2, "kernel_size": 3, "strides": 0}"#,
      "Conv1D.strides: expected 1 integers above 0"),
    Case(
      "Conv1D", #"{"filters": 3, "kernel_size": 3, "groups": 2}"#,
      "Conv1D.filters: expected a multiple of the 2 groups, found 3"),
    Case(
      "Conv1D", #"{"filters": 3, "kernel_size": 3, "data_format": "last"}"#,
      "Conv1D.data_format: expected"),
    Case(
      "Conv1DTranspose", #"{"filters": 3, "kernel_size": 3, "output_padding": -1}"#,
      "Conv1DTranspose.output_padding: expected 1 integers of at least 0"),
    Case(
      "MaxPooling2D", #"{"padding": "causal"}"#,
      #"MaxPooling2D.padding: expected "valid" or "same""#),
    Case(
      "ZeroPadding2D", #"{"padding": [[1, 2], [3]]}"#,
      "ZeroPadding2D.padding: expected 2 pairs of integers of at least 0"),
    Case(
      "Cropping1D", #"{"cropping": [-1, 0]}"#,
      "Cropping1D.cropping: expected 1 pairs of integers of at least 0"),
    Case(
      "UpSampling2D", #"{"interpolation": "cubic"}"#, "UpSampling2D.interpolation: expected"),
    Case(
      "GroupNormalization", #"{"groups": 0}"#,
      "GroupNormalization.groups: expected an integer above 0, or -1"),
    Case("SpectralNormalization", "{}", #"SpectralNormalization needs "layer""#),
    Case(
      "EinsumDense", #"{"equation": "ab,bc", "output_shape": 3}"#, "EinsumDense.equation: expected"),
    Case(
      "EinsumDense", #"{"equation": "a+b->c", "output_shape": 3}"#, "is not an einsum equation"),
    Case("EinsumDense", #"{"equation": "ab,bc->ac"}"#, #"EinsumDense needs "output_shape""#),
    Case(
      "LocallyConnected1D", #"{"filters": 2, "kernel_size": 3, "implementation": 4}"#,
      "LocallyConnected1D.implementation: expected 1, 2 or 3"),
    Case(
      "LocallyConnected1D", #"{"filters": 2, "kernel_size": 3, "padding": "same"}"#,
      #"LocallyConnected1D.padding: expected "valid""#),
  ]

  @Test(arguments: cases) func namesTheField(_ test: Case) throws {
    let error = try #require(throws: LayerError.self) {
      try LayerProbe(test.className, test.config)
    }
    #expect(error.detail.contains(test.message), "\(error)")
    #expect(error.code == .configuration || error.code == .unsupported)
  }
}

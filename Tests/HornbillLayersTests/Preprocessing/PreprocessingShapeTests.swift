import HornbillCore
import HornbillLayers
import Testing

/// Shapes and types that preprocessing layers state before a model runs.
@Suite struct PreprocessingShapeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let className: String
    let config: String
    let input: Shape
    let output: Shape
    let dtype: DType
    let kerasMajor: Int
    var testDescription: String { "\(className) \(config) \(input)" }

    init(
      _ className: String, _ config: String, _ input: Shape, _ output: Shape,
      _ dtype: DType = .float32, kerasMajor: Int = 3
    ) {
      self.className = className
      self.config = config
      self.input = input
      self.output = output
      self.dtype = dtype
      self.kerasMajor = kerasMajor
    }
  }

  static let cases: [Case] = [
    Case("CategoryEncoding", #"{"num_tokens": 5}"#, [nil, 3], [nil, 5]),
    Case("CategoryEncoding", #"{"num_tokens": 5}"#, [], [5]),
    Case("CategoryEncoding", #"{"num_tokens": 5, "output_mode": "one_hot"}"#, [nil, 1], [nil, 5]),
    Case(
      "CategoryEncoding", #"{"num_tokens": 5, "output_mode": "one_hot"}"#, [nil, nil],
      [nil, nil, 5]),
    Case("Discretization", #"{"bin_boundaries": [0, 1]}"#, [nil, 3], [nil, 3], .int32),
    Case(
      "Discretization", #"{"bin_boundaries": [0, 1], "dtype": "int64"}"#, [nil, 3], [nil, 3],
      .int64, kerasMajor: 2),
    Case(
      "Discretization", #"{"bin_boundaries": [0, 1], "output_mode": "count"}"#, [nil, 3],
      [nil, 3]),
    Case(
      "Discretization", #"{"bin_boundaries": [0, 1], "output_mode": "one_hot"}"#, [nil, 1],
      [nil, 3]),
    Case("Hashing", #"{"num_bins": 4}"#, [nil, 3], [nil, 3], .int64),
    Case("Hashing", #"{"num_bins": 4, "output_mode": "multi_hot"}"#, [nil, 3], [nil, 4]),
    Case("HashedCrossing", #"{"num_bins": 4, "output_mode": "one_hot"}"#, [nil, 1], [nil, 4]),
    Case("StringLookup", #"{"vocabulary": ["a"]}"#, [nil, nil], [nil, nil], .int64),
    Case(
      "StringLookup", #"{"vocabulary": ["a"], "output_mode": "count"}"#, [nil, 3], [nil, 2],
      .int64),
    Case(
      "StringLookup", #"{"vocabulary": ["a"], "output_mode": "count"}"#, [nil, 3], [nil, 2],
      kerasMajor: 2),
    Case(
      "StringLookup",
      #"{"vocabulary": ["a"], "output_mode": "count", "max_tokens": 9, "pad_to_max_tokens": true}"#,
      [nil, 3], [nil, 9], .int64),
    Case(
      "StringLookup", #"{"vocabulary_size": 7, "output_mode": "multi_hot"}"#, [nil, 3], [nil, 7],
      .int64),
    Case("StringLookup", #"{"output_mode": "multi_hot"}"#, [nil, 3], [nil, nil], .int64),
    Case("StringLookup", #"{"vocabulary": ["a"], "invert": true}"#, [nil, 3], [nil, 3], .string),
    Case("IntegerLookup", #"{"vocabulary": [3], "invert": true}"#, [nil], [nil], .int64),
    Case("TextVectorization", "{}", [nil, 1], [nil, nil], .int64),
    Case("TextVectorization", #"{"output_sequence_length": 6}"#, [nil], [nil, 6], .int64),
    Case(
      "TextVectorization", #"{"vocabulary": ["a", "b"], "output_mode": "count"}"#, [nil, 1],
      [nil, 1, 3], .int64),
    Case(
      "TextVectorization", #"{"vocabulary": ["a", "b"], "output_mode": "count"}"#, [nil, 1],
      [nil, 3], kerasMajor: 2),
    Case(
      "TextVectorization",
      #"{"vocabulary": ["a"], "idf_weights": [1], "output_mode": "tf_idf"}"#, [nil], [nil, 2]),
    Case("Rescaling", #"{"scale": 2}"#, [nil, nil, 3], [nil, nil, 3]),
    Case("Normalization", #"{"mean": 1, "variance": 2}"#, [nil, 3], [nil, 3]),
    Case("Resizing", #"{"height": 4, "width": 5}"#, [nil, nil, nil, 3], [nil, 4, 5, 3]),
    Case("Resizing", #"{"height": 4, "width": 5}"#, [9, 9, 3], [4, 5, 3]),
    Case(
      "Resizing", #"{"height": 4, "width": 5, "data_format": "channels_first"}"#,
      [nil, 3, 9, nil], [nil, 3, 4, 5]),
    Case("CenterCrop", #"{"height": 4, "width": 5}"#, [nil, 9, 9, nil], [nil, 4, 5, nil]),
    Case("RandomCrop", #"{"height": 4, "width": 5}"#, [nil, 9, 9, 3], [nil, 4, 5, 3]),
    Case("RandomHeight", #"{"factor": 0.2}"#, [nil, 9, 8, 3], [nil, nil, 8, 3], kerasMajor: 2),
    Case("RandomWidth", #"{"factor": 0.2}"#, [nil, 9, 8, 3], [nil, 9, nil, 3], kerasMajor: 2),
    Case(
      "MelSpectrogram", #"{"sequence_stride": 100, "num_mel_bins": 7}"#, [nil, 800], [nil, 7, 9]),
    Case("MelSpectrogram", "{}", [nil, nil], [nil, 128, nil]),
    Case(
      "STFTSpectrogram", #"{"frame_length": 8, "mode": "stft"}"#, [nil, 20, 2], [nil, 4, 20]),
    Case(
      "STFTSpectrogram", #"{"frame_length": 8, "padding": "same", "expand_dims": true}"#,
      [nil, nil, 2], [nil, nil, 5, 2]),
    Case(
      "STFTSpectrogram", #"{"frame_length": 8, "data_format": "channels_first"}"#, [nil, 2, 20],
      [nil, 10, 4]),
    Case(
      "Pipeline",
      #"{"layers": [{"class_name": "RandomFlip", "config": {}}, {"class_name": "Resizing", "config": {"height": 4, "width": 5}}]}"#,
      [nil, 9, 9, 3], [nil, 4, 5, 3]),
  ]

  @Test(arguments: cases)
  func shapes(case: Case) throws {
    let probe = try PreprocessingProbe(
      `case`.className, `case`.config, kerasMajor: `case`.kerasMajor)
    let found = try probe.spec(`case`.input)
    #expect(found == [TensorSpec(`case`.output, `case`.dtype)])
  }

  @Test func variables() throws {
    #expect(
      try PreprocessingProbe("Normalization", #"{"axis": [1, -1]}"#).variables([nil, 4, 5, 3])
        == ["mean (4, 3) float32", "variance (4, 3) float32", "count () int64"])
    #expect(
      try PreprocessingProbe("Normalization", #"{"axis": null}"#).variables([nil, 4])
        == ["mean () float32", "variance () float32", "count () int64"])
    #expect(
      try PreprocessingProbe("STFTSpectrogram", #"{"frame_length": 6, "mode": "imag"}"#)
        .variables([nil, 20, 1]) == ["imag_kernel (6, 1, 5) float32"])
    #expect(
      try PreprocessingProbe(
        "StringLookup", #"{"output_mode": "tf_idf", "vocabulary_size": 4}"#
      ).variables([nil, 2]) == ["idf_weights (4) float32"])
  }

  @Test func unknownExtentsOfStatistics() throws {
    let error = #expect(throws: LayerError.self) {
      try PreprocessingProbe("Normalization", "{}").spec([nil, nil])
    }
    #expect(error?.code == .shape)
  }

  @Test(arguments: ["Resizing", "CenterCrop", "RandomCrop"])
  func imagesHaveThreeOrFourAxes(className: String) throws {
    let probe = try PreprocessingProbe(className, #"{"height": 4, "width": 5}"#)
    let error = #expect(throws: LayerError.self) { try probe.spec([nil, 3]) }
    #expect(error?.code == .shape)
  }
}

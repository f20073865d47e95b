import HornbillCore
import HornbillLayers
import Testing

/// What the configurations of preprocessing layers must say, and what they may not.
@Suite struct PreprocessingConfigTests {
  struct Fault: Sendable, CustomTestStringConvertible {
    let className: String
    let config: String
    let words: [String]
    var testDescription: String { "\(className) \(config)" }

    init(_ className: String, _ config: String, _ words: String...) {
      self.className = className
      self.config = config
      self.words = words
    }
  }

  static let faults: [Fault] = [
    Fault("CategoryEncoding", "{}", "num_tokens", "absent"),
    Fault(
      "CategoryEncoding", #"{"num_tokens": 3, "output_mode": "int"}"#, "output_mode", "multi_hot"),
    Fault("Discretization", #"{"bin_boundaries": ["a"]}"#, "bin_boundaries"),
    Fault("Discretization", #"{"bin_boundaries": [[1], [2, 3]]}"#, "bin_boundaries"),
    Fault("Hashing", #"{"num_bins": 0}"#, "Hashing.num_bins", "0"),
    Fault("Hashing", #"{"num_bins": 3, "salt": [1]}"#, "salt"),
    Fault("Hashing", #"{"num_bins": 3, "mask_value": 1.5}"#, "mask_value"),
    Fault("HashedCrossing", #"{"num_bins": 3, "output_mode": "count"}"#, "output_mode"),
    Fault("StringLookup", #"{"vocabulary": ["a", 1]}"#, "vocabulary"),
    Fault("StringLookup", #"{"num_oov_indices": -1}"#, "num_oov_indices", "-1"),
    Fault(
      "StringLookup", #"{"invert": true, "output_mode": "count"}"#, "output_mode", "count"),
    Fault("StringLookup", #"{"pad_to_max_tokens": true}"#, "max_tokens", "absent"),
    Fault("IntegerLookup", #"{"vocabulary": [1, "b"]}"#, "vocabulary"),
    Fault("IntegerLookup", #"{"oov_token": "x"}"#, "oov_token", "int64"),
    Fault("TextVectorization", #"{"standardize": "upper"}"#, "standardize", "upper"),
    Fault("TextVectorization", #"{"split": "word"}"#, "split", "word", "character"),
    Fault("TextVectorization", #"{"ngrams": 0}"#, "ngrams", "0"),
    Fault(
      "TextVectorization", #"{"output_sequence_length": -3}"#, "output_sequence_length", "-3"),
    Fault("Normalization", #"{"mean": [1, 2]}"#, "variance"),
    Fault("Normalization", #"{"mean": "a", "variance": 1}"#, "mean"),
    Fault("Rescaling", "{}", "scale", "absent"),
    Fault("Rescaling", #"{"scale": {"a": 1}}"#, "scale"),
    Fault("Resizing", #"{"height": 3}"#, "width", "absent"),
    Fault(
      "Resizing", #"{"height": 3, "width": 3, "interpolation": "cubic"}"#, "interpolation",
      "cubic", "bicubic"),
    Fault(
      "Resizing",
      #"{"height": 3, "width": 3, "crop_to_aspect_ratio": true, "pad_to_aspect_ratio": true}"#,
      "pad_to_aspect_ratio"),
    Fault(
      "Resizing", #"{"height": 3, "width": 3, "fill_mode": "reflect"}"#, "fill_mode", "reflect"),
    Fault("CenterCrop", #"{"height": -1, "width": 3}"#, "height", "-1"),
    Fault("RandomCrop", #"{"height": 2}"#, "width", "absent"),
    Fault("AutoContrast", #"{"value_range": [1]}"#, "value_range"),
    Fault("RandomHue", "{}", "factor", "absent"),
    Fault("RandomZoom", #"{"height_factor": [1, 2, 3]}"#, "height_factor", "two numbers"),
    Fault("RandomFlip", #"{"mode": "diagonal"}"#, "mode", "diagonal", "vertical"),
    Fault(
      "RandomRotation", #"{"factor": 0.1, "fill_mode": "edge"}"#, "fill_mode", "edge", "reflect"),
    Fault("RandomShear", #"{"seed": "x"}"#, "seed"),
    Fault(
      "ContrastLimitedAdaptiveHistogramEqualization", #"{"tile_grid_size": [0, 2]}"#,
      "tile_grid_size"),
    Fault("MaxNumBoundingBoxes", "{}", "max_number", "absent"),
    Fault("MelSpectrogram", #"{"window": "kaiser"}"#, "window", "kaiser"),
    Fault("MelSpectrogram", #"{"fft_length": 4, "sequence_length": 8}"#, "sequence_length"),
    Fault("STFTSpectrogram", #"{"mode": "power"}"#, "mode", "power", "magnitude"),
    Fault("STFTSpectrogram", #"{"frame_length": 8, "frame_step": 9}"#, "frame_step"),
    Fault("STFTSpectrogram", #"{"frame_length": 8, "fft_length": 4}"#, "fft_length"),
    Fault("STFTSpectrogram", #"{"padding": "causal"}"#, "padding", "causal"),
    Fault("Pipeline", "{}", "layers", "absent"),
  ]

  @Test(arguments: faults)
  func faultsAreNamed(fault: Fault) {
    let error = #expect(throws: LayerError.self) {
      try PreprocessingProbe(fault.className, fault.config)
    }
    #expect(error?.code == .configuration)
    for word in fault.words {
      #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
    }
    #expect(error?.description.contains("\n") == false)
  }

  @Test(arguments: LayerRegistry.builtIn.compactMap { $0 as? any ImageAugmentation.Type })
  func augmentationsLeaveImagesAlone(type: any ImageAugmentation.Type) throws {
    let config =
      #"{"factor": 0.2, "height_factor": 0.2, "width_factor": [-0.1, 0.1], "seed": null}"#
    let probe = try PreprocessingProbe(type.className, config)
    let images = Tensor(shape: [1, 2, 2, 3], (0..<12).map { Float($0) })
    #expect(try probe.run(images)[0].doubles == images.doubles)
  }

  struct Refused: Sendable, CustomTestStringConvertible {
    let className: String
    let config: String
    let words: String
    var testDescription: String { "\(className) \(config)" }
  }

  static let refused: [Refused] = [
    Refused(className: "StringLookup", config: "{}", words: "save the model as .keras"),
    Refused(
      className: "StringLookup", config: #"{"vocabulary": "/etc/pass\u001bwd"}"#,
      words: #"/etc/pass\u{1b}wd"#),
    Refused(
      className: "TextVectorization", config: #"{"vocabulary": "https://example.org/v.txt"}"#,
      words: "outside of the model"),
    Refused(
      className: "TextVectorization",
      config: #"{"vocabulary": ["a"], "split": {"class_name": "function", "config": "f"}}"#,
      words: "\"split\" is a function"),
    Refused(
      className: "TextVectorization", config: #"{"vocabulary": ["a"], "ragged": true}"#,
      words: "ragged"),
    Refused(
      className: "TextVectorization",
      config: #"{"vocabulary": ["a"], "split": null, "ngrams": 2}"#, words: "n-grams"),
    Refused(
      className: "TextVectorization", config: #"{"vocabulary": ["a"], "output_mode": "one_hot"}"#,
      words: "ragged"),
  ]

  /// Such layers are listed, but do not run.
  @Test(arguments: refused)
  func refusals(refused: Refused) throws {
    let probe = try PreprocessingProbe(refused.className, refused.config)
    #expect(try probe.spec([nil], .string).count == 1)
    let error = #expect(throws: LayerError.self) {
      try probe.run(Tensor(shape: [1], text: ["a"]))
    }
    #expect(error?.code == .unsupported)
    #expect(error?.description.contains(refused.words) == true, "\(error?.description ?? "")")
  }

  @Test func boundariesThatTheFileDoesNotHold() throws {
    let probe = try PreprocessingProbe("Discretization", #"{"num_bins": 4}"#, kerasMajor: 2)
    let error = #expect(throws: LayerError.self) {
      try probe.run(Tensor(shape: [1], [1 as Float]))
    }
    #expect(error?.code == .unsupported)
  }
}

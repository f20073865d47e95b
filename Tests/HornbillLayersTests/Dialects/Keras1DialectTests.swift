import HornbillCore
import HornbillLayers
import Testing

@Suite("Configurations of Keras 1")
struct Keras1DialectTests {
  @Test(
    "fields get their names of today",
    arguments: [
      ("Dense", #"{"output_dim": 3, "bias": false}"#, #"{"units": 3, "use_bias": false}"#),
      (
        "GRU", #"{"output_dim": 2, "inner_activation": "sigmoid", "dropout_W": 0.1}"#,
        #"{"units": 2, "recurrent_activation": "sigmoid", "dropout": 0.1}"#
      ),
      (
        "LSTM", #"{"output_dim": 2, "forget_bias_init": "one", "dropout_U": 0.5}"#,
        #"{"units": 2, "unit_forget_bias": true, "recurrent_dropout": 0.5}"#
      ),
      ("LSTM", #"{"forget_bias_init": "zero"}"#, #"{"unit_forget_bias": false}"#),
      ("MaxPooling1D", #"{"pool_length": 4, "stride": 2}"#, #"{"pool_size": 4, "strides": 2}"#),
      (
        "MaxPooling2D", #"{"border_mode": "same", "dim_ordering": "tf"}"#,
        #"{"padding": "same", "data_format": "channels_last"}"#
      ),
      ("UpSampling1D", #"{"length": 3}"#, #"{"size": 3}"#),
      ("Dropout", #"{"p": 0.25}"#, #"{"rate": 0.25}"#),
      ("SpatialDropout2D", #"{"p": 0.25}"#, #"{"rate": 0.25}"#),
      ("GaussianNoise", #"{"sigma": 0.5}"#, #"{"stddev": 0.5}"#),
      ("PReLU", #"{"init": "zero"}"#, #"{"alpha_initializer": "zero"}"#),
      (
        "Embedding", #"{"input_dim": 5, "output_dim": 2, "init": "uniform", "dropout": 0.1}"#,
        #"{"input_dim": 5, "output_dim": 2, "embeddings_initializer": "uniform"}"#
      ),
      (
        "ConvLSTM2D", #"{"nb_filter": 2, "nb_row": 3, "nb_col": 4, "inner_init": "one"}"#,
        #"{"filters": 2, "kernel_size": [3, 4], "recurrent_initializer": "one"}"#
      ),
    ])
  func renames(className: String, old: String, new: String) throws {
    let result = try upgrade(className, old)
    #expect(result.className == className)
    for (field, value) in try #require(json(new).object).pairs {
      #expect(result.fields[field] == value, "\(field)")
    }
    let kept = try #require(json(old).object).keys.filter { try json(new)[$0] == nil }
    for field in kept { #expect(result.fields[field] == nil, "\(field)") }
    #expect(!result.changes.isEmpty)
  }

  @Test(
    "classes get their names of today",
    arguments: [
      ("Convolution1D", #"{"nb_filter": 2, "filter_length": 3}"#, "Conv1D", "3"),
      ("Convolution2D", #"{"nb_filter": 2, "nb_row": 3, "nb_col": 5}"#, "Conv2D", "[3, 5]"),
      (
        "Convolution3D", #"{"nb_filter": 2, "kernel_dim1": 1, "kernel_dim2": 2, "kernel_dim3": 3}"#,
        "Conv3D", "[1, 2, 3]"
      ),
      ("AtrousConvolution1D", #"{"filter_length": 3, "atrous_rate": 2}"#, "Conv1D", "3"),
      ("AtrousConvolution2D", #"{"nb_row": 3, "nb_col": 3}"#, "Conv2D", "[3, 3]"),
      ("SeparableConvolution2D", #"{"nb_row": 3, "nb_col": 3}"#, "SeparableConv2D", "[3, 3]"),
    ])
  func classes(old: String, config: String, new: String, kernel: String) throws {
    let result = try upgrade(old, config)
    #expect(result.className == new)
    #expect(result.fields["kernel_size"] == (try json(kernel)))
    #expect(result.changes.contains("renamed class \(old) to \(new)"))
  }

  @Test("a dense layer over time is a dense layer")
  func timeDistributedDense() throws {
    let result = try upgrade("TimeDistributedDense", #"{"output_dim": 3, "input_length": 4}"#)
    #expect(result.className == "Dense")
    #expect(result.fields["units"] == .integer(3))
    #expect(result.changes.contains("dropped input_length=4"))
  }

  @Test("the atrous rate is the dilation")
  func atrous() throws {
    let result = try upgrade("AtrousConvolution2D", #"{"atrous_rate": [2, 3]}"#)
    #expect(result.fields["dilation_rate"] == (try json("[2, 3]")))
  }

  @Test(
    "the channel order",
    arguments: [("th", "channels_first"), ("tf", "channels_last"), ("default", nil)])
  func dimensionOrdering(old: String, new: String?) throws {
    let result = try upgrade("Convolution2D", #"{"dim_ordering": "\#(old)"}"#)
    #expect(result.fields["data_format"]?.string == new)
    #expect(result.fields["dim_ordering"] == nil)
  }

  @Test("an absent gate activation is the hard sigmoid")
  func gateActivation() throws {
    let result = try upgrade("LSTM", #"{"output_dim": 2}"#, keras: 1)
    #expect(result.fields["recurrent_activation"] == .string("hard_sigmoid"))
    #expect(result.changes.contains("recurrent_activation absent, so hard_sigmoid"))
  }

  @Test(
    "the output size of a transposed convolution decides its padding",
    arguments: [
      ("same", 3, 2, 8, nil), ("same", 3, 2, 7, 0), ("same", 2, 2, 7, 1),
      ("valid", 3, 2, 9, nil), ("valid", 3, 2, 10, 1), ("valid", 2, 3, 9, nil),
      ("valid", 2, 3, 8, 0), ("valid", 2, 3, 7, 2),
    ] as [(String, Int, Int, Int, Int?)])
  func deconvolution(mode: String, kernel: Int, stride: Int, size: Int, padding: Int?) throws {
    let result = try upgrade(
      "Deconvolution2D",
      """
      {"nb_filter": 1, "nb_row": \(kernel), "nb_col": \(kernel), "subsample": [\(stride), \(stride)],
      "border_mode": "\(mode)", "dim_ordering": "tf", "output_shape": [null, \(size), \(size), 1]}
      """)
    #expect(result.className == "Conv2DTranspose")
    #expect(result.fields["output_shape"] == nil)
    let expected = try padding.map { try json("[\($0), \($0)]") }
    #expect(result.fields["output_padding"] == expected)
  }

  @Test("the output size is read after the channels when they come first")
  func deconvolutionChannelsFirst() throws {
    let result = try upgrade(
      "Deconvolution2D",
      """
      {"nb_row": 3, "nb_col": 3, "subsample": [2, 2], "border_mode": "same", "dim_ordering": "th",
      "output_shape": [null, 5, 7, 8]}
      """)
    #expect(result.fields["output_padding"] == (try json("[0, 1]")))
  }

  @Test("a transposed convolution with an output shape of three extents is refused")
  func badOutputShape() {
    #expect(throws: LayerError.self) {
      try upgrade(
        "Deconvolution2D", #"{"nb_row": 3, "nb_col": 3, "output_shape": [null, 5, 7]}"#)
    }
  }

  @Test(
    "zero padding in every form",
    arguments: [
      ("ZeroPadding2D", "[1, 2]", "[1, 2]"),
      ("ZeroPadding2D", "[1, 2, 3, 4]", "[[1, 2], [3, 4]]"),
      ("ZeroPadding2D", #"{"top_pad": 1, "left_pad": 2}"#, "[[1, 0], [2, 0]]"),
      ("ZeroPadding1D", #"{"left_pad": 1, "right_pad": 2}"#, "[1, 2]"),
    ])
  func padding(className: String, old: String, new: String) throws {
    let result = try upgrade(className, #"{"padding": \#(old)}"#)
    #expect(result.fields["padding"] == (try json(new)))
  }

  @Test(
    "batch normalisation by mode",
    arguments: [(0, "BatchNormalization"), (1, "LegacyBatchNormalization")])
  func batchNormalization(mode: Int, className: String) throws {
    let result = try upgrade("BatchNormalization", #"{"mode": \#(mode), "axis": 1}"#)
    #expect(result.className == className)
    #expect((result.fields["mode"] == nil) == (mode == 0))
  }

  @Test("a mode of batch normalisation that does not exist is refused")
  func badMode() {
    #expect(throws: LayerError.self) { try upgrade("BatchNormalization", #"{"mode": 3}"#) }
  }

  @Test(
    "Merge by mode",
    arguments: [
      ("sum", "Add"), ("mul", "Multiply"), ("ave", "Average"), ("max", "Maximum"),
      ("concat", "Concatenate"), ("dot", "Dot"), ("cos", "Merge"),
    ])
  func merge(mode: String, className: String) throws {
    let result = try upgrade(
      "Merge", #"{"mode": "\#(mode)", "concat_axis": 2, "dot_axes": [[1], [2]]}"#)
    #expect(result.className == className)
    if mode == "concat" { #expect(result.fields["axis"] == .integer(2)) }
    if mode == "dot" || mode == "cos" {
      #expect(result.fields["axes"] == (try json("[1, 2]")))
    }
  }

  @Test("a mode of Merge that does not exist is refused")
  func badMerge() {
    #expect(throws: LayerError.self) { try upgrade("Merge", #"{"mode": "join"}"#) }
    #expect(throws: LayerError.self) { try upgrade("Merge", #"{"mode": 3}"#) }
  }

  @Test("a Merge that is code can be listed")
  func mergeOfCode() throws {
    let (instance, _) = try decode(
      #"{"class_name": "Merge", "config": {"name": "m", "mode": "abc", "mode_type": "lambda"}}"#)
    #expect((instance.layer as? OpaqueLayer)?.reason == .code)
  }

  @Test("padding without a channel order takes its neighbour's")
  func silentLayers() throws {
    let (instance, changes) = try decode(
      """
      {"class_name": "Sequential", "config": [
      {"class_name": "ZeroPadding2D", "config": {"name": "pad", "padding": [1, 1],
      "batch_input_shape": [null, 2, 6, 5]}},
      {"class_name": "Convolution2D", "config": {"name": "conv", "nb_filter": 4, "nb_row": 3,
      "nb_col": 3, "dim_ordering": "th", "border_mode": "valid", "subsample": [1, 1]}},
      {"class_name": "Flatten", "config": {"name": "flat"}}]}
      """, keras: 1)
    #expect(changes.contains { $0.contains("joined dim_ordering to data_format=channels_first") })
    let source = (instance.layer as? Sequential)?.layers.first?.source
    #expect(source?["config"]?["dim_ordering"] == .string("th"))
  }
}

import HornbillCore
import HornbillLayers
import Testing

@Suite("Configurations of Keras 2 and tf.keras")
struct Keras2DialectTests {
  @Test("time_major=false goes, true stays and is noted")
  func timeMajor() throws {
    let plain = try upgrade("LSTM", #"{"units": 2, "time_major": false}"#)
    #expect(plain.fields["time_major"] == nil)
    #expect(plain.changes == ["dropped time_major=false"])
    let turned = try upgrade("LSTM", #"{"units": 2, "time_major": true}"#)
    #expect(turned.fields["time_major"] == .bool(true))
    #expect(turned.changes == ["kept time_major=true, which Keras 3 does not have"])
  }

  @Test("an absent reset_after is false before Keras 3 only", arguments: ["GRU", "GRUCell"])
  func resetAfter(className: String) throws {
    for major in [1, 2] {
      let old = try upgrade(className, #"{"units": 2}"#, keras: major)
      #expect(old.fields["reset_after"] == .bool(false))
      #expect(old.changes.contains("reset_after absent, so false"))
    }
    #expect(try upgrade(className, #"{"units": 2}"#, keras: 3).fields["reset_after"] == nil)
    let stated = try upgrade(className, #"{"units": 2, "reset_after": true}"#)
    #expect(stated.fields["reset_after"] == .bool(true))
    #expect(stated.changes.isEmpty)
  }

  @Test(
    "fields without a meaning at inference go",
    arguments: [
      ("DepthwiseConv2D", "groups", "1"), ("Conv2DTranspose", "groups", "1"),
      ("SeparableConv1D", "groups", "1"), ("LSTM", "implementation", "2"),
      ("Embedding", "input_length", "10"), ("MultiHeadAttention", "query_shape", "[null, 4]"),
      ("Dense", "batch_input_shape", "[null, 4]"), ("Attention", "causal", "false"),
      ("BatchNormalization", "fused", "true"),
    ])
  func dropped(className: String, field: String, value: String) throws {
    let result = try upgrade(className, #"{"\#(field)": \#(value)}"#, keras: 3)
    #expect(result.fields[field] == nil)
    #expect(result.changes.count == 1)
    #expect(result.changes.first?.hasPrefix("dropped \(field)=\(value)") == true)
  }

  @Test("the implementation of a locally connected layer says how its weights lie, so it stays")
  func localImplementation() throws {
    let result = try upgrade("LocallyConnected1D", #"{"implementation": 2}"#)
    #expect(result.fields["implementation"] == .integer(2))
  }

  @Test("an input's shape")
  func input() throws {
    let result = try upgrade(
      "InputLayer",
      #"{"batch_input_shape": [null, 3], "dtype": "int32", "sparse": false, "ragged": false}"#)
    #expect(result.fields["batch_shape"] == (try json("[null, 3]")))
    #expect(result.fields["sparse"] == nil)
    #expect(result.fields["ragged"] == nil)
    #expect(result.fields["dtype"] == .string("int32"))
    let old = try upgrade("InputLayer", #"{"batch_input_shape": [2], "input_dtype": "int32"}"#)
    #expect(old.fields["dtype"] == .string("int32"))
  }

  @Test("an input of Keras 3 stays as it is")
  func inputOfKeras3() throws {
    let result = try upgrade(
      "InputLayer", #"{"batch_shape": [null, 3], "sparse": false, "ragged": false}"#, keras: 3)
    #expect(result.changes.isEmpty)
    #expect(result.fields["sparse"] == .bool(false))
  }

  @Test("a list of one axis is the axis; of two axes it stays")
  func axis() throws {
    #expect(try upgrade("BatchNormalization", #"{"axis": [3]}"#).fields["axis"] == .integer(3))
    let two = try upgrade("BatchNormalization", #"{"axis": [1, 2]}"#)
    #expect(two.fields["axis"] == (try json("[1, 2]")))
  }

  @Test("LeakyReLU's alpha, also as an array of Keras 2.2")
  func leakyReLU() throws {
    let plain = try upgrade("LeakyReLU", #"{"alpha": 0.1}"#)
    #expect(plain.fields["negative_slope"] == .double(0.1))
    let array = try upgrade("LeakyReLU", #"{"alpha": {"type": "ndarray", "value": 0.25}}"#)
    #expect(array.fields["negative_slope"] == .double(0.25))
  }

  @Test(
    "dtype in every spelling",
    arguments: [
      (#""float32""#, "float32"), (#""float32_ref""#, "float32"), (#""half""#, "float16"),
      (#""<dtype: 'int64'>""#, "int64"),
      (#"{"class_name": "Policy", "config": {"name": "mixed_float16"}}"#, "mixed_float16"),
      (
        #"{"class_name": "PolicyV1", "config": {"name": "mixed_float16", "loss_scale": {"class_name": "DynamicLossScale"}}}"#,
        "mixed_float16"
      ),
      (#"{"class_name": "Policy", "config": {"name": "infer"}}"#, "float32"),
    ])
  func dtype(old: String, new: String) throws {
    let result = try upgrade("Dense", #"{"units": 1, "dtype": \#(old)}"#)
    #expect(result.fields["dtype"] == .string(new))
  }

  @Test("tuples are lists, however deep; arrays stay")
  func tuples() throws {
    let result = try upgrade(
      "Conv2D",
      #"{"kernel_size": {"class_name": "__tuple__", "items": [1, {"class_name": "__tuple__", "items": [2]}]}}"#
    )
    #expect(result.fields["kernel_size"] == (try json("[1, [2]]")))
    let array = #"{"class_name": "__numpy__", "config": {"value": [1.0], "dtype": "float32"}}"#
    #expect(try upgrade("Rescaling", #"{"scale": \#(array)}"#).fields["scale"] == json(array))
  }

  @Test(
    "names of classes that tf.keras once had",
    arguments: [
      ("BatchNormalizationV1", "BatchNormalization"), ("UnifiedLSTM", "LSTM"),
      ("SyncBatchNormalization", "BatchNormalization"),
    ])
  func classNames(old: String, new: String) throws {
    #expect(try upgrade(old, "{}").className == new)
  }

  @Test("words of the experimental preprocessing layers")
  func preprocessing() throws {
    let result = try upgrade("CategoryEncoding", #"{"max_tokens": 5, "output_mode": "binary"}"#)
    #expect(result.fields["num_tokens"] == .integer(5))
    #expect(result.fields["output_mode"] == .string("multi_hot"))
  }

  @Test("an initialiser of the author's own is noted, Keras's are not")
  func initializers() throws {
    let result = try upgrade(
      "Dense",
      """
      {"units": 1, "kernel_initializer": {"class_name": "Mine", "config": {}},
      "bias_initializer": {"class_name": "Zeros", "config": {}}, "kernel_regularizer": null,
      "bias_regularizer": {"name": "L1L2Regularizer", "l1": 0, "l2": 0},
      "bias_constraint": {"class_name": "function", "config": "clip", "registered_name": "clip"}}
      """)
    #expect(
      result.changes == [
        "custom initializer Mine of kernel_initializer left aside",
        "custom constraint clip of bias_constraint left aside",
      ])
  }

  @Test("a change is noted once, however often the layer is decoded")
  func once() throws {
    let context = DecodingContext(rules: SemanticRules(kerasMajor: 2))
    for _ in 0..<2 {
      _ = try ConfigDialect.upgraded(
        JSONObject([("time_major", .bool(false))]), className: "LSTM", name: "a", in: context)
    }
    #expect(context.upgrades.map(\.description) == ["a (LSTM): dropped time_major=false"])
  }

  @Test("a configuration of Keras 3 stays as it is")
  func keras3() throws {
    let config =
      #"{"name": "d", "trainable": true, "dtype": {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": null}, "units": 3, "activation": "relu", "use_bias": true, "kernel_initializer": {"module": "keras.initializers", "class_name": "GlorotUniform", "config": {"seed": null}, "registered_name": null}, "kernel_regularizer": null}"#
    let result = try upgrade("Dense", config, keras: 3)
    #expect(result.fields == (try json(config).object))
    #expect(result.changes.isEmpty)
  }
}

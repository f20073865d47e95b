import HornbillCore
import HornbillLayers
import Testing

/// Layers whose weights are kept in few bits, or adapted.
@Suite struct QuantizationTests {
  private static func config(_ mode: String, _ more: String, settings: String = "null") -> String {
    #"{"dtype": {"class_name": "QuantizedDTypePolicy", "config": {"mode": "\#(mode)", "source_name": "float32"}}, "quantization_config": \#(settings), \#(more)}"#
  }

  @Test(arguments: [
    ("int8", ["bias (5) float32 1", "kernel (7, 5) int8 0", "kernel_scale (5) float32 2"]),
    ("int4/-1", ["bias (5) float32 1", "kernel (7, 3) int8 0", "kernel_scale (5) float32 2"]),
    (
      "int4/3",
      [
        "bias (5) float32 1", "kernel (7, 3) int8 0", "kernel_scale (3, 5) float32 2",
        "kernel_zero (3, 5) int8 3", "g_idx (7) float32 4",
      ]
    ),
    (
      "gptq/4/3",
      [
        "bias (5) float32 0", "kernel (3, 7) uint8 1", "kernel_scale (5, 3) float32 2",
        "kernel_zero (5, 3) uint8 3", "g_idx (7) float32 4",
      ]
    ),
    (
      "awq/4/-1",
      [
        "bias (5) float32 0", "kernel (3, 7) uint8 1", "kernel_scale (5, 1) float32 2",
        "kernel_zero (5, 1) uint8 3", "awq_scales (7) float32 4", "g_idx (7) float32 5",
      ]
    ),
  ])
  func denseVariables(mode: String, expected: [String]) throws {
    let probe = try AttentionProbe("Dense", Self.config(mode, #""units": 5"#))
    #expect(try probe.variables(.shapes([nil, 7])) == expected)
  }

  @Test func float8Variables() throws {
    let config =
      #"{"units": 5, "use_bias": false, "dtype": {"class_name": "QuantizedFloat8DTypePolicy", "config": {"mode": "float8", "source_name": "float32", "amax_history_length": 4}}}"#
    #expect(
      try AttentionProbe("Dense", config).variables(.shapes([nil, 7])) == [
        "kernel (7, 5) float32 0", "inputs_scale () float32 1",
        "inputs_amax_history (4) float32 2", "kernel_scale () float32 3",
        "kernel_amax_history (4) float32 4", "outputs_grad_scale () float32 5",
        "outputs_grad_amax_history (4) float32 6",
      ])
  }

  @Test func einsumScalesHaveTheResultsAxes() throws {
    let config = Self.config(
      "int8", #""equation": "abde,dec->abc", "output_shape": [null, 6], "bias_axes": "c""#)
    #expect(
      try AttentionProbe("EinsumDense", config).variables(.shapes([nil, 5, 3, 4])) == [
        "bias (6) float32 1", "kernel (3, 4, 6) int8 0", "kernel_scale (1, 1, 6) float32 2",
      ])
  }

  @Test func tables() throws {
    let config = Self.config(
      "int4/4", #""input_dim": 9, "output_dim": 7, "tie_weights": false"#)
    #expect(
      try AttentionProbe("ReversibleEmbedding", config).variables(.shapes([nil, nil])) == [
        "embeddings (9, 4) int8 0", "embeddings_scale (9, 2) float32 1",
        "embeddings_zero (9, 2) int8 2", "g_idx (7) float32 3",
        "reverse_embeddings (4, 9) int8 4", "reverse_embeddings_scale (2, 9) float32 5",
        "reverse_embeddings_zero (2, 9) float32 6",
      ])
  }

  /// The matrices of an adaptation are in no `.keras` file, and the kernel is not trained.
  @Test func adaptations() throws {
    let config = #"{"units": 5, "lora_rank": 2}"#
    #expect(
      try AttentionProbe("Dense", config).variables(.shapes([nil, 7])) == [
        "bias (5) float32 1", "lora_kernel_a (7, 2) float32 none",
        "lora_kernel_b (2, 5) float32 none", "kernel (7, 5) float32 0",
      ])
  }

  @Test func adaptationChangesTheKernel() throws {
    let config = #"{"units": 1, "use_bias": false, "lora_rank": 1, "lora_alpha": 3}"#
    let outputs = try AttentionProbe("Dense", config).run(
      [constant(1, 1, 2)], weights: [constant(1, 2, 1), constant(2, 2, 1), constant(5, 1, 1)]
    ) { CallArguments([.tensor($0[0])]) }.outputs
    #expect(agree(outputs[0].doubles, [62]))
  }

  /// The low half of a byte comes first; both halves have a sign.
  @Test func numbersOfFourBits() throws {
    let probe = try AttentionProbe(
      "Dense", Self.config("int4/-1", #""units": 3, "use_bias": false"#))
    let bytes = Tensor(shape: [1, 2], integers: [-121, 15], dtype: .int8)
    let outputs = try probe.run(
      [constant(1, 1, 1)], weights: [bytes, constant(2, 3)]
    ) { CallArguments([.tensor($0[0])]) }.outputs
    #expect(agree(outputs[0].doubles, [3.5, -4, -0.5]))
  }

  /// Inputs are rounded to 127 steps of the row's greatest number, unless the quantization says otherwise.
  @Test func inputsAreRounded() throws {
    let weights = [
      Tensor(shape: [2, 1], integers: [0, 127], dtype: .int8), constant(127, 1),
    ]
    func output(_ settings: String) throws -> Double {
      let probe = try AttentionProbe(
        "Dense", Self.config("int8", #""units": 1, "use_bias": false"#, settings: settings))
      return try probe.run([Tensor(shape: [1, 2], [127, 0.6] as [Float])], weights: weights) {
        CallArguments([.tensor($0[0])])
      }.outputs[0].doubles?[0] ?? .nan
    }
    #expect(abs(try output("null") - 1) < 1e-6)
    let weightOnly =
      #"{"class_name": "Int8QuantizationConfig", "config": {"activation_quantizer": null}}"#
    #expect(abs(try output(weightOnly) - 0.6) < 1e-6)
  }

  @Test(arguments: [
    (1.0, 1.0), (1.0625, 1.0), (1.1875, 1.25), (17.0, 16.0), (19.0, 20.0), (500.0, 448.0),
    (-0.0137, -0.013671875), (0.0009765625, 0.0), (0.001, 0.001953125), (0.0, 0.0),
  ])
  func numbersOfEightBits(x: Double, expected: Double) throws {
    let config =
      #"{"units": 1, "use_bias": false, "dtype": "float8_from_float32"}"#
    let history = constant(0, 1024)
    let outputs = try AttentionProbe("Dense", config).run(
      [Tensor(shape: [1, 1], [Float(x)])],
      weights: [
        constant(1, 1, 1), constant(1), history, constant(1), history, constant(1), history,
      ]
    ) { CallArguments([.tensor($0[0])]) }.outputs
    #expect(outputs[0].doubles == [expected])
  }

  @Test(arguments: [
    ("Dense", "int7", "int7"), ("Dense", "int4/0", "int4/0"), ("Dense", "gptq/5/2", "gptq/5/2"),
    ("Dense", "awq/8/2", "awq/8/2"), ("Embedding", "float8", "int8 or int4"),
  ])
  func otherModesAreRefused(className: String, mode: String, named: String) {
    let more = #""units": 5, "input_dim": 3, "output_dim": 2"#
    let error = #expect(throws: LayerError.self) {
      try AttentionProbe(className, Self.config(mode, more))
    }
    #expect(error?.detail.contains(named) == true)
  }

  @Test func otherQuantizersAreRefused() {
    let settings =
      #"{"class_name": "Int8QuantizationConfig", "config": {"activation_quantizer": {"class_name": "Mine", "config": {}}}}"#
    let error = #expect(throws: LayerError.self) {
      try AttentionProbe("Dense", Self.config("int8", #""units": 5"#, settings: settings))
    }
    #expect(error?.code == .unsupported)
    #expect(error?.detail.contains("Mine") == true)
  }
}

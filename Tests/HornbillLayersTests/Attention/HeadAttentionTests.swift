import HornbillCore
import HornbillLayers
import Testing

/// Attention over heads.
@Suite struct HeadAttentionTests {
  private static let small = #"{"num_heads": 2, "key_dim": 3}"#

  @Test func variables() throws {
    let config =
      #"{"num_heads": 2, "key_dim": 3, "value_dim": 4, "output_shape": [5, 2], "use_gate": true}"#
    let probe = try AttentionProbe("MultiHeadAttention", config)
    #expect(
      try probe.variables(.shapes([nil, nil, 6], [nil, 5, 7], [nil, 5, 8])) == [
        "query_dense/kernel (6, 2, 3) float32 0", "query_dense/bias (2, 3) float32 1",
        "key_dense/kernel (8, 2, 3) float32 0", "key_dense/bias (2, 3) float32 1",
        "_gate_dense/kernel (6, 2, 4) float32 0", "_gate_dense/bias (2, 4) float32 1",
        "value_dense/kernel (7, 2, 4) float32 0", "value_dense/bias (2, 4) float32 1",
        "output_dense/kernel (2, 4, 5, 2) float32 0", "output_dense/bias (5, 2) float32 1",
      ])
    let specs = try probe.specs(
      .shapes(
        [nil, nil, 6], [nil, 5, 7], keywords: [("return_attention_scores", .bool(true))]))
    #expect(specs.map(\.shape) == [[nil, nil, 5, 2], [nil, 2, nil, nil]])
  }

  @Test func groupedVariables() throws {
    let config =
      #"{"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2, "use_bias": false}"#
    let probe = try AttentionProbe("GroupedQueryAttention", config)
    #expect(
      try probe.variables(.shapes([nil, nil, 6], [nil, nil, 6])) == [
        "_query_dense/kernel (6, 4, 3) float32 0", "_key_dense/kernel (6, 2, 3) float32 0",
        "_value_dense/kernel (6, 2, 3) float32 0", "_output_dense/kernel (4, 3, 6) float32 0",
      ])
    #expect(probe.instance.pythonName == "GroupedQueryAttention")
  }

  @Test func olderNamesOfSublayers() throws {
    let probe = try AttentionProbe("MultiHeadAttention", Self.small)
    #expect(
      probe.instance.layer.sublayers.map(\.olderAttribute)
        == ["_query_dense", "_key_dense", "_value_dense", "_output_dense"])
  }

  @Test(arguments: [
    ("MultiHeadAttention", #"{"key_dim": 3}"#, "num_heads"),
    ("MultiHeadAttention", #"{"num_heads": 2, "key_dim": 0}"#, "key_dim"),
    ("MultiHeadAttention", #"{"num_heads": 2, "key_dim": 3, "output_shape": [0]}"#, "output_shape"),
    (
      "MultiHeadAttention", #"{"num_heads": 2, "key_dim": 3, "sliding_window": 0}"#,
      "sliding_window"
    ),
    (
      "GroupQueryAttention",
      #"{"head_dim": 3, "num_query_heads": 3, "num_key_value_heads": 2}"#, "num_query_heads"
    ),
  ])
  func badValuesAreNamed(className: String, config: String, field: String) {
    let error = #expect(throws: LayerError.self) { try AttentionProbe(className, config) }
    #expect(error?.code == .configuration)
    #expect(error?.detail.contains(field) == true)
  }

  @Test func aValueIsNeeded() throws {
    let probe = try AttentionProbe("MultiHeadAttention", Self.small)
    let error = #expect(throws: LayerError.self) { try probe.specs(.shapes([nil, 4, 6])) }
    #expect(error?.code == .wiring)
  }

  @Test func axesMustExist() throws {
    let probe = try AttentionProbe(
      "MultiHeadAttention", #"{"num_heads": 1, "key_dim": 1, "attention_axes": [3]}"#)
    #expect(throws: LayerError.self) {
      try probe.run([constant(1, 1, 2, 1), constant(1, 1, 2, 1)], weights: Self.identity) {
        CallArguments($0.map { .tensor($0) })
      }
    }
  }

  /// Queries and keys are 0, values pass: the output is the mean of the values that count.
  private static let identity = [
    constant(0, 1, 1, 1), constant(0, 1, 1), constant(0, 1, 1, 1), constant(0, 1, 1),
    constant(1, 1, 1, 1), constant(0, 1, 1), constant(1, 1, 1, 1), constant(0, 1),
  ]
  private static let one = #"{"num_heads": 1, "key_dim": 1}"#

  @Test func everyMaskCounts() throws {
    let probe = try AttentionProbe("MultiHeadAttention", Self.one)
    let inputs = [
      constant(0, 1, 2, 1), counting(1, 4, 1), mask([1, 2, 4], [1, 1, 1, 1, 1, 1, 0, 1]),
    ]
    let (outputs, masks) = try probe.run(
      inputs, masks: [mask([1, 2], [1, 0]), mask([1, 4], [0, 1, 1, 1])], weights: Self.identity
    ) {
      CallArguments(
        [.tensor($0[0]), .tensor($0[1])], keywords: [("attention_mask", .tensor($0[2]))])
    }
    #expect(agree(outputs[0].doubles, [2, 1.5]))
    #expect(masks[0]?.integers == [1, 0])
  }

  @Test func slidingWindow() throws {
    let config = #"{"num_heads": 1, "key_dim": 1, "sliding_window": 2}"#
    let probe = try AttentionProbe("MultiHeadAttention", config)
    let outputs = try probe.run(
      [constant(0, 1, 4, 1), counting(1, 4, 1)], weights: Self.identity
    ) {
      CallArguments($0.map { .tensor($0) }, keywords: [("use_causal_mask", .bool(true))])
    }.outputs
    #expect(agree(outputs[0].doubles, [0, 0.5, 1.5, 2.5]))
  }

  /// A wholly masked row has even weights where Keras computes attention in one step, and none where it returns the weights.
  @Test func whollyMaskedRows() throws {
    let probe = try AttentionProbe("MultiHeadAttention", Self.one)
    func outputs(scores: Bool) throws -> [Tensor] {
      try probe.run(
        [constant(0, 1, 1, 1), counting(1, 2, 1)], masks: [nil, mask([1, 2], [0, 0])],
        weights: Self.identity
      ) {
        CallArguments(
          $0.map { .tensor($0) }, keywords: [("return_attention_scores", .bool(scores))])
      }.outputs
    }
    #expect(agree(try outputs(scores: false)[0].doubles, [0.5]))
    #expect(agree(try outputs(scores: true)[0].doubles, [0]))
  }
}

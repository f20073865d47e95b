import HornbillCore
import HornbillLayers
import Testing

/// Attention over whole feature vectors.
@Suite struct AttentionTests {
  private let scores: [(name: String, value: Argument<TensorSpec>)] = [
    ("return_attention_scores", .bool(true))
  ]

  @Test(arguments: ["Attention", "AdditiveAttention"])
  func unknownExtentsStay(className: String) throws {
    let probe = try AttentionProbe(className)
    let specs = try probe.specs(
      .list([nil, nil, 6], [nil, 5, 3], [nil, 5, 6], keywords: scores))
    #expect(specs.map(\.shape) == [[nil, nil, 3], [nil, nil, 5]])
  }

  @Test func weights() throws {
    let call = CallArguments<TensorSpec>.list([nil, 4, 6], [nil, 5, 6])
    let concat = #"{"use_scale": true, "score_mode": "concat"}"#
    #expect(
      try AttentionProbe("Attention", concat).variables(call)
        == ["scale () float32 0", "concat_score_weight () float32 1"])
    #expect(try AttentionProbe("Attention").variables(call) == [])
    #expect(try AttentionProbe("AdditiveAttention").variables(call) == ["scale (6) float32 0"])
  }

  @Test func unknownScoreModeIsNamed() {
    let error = #expect(throws: LayerError.self) {
      try AttentionProbe("Attention", #"{"score_mode": "cosine"}"#)
    }
    #expect(error?.detail.contains("score_mode") == true)
    #expect(error?.detail.contains("cosine") == true)
  }

  @Test(arguments: [1, 4]) func otherNumbersOfInputsAreRefused(count: Int) throws {
    let probe = try AttentionProbe("Attention")
    let inputs = [Shape](repeating: [nil, 4, 6], count: count)
    #expect(throws: LayerError.self) {
      try probe.specs(CallArguments([.list(inputs.map { .tensor(TensorSpec($0)) })]))
    }
  }

  /// Masked values get no weight, masked queries give zeros, and the result has the query's mask.
  @Test func masks() throws {
    let probe = try AttentionProbe("Attention")
    let (outputs, masks) = try probe.run(
      [constant(1, 1, 2, 2), counting(1, 3, 2)],
      masks: [mask([1, 2], [1, 0]), mask([1, 3], [0, 1, 0])]
    ) { CallArguments([.list($0.map { .tensor($0) })]) }
    #expect(agree(outputs[0].doubles, [2, 3, 0, 0]))
    #expect(masks[0]?.integers == [1, 0])
  }

  /// A query sees nothing after itself.
  @Test func causal() throws {
    let probe = try AttentionProbe("Attention")
    let inputs = [constant(0, 1, 3, 1), counting(1, 3, 1)]
    let outputs = try probe.run(inputs) {
      CallArguments(
        [.list($0.map { .tensor($0) })], keywords: [("use_causal_mask", .bool(true))])
    }.outputs
    #expect(agree(outputs[0].doubles, [0, 0.5, 1]))
    let configured = try AttentionProbe("Attention", #"{"causal": true}"#, kerasMajor: 2)
    let same = try configured.run(inputs) { CallArguments([.list($0.map { .tensor($0) })]) }
    #expect(same.outputs[0] == outputs[0])
  }

  /// Explicit masks stand in a list, with `None` where there is none.
  @Test func statedMasksCome() throws {
    let probe = try AttentionProbe("Attention")
    let outputs = try probe.run(
      [constant(1, 1, 1, 1), counting(1, 2, 1), mask([1, 2], [1, 0])]
    ) {
      CallArguments(
        [.list([.tensor($0[0]), .tensor($0[1])])],
        keywords: [("mask", .list([.none, .tensor($0[2])]))])
    }.outputs
    #expect(agree(outputs[0].doubles, [0]))
  }
}

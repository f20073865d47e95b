import HornbillCore
import HornbillLayers
import Testing

/// The layers that make masks, and how a recording names the masks.
@Suite struct MaskSourceTests {
  @Test func embeddingReadsRowsAndMasksZero() throws {
    let harness = RecurrentHarness(Embedding(inputDim: 3, outputDim: 2, maskZero: true))
    let lowered = try harness.lower([1, 3])
    let ids = Tensor(shape: [1, 3], [0, 2.9, 0.5] as [Float])
    let mask = try #require(lowered.outputs[0].mask)
    let found = try lowered.values([lowered.outputs[0].value, mask], inputs: [ids])
    let table = try #require(RecurrentHarness.weight(shape: [3, 2], index: 0).doubles)
    #expect(found[0].doubles == [table[0], table[1], table[4], table[5], table[0], table[1]])
    #expect(found[1].integers == [0, 1, 1])
  }

  @Test func embeddingWithoutMask() throws {
    let harness = RecurrentHarness(Embedding(inputDim: 3, outputDim: 2))
    #expect(try harness.lower([1, 3], mask: [1, 3]).outputs[0].mask == nil)
  }

  /// Keras 3 counts negative ids from the end, Keras 2 does not.
  @Test(arguments: [(3, -1, true), (2, -1, false), (3, -4, false), (3, 3, false)])
  func idsOutsideTheTable(major: Int, id: Int, isRead: Bool) throws {
    let harness = try RecurrentHarness(
      "Embedding", #"{"input_dim": 3, "output_dim": 2}"#, kerasMajor: major)
    let lowered = try harness.lower([1], dtype: .int32)
    let ids = Tensor(shape: [1], integers: [Int64(id)], dtype: .int32)
    if isRead {
      let table = try #require(RecurrentHarness.weight(shape: [3, 2], index: 0).doubles)
      #expect(try lowered.numbers([ids]) == [Array(table[4...])])
    } else {
      #expect(throws: ExecutionError.self) { try lowered.numbers([ids]) }
    }
  }

  /// Ids beyond the precision of the computation are read before they are rounded.
  @Test func halfPrecisionDoesNotRoundIds() throws {
    let policy = try #require(DTypePolicy(name: "mixed_float16"))
    let instance = LayerInstance(
      Embedding(inputDim: 2050, outputDim: 1), name: "table", policy: policy)
    var build = LayerBuild()
    try build.build(instance, BuildCall([TensorSpec([1])]))
    var lowering = Lowering(build: build, rules: SemanticRules(kerasMajor: 3))
    let ids = lowering.graph.input(ValueType(shape: [1], dtype: .float32))
    _ = try lowering.call(instance, [Flow(ids)])
    let graph = lowering.graph.finished(outputs: [])
    let casts = graph.nodes.filter { $0.op == .cast(.float16) && $0.inputs == [ids] }
    #expect(casts.isEmpty)
  }

  @Test func maskingSkipsStepsOfOneValue() throws {
    let harness = RecurrentHarness(Masking(maskValue: 0.1))
    let lowered = try harness.lower([1, 3, 2])
    let x = Tensor(shape: [1, 3, 2], [0.1, 0.1, 0.1, 3, 0, 0] as [Float])
    let mask = try #require(lowered.outputs[0].mask)
    let found = try lowered.values([lowered.outputs[0].value, mask], inputs: [x])
    #expect(found[0].doubles == [0, 0, Double(Float(0.1)), 3, 0, 0])
    #expect(found[1].integers == [0, 1, 1])
  }

  @Test func maskingOfIntegersComparesNumbers() throws {
    let lowered = try RecurrentHarness(Masking(maskValue: 0.5)).lower([1, 2, 1], dtype: .int32)
    let mask = try #require(lowered.outputs[0].mask)
    let x = Tensor(shape: [1, 2, 1], integers: [0, 1], dtype: .int32)
    #expect(try lowered.values([mask], inputs: [x])[0].integers == [1, 1])
  }

  /// In a Sequential of Keras 3 the operations that make masks are nodes with names of their own.
  @Test(arguments: [
    (3, ["masking", "not_equal", "any", "embedding", "not_equal_1"]),
    (2, ["masking", "embedding"]),
  ])
  func maskOperationsAreRecorded(major: Int, names: [String]) throws {
    let model = Sequential(input: TensorSpec([nil, 2])) {
      Masking()
      Embedding(inputDim: 3, outputDim: 2, maskZero: true)
    }
    let instance = LayerInstance(model, name: "model")
    var build = LayerBuild()
    try build.build(instance, BuildCall([TensorSpec([2, 2])]))
    var lowering = Lowering(build: build, rules: SemanticRules(kerasMajor: major))
    let x = lowering.graph.input(ValueType(shape: [2, 2], dtype: .float32))
    _ = try lowering.call(instance, [Flow(x)])
    let marks = lowering.graph.finished(outputs: []).marks.map(\.key.path)
    #expect(marks.dropLast() == names.map { ["model", $0] }[...])
    #expect(marks.last == ["model"])
  }
}

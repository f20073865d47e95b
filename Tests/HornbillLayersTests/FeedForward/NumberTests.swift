import HornbillCore
import HornbillLayers
import Testing

/// Numbers that follow from the definitions by hand.
@Suite struct NumberTests {
  @Test func softmaxOverTwoAxes() throws {
    let result = try LayerProbe("Softmax", #"{"axis": [1, 2]}"#).run([
      Tensor(shape: [1, 2, 2], [0, 0, 0, 0] as [Float])
    ])
    #expect(agree(result.output.doubles, [0.25, 0.25, 0.25, 0.25]))
  }

  @Test func maskedSoftmaxIsZeroThere() throws {
    let x = Tensor(shape: [2, 2], [1, 1, 1, 1] as [Float])
    let m = mask([2, 2], [1, 0, 0, 0])
    let result = try LayerProbe("Softmax").run([x], masks: [m])
    #expect(agree(result.output.doubles, [1, 0, 0, 0]))
    let old = try LayerProbe("Softmax", kerasMajor: 2).run([x], masks: [m])
    #expect(agree(old.output.doubles, [1, 0, 0.5, 0.5]))
  }

  @Test func flattenMovesChannelsLast() throws {
    let result = try LayerProbe("Flatten", #"{"data_format": "channels_first"}"#).run([
      counting(1, 2, 3)
    ])
    #expect(agree(result.output.doubles, [0, 3, 1, 4, 2, 5]))
  }

  @Test func lowerRankMergesAfterTheBatch() throws {
    let result = try LayerProbe("Add").run([counting(2, 2, 2), counting(2, 2)])
    #expect(agree(result.output.doubles, [0, 2, 2, 4, 6, 8, 8, 10]))
  }

  @Test func masksOfMergedTensors() throws {
    let x = counting(1, 2, 2)
    let masks = [mask([1, 2], [1, 0]), mask([1, 2], [0, 0])]
    #expect(try LayerProbe("Add").run([x, x], masks: masks).mask?.integers == [1, 0])
    #expect(
      try LayerProbe("Add", kerasMajor: 2).run([x, x], masks: masks).mask?.integers == [0, 0])
    #expect(try LayerProbe("Add").run([x, x], masks: [masks[0], nil]).mask == nil)
    #expect(
      try LayerProbe("Add", kerasMajor: 2).run([x, x], masks: [masks[0], nil]).mask?.integers
        == [1, 0])
  }

  @Test func maximumPassesMaskedElementsBy() throws {
    let a = Tensor(shape: [1, 2, 1], [9, 9] as [Float])
    let b = Tensor(shape: [1, 2, 1], [1, 2] as [Float])
    let masks = [mask([1, 2], [0, 1]), mask([1, 2], [1, 1])]
    #expect(
      agree(try LayerProbe("Maximum").run([a, b], masks: masks).output.doubles, [1, 9]))
    #expect(
      agree(
        try LayerProbe("Maximum", kerasMajor: 2).run([a, b], masks: masks).output.doubles,
        [9, 9]))
  }

  @Test func maskOfConcatenation() throws {
    let x = counting(1, 2, 2)
    let m = mask([1, 2], [1, 0])
    let joined = try LayerProbe("Concatenate", #"{"axis": 1}"#).run([x, x], masks: [m, nil])
    #expect(joined.mask?.integers == [1, 0, 1, 1])
    let wide = try LayerProbe("Concatenate").run([x, x], masks: [m, nil])
    #expect(wide.mask?.integers == [1, 1])
    let old = try LayerProbe("Concatenate", kerasMajor: 2).run([x, x], masks: [m, nil])
    #expect(old.mask?.integers == [1, 0])
  }

  @Test func dotSumsOneAxis() throws {
    let x = Tensor(shape: [1, 2, 2], [1, 2, 3, 4] as [Float])
    let y = Tensor(shape: [1, 2], [10, 100] as [Float])
    let result = try LayerProbe("Dot", #"{"axes": [1, 1]}"#).run([x, y])
    #expect(agree(result.output.doubles, [310, 420]))
    let unit = try LayerProbe("Dot", #"{"axes": 1, "normalize": true}"#).run([y, y])
    #expect(agree(unit.output.doubles, [1]))
  }

  @Test func batchNormalizationAlongTheFirstAxis() throws {
    let result = try LayerProbe("BatchNormalization", #"{"axis": 1, "epsilon": 0}"#).run(
      [counting(1, 2, 2)],
      weights: [
        Tensor(shape: [2], [1, 10] as [Float]), Tensor(shape: [2], [0, 1] as [Float]),
        Tensor(shape: [2], [1, 2] as [Float]), Tensor(shape: [2], [4, 1] as [Float]),
      ])
    #expect(agree(result.output.doubles, [-0.5, 0, 1, 11]))
  }

  @Test func layerNormalizationKeepsSmallDifferences() throws {
    let x = Tensor(shape: [1, 2], [100_000, 100_002] as [Float])
    let result = try LayerProbe("LayerNormalization", #"{"epsilon": 0}"#).run(
      [x],
      weights: [Tensor(shape: [2], [1, 1] as [Float]), Tensor(shape: [2], [0, 0] as [Float])])
    #expect(agree(result.output.doubles, [-1, 1]))
  }

  @Test func maskedAverage() throws {
    let x = counting(2, 2, 1)
    let result = try LayerProbe("GlobalAveragePooling1D").run(
      [x], masks: [mask([2, 2], [0, 1, 0, 0])])
    #expect(agree(result.output.doubles, [1, .nan]))
    #expect(result.mask == nil)
  }

  @Test func averagePoolingCountsRealCells() throws {
    let result = try LayerProbe("AveragePooling1D", #"{"padding": "same"}"#).run([
      counting(1, 3, 1)
    ])
    #expect(agree(result.output.doubles, [0.5, 2]))
  }

  @Test func adaptivePoolingOverlaps() throws {
    let result = try LayerProbe("AdaptiveAveragePooling1D", #"{"output_size": 2}"#).run([
      counting(1, 5, 1)
    ])
    #expect(agree(result.output.doubles, [1, 3]))
  }

  @Test func causalConvolutionSeesNoLaterStep() throws {
    let result = try LayerProbe(
      "Conv1D", #"{"filters": 1, "kernel_size": 2, "padding": "causal", "use_bias": false}"#
    ).run([counting(1, 3, 1)], weights: [Tensor(shape: [2, 1, 1], [10, 1] as [Float])])
    #expect(agree(result.output.doubles, [0, 1, 12]))
  }

  @Test func evenWindowsPadAfter() throws {
    let result = try LayerProbe(
      "Conv1D", #"{"filters": 1, "kernel_size": 2, "padding": "same", "use_bias": false}"#
    ).run([counting(1, 3, 1)], weights: [Tensor(shape: [2, 1, 1], [10, 1] as [Float])])
    #expect(agree(result.output.doubles, [1, 12, 20]))
  }

  @Test func transposedConvolutionSpreads() throws {
    let result = try LayerProbe(
      "Conv1DTranspose", #"{"filters": 1, "kernel_size": 3, "strides": 2, "use_bias": false}"#
    ).run(
      [Tensor(shape: [1, 2, 1], [1, 10] as [Float])],
      weights: [Tensor(shape: [3, 1, 1], [1, 2, 3] as [Float])])
    #expect(agree(result.output.doubles, [1, 2, 13, 20, 30]))
  }

  @Test func depthwiseChannelsGoByInput() throws {
    let result = try LayerProbe(
      "DepthwiseConv1D", #"{"kernel_size": 1, "depth_multiplier": 2, "use_bias": false}"#
    ).run(
      [Tensor(shape: [1, 1, 2], [1, 10] as [Float])],
      weights: [Tensor(shape: [1, 2, 2], [1, 2, 3, 4] as [Float])])
    #expect(agree(result.output.doubles, [1, 2, 30, 40]))
  }

  @Test(arguments: [
    ("nearest", [0.0, 0, 1, 1]), ("bilinear", [0, 0.25, 0.75, 1]),
  ]) func upSampling(interpolation: String, expected: [Double]) throws {
    let result = try LayerProbe(
      "UpSampling2D", #"{"size": [1, 2], "interpolation": "\#(interpolation)"}"#
    ).run([counting(1, 1, 2, 1)])
    #expect(agree(result.output.doubles, expected))
  }

  @Test func locallyConnectedFormsAgree() throws {
    let x = counting(1, 3, 1)
    let config = #"{"filters": 1, "kernel_size": 2, "use_bias": false, "implementation": "#
    let each = try LayerProbe("LocallyConnected1D", config + "1}", kerasMajor: 2).run(
      [x], weights: [Tensor(shape: [2, 2, 1], [1, 2, 3, 4] as [Float])])
    let dense = try LayerProbe("LocallyConnected1D", config + "2}", kerasMajor: 2).run(
      [x], weights: [Tensor(shape: [3, 1, 2, 1], [1, 99, 2, 3, 99, 4] as [Float])])
    let sparse = try LayerProbe("LocallyConnected1D", config + "3}", kerasMajor: 2).run(
      [x], weights: [Tensor(shape: [4], [1, 2, 3, 4] as [Float])])
    #expect(agree(each.output.doubles, [2, 11]))
    #expect(agree(dense.output.doubles, [2, 11]))
    #expect(agree(sparse.output.doubles, [2, 11]))
  }
}

/// The wrapper that acts in training only.
@Suite struct SpectralNormalizationTests {
  static let config =
    #"{"layer": {"class_name": "Dense", "config": {"name": "inner", "units": 2}}}"#

  @Test func countsTheVectorOnly() throws {
    let probe = try LayerProbe("SpectralNormalization", Self.config)
    var build = LayerBuild()
    try build.build(probe.instance, BuildCall([TensorSpec([nil, 3])]))
    let own = build.weights(of: probe.instance)
    #expect(own.filter(\.isWeight).map(\.name) == ["vector_u"])
    #expect(own.map { probe.instance.layer.storageKey(0, $0) } == ["0", "1"])
  }

  @Test func readsNoVariableOfItsOwn() throws {
    let probe = try LayerProbe("SpectralNormalization", Self.config)
    var build = LayerBuild()
    try build.build(probe.instance, BuildCall([TensorSpec([1, 3])]))
    var lowering = Lowering(build: build, rules: probe.rules)
    let x = lowering.graph.input(ValueType(shape: [1, 3], dtype: .float32))
    let y = try lowering.call(probe.instance, [Flow(x)])[0]
    let graph = lowering.graph.finished(outputs: [y.value])
    #expect(!graph.weights.contains { $0.layer == probe.instance.id })
    #expect(graph.weights.count == 2)
  }

  @Test func refusesALayerWithoutKernel() throws {
    let probe = try LayerProbe(
      "SpectralNormalization", #"{"layer": {"class_name": "Flatten", "config": {}}}"#)
    #expect(throws: LayerError.self) { try probe.shape([nil, 3]) }
  }
}

import HornbillCore
import HornbillLayers
import Testing

/// Arguments of layers made in Swift that Keras refuses are errors when the model is built.
@Suite struct ArgumentTests {
  struct Fault: Sendable, CustomTestStringConvertible {
    let layer: any Layer
    let shape: Shape
    let words: [String]
    var testDescription: String { "\(type(of: layer).className) \(words)" }

    init(_ layer: any Layer, _ shape: Shape, _ words: String...) {
      self.layer = layer
      self.shape = shape
      self.words = words
    }
  }

  static let image: Shape = [nil, 8, 8, 3]
  static let signal: Shape = [nil, 64]

  static let faults: [Fault] = [
    Fault(Conv2D(filters: 0, kernelSize: (2, 2)), image, "filters", "above 0", "0"),
    Fault(Conv2D(filters: 2, kernelSize: (2, -1)), image, "kernelSize", "-1"),
    Fault(Conv2D(filters: 2, kernelSize: (2, 2), strides: (0, 1)), image, "strides", "[0, 1]"),
    Fault(Conv2D(filters: 2, kernelSize: (2, 2), dilationRate: (1, 0)), image, "dilationRate"),
    Fault(Conv2D(filters: 2, kernelSize: (2, 2), padding: .causal), image, "padding", "causal"),
    Fault(Conv2D(filters: 4, kernelSize: (2, 2), groups: 3), image, "filters", "3 groups", "4"),
    Fault(Conv2D(filters: 4, kernelSize: (2, 2), groups: 0), image, "groups", "0"),
    Fault(Conv2DTranspose(filters: -1, kernelSize: (2, 2)), image, "filters", "-1"),
    Fault(
      Conv2DTranspose(filters: 1, kernelSize: (2, 2), outputPadding: (0, -1)), image,
      "outputPadding", "at least 0"),
    Fault(
      Conv1DTranspose(filters: 1, kernelSize: 2, padding: .causal), [nil, 8, 3], "padding",
      "causal"),
    Fault(DepthwiseConv2D(kernelSize: (2, 2), depthMultiplier: 0), image, "depthMultiplier"),
    Fault(SeparableConv2D(filters: 0, kernelSize: (2, 2)), image, "filters"),
    Fault(
      LocallyConnected2D(filters: 1, kernelSize: (2, 2), padding: .same), image, "padding",
      "same"),
    Fault(MaxPooling2D(poolSize: (0, 2)), image, "poolSize", "[0, 2]"),
    Fault(AveragePooling2D(padding: .causal), image, "padding", "causal"),
    Fault(AdaptiveMaxPooling2D(outputSize: (2, 0)), image, "outputSize"),
    Fault(ZeroPadding1D(padding: EdgeCounts(-1, 1)), [nil, 8, 3], "padding", "(-1, 1)"),
    Fault(Cropping1D(cropping: EdgeCounts(1, -2)), [nil, 8, 3], "cropping", "(1, -2)"),
    Fault(UpSampling2D(size: (0, 1)), image, "size", "[0, 1]"),
    Fault(Permute(dims: [1, 1]), [nil, 2, 3], "dims", "[1, 1]"),
    Fault(RepeatVector(n: 0), [nil, 3], "n", "0"),
    Fault(Reshape(targetShape: [nil, nil]), [nil, 6], "targetShape", "one of them nil"),
    Fault(Reshape(targetShape: [-2, 3]), [nil, 6], "targetShape"),
    Fault(CategoryEncoding(numTokens: 0), [nil, 2], "numTokens"),
    Fault(CategoryEncoding(numTokens: 3, outputMode: .int), [nil, 2], "outputMode", "int"),
    Fault(Discretization(binBoundaries: [1], outputMode: .tfIDF), [nil, 2], "outputMode"),
    Fault(HashedCrossing(numBins: 0), [nil, 1], "numBins"),
    Fault(HashedCrossing(numBins: 3, outputMode: .count), [nil, 1], "outputMode", "count"),
    Fault(Hashing(numBins: -3), [nil, 1], "numBins", "-3"),
    Fault(StringLookup(numOOVIndices: -1), [nil], "numOOVIndices", "-1"),
    Fault(StringLookup(invert: true, outputMode: .count), [nil], "outputMode", "count"),
    Fault(IntegerLookup(padToMaxTokens: true), [nil], "maxTokens", "padToMaxTokens"),
    Fault(TextVectorization(outputSequenceLength: 0), [nil], "outputSequenceLength", "0"),
    Fault(TextVectorization(ngrams: [0]), [nil], "ngrams"),
    Fault(TextVectorization(ngrams: []), [nil], "ngrams", "none"),
    Fault(ReLU(maxValue: -1), signal, "maxValue", "at least 0", "-1"),
    Fault(Softmax(axes: []), signal, "axes", "none"),
    Fault(LayerNormalization(axes: []), signal, "axes", "none"),
    Fault(RMSNormalization(axes: []), signal, "axes", "none"),
    Fault(AugMix(numChains: 0), image, "numChains", "above 0", "0"),
    Fault(AugMix(chainDepth: -1), image, "chainDepth", "-1"),
    Fault(RandAugment(numOps: 0), image, "numOps", "0"),
    Fault(RandomGaussianBlur(kernelSize: (3, 0)), image, "kernelSize", "[3, 0]"),
    Fault(MelSpectrogram(fftLength: 4, sequenceLength: 8), signal, "sequenceLength", "4", "8"),
    Fault(MelSpectrogram(numMelBins: 0), signal, "numMelBins"),
    Fault(STFTSpectrogram(frameLength: 8, frameStep: 9), [nil, 64, 1], "frameStep", "8", "9"),
    Fault(STFTSpectrogram(frameLength: 8, fftLength: 4), [nil, 64, 1], "fftLength", "4"),
    Fault(STFTSpectrogram(frameLength: Int.max), [nil, 64, 1], "frameLength", "2^40"),
    Fault(Resizing(height: 0, width: 2), image, "height", "[0, 2]"),
    Fault(
      Resizing(height: 2, width: 2, cropToAspectRatio: true, padToAspectRatio: true), image,
      "padToAspectRatio"),
    Fault(CenterCrop(height: 2, width: -1), image, "width", "-1"),
    Fault(RandomCrop(height: 0, width: 1), image, "height"),
    Fault(MaxNumBoundingBoxes(maxNumber: 0), image, "maxNumber"),
    Fault(
      ContrastLimitedAdaptiveHistogramEqualization(tileGridSize: (0, 1)), image, "tileGridSize"),
  ]

  @Test(arguments: faults)
  func wrongArgumentIsAnErrorOfTheBuiltModel(_ fault: Fault) {
    let instance = LayerInstance(fault.layer, name: "wrong")
    let error = #expect(throws: LayerError.self) {
      var build = LayerBuild()
      try build.build(instance, BuildCall([TensorSpec(fault.shape)]))
    }
    #expect(error?.code == .configuration)
    let message = error?.description ?? ""
    for word in fault.words + ["wrong"] { #expect(message.contains(word), "\(message)") }
  }
}

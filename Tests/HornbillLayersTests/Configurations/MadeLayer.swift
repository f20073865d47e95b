import HornbillCore
import HornbillLayers
import Testing

/// A layer made in Swift from the arguments of a golden.
struct MadeLayer: Sendable, CustomTestStringConvertible {
  let layer: any Layer
  /// The name of the golden's case.
  var golden = "defaults"
  /// The fields that Keras fills with numbers of chance.
  var drawn: [String] = []

  var className: String { type(of: layer).className }
  var testDescription: String { "\(className) \(golden)" }

  static let all = defaults + elaborate + variables

  /// One of every class, made from the required arguments only.
  static let defaults: [MadeLayer] =
    [
      core, activations, convolutional, pooling, reshaping, merging, normalization,
      regularization, recurrent, attention, preprocessing, images,
    ].flatMap { family in
      family.map { MadeLayer(layer: $0, drawn: $0 is RandomCrop ? ["seed"] : []) }
    }

  private static let core: [any Layer] = [
    Dense(units: 3), EinsumDense(equation: "abc,cd->abd", outputShape: [nil, 4]),
    Embedding(inputDim: 7, outputDim: 3), ReversibleEmbedding(inputDim: 7, outputDim: 3),
    Identity(), Masking(), InputLayer(shape: [3]),
  ]

  private static let activations: [any Layer] = [
    Activate(.relu()), ELU(), LeakyReLU(), PReLU(), ReLU(), Softmax(),
  ]

  private static let merging: [any Layer] = [
    Add(), Average(), Maximum(), Minimum(), Multiply(), Subtract(), Concatenate(), Dot(axes: 1),
  ]

  private static let normalization: [any Layer] = [
    BatchNormalization(), GroupNormalization(), LayerNormalization(), RMSNormalization(),
    UnitNormalization(), SpectralNormalization(LayerInstance(Dense(units: 3), name: "dense")),
  ]

  private static let regularization: [any Layer] = [
    ActivityRegularization(), Dropout(rate: 0.5), AlphaDropout(rate: 0.5),
    GaussianDropout(rate: 0.5), GaussianNoise(stddev: 0.5), SpatialDropout1D(rate: 0.5),
    SpatialDropout2D(rate: 0.5), SpatialDropout3D(rate: 0.5),
  ]

  private static let recurrent: [any Layer] = [
    SimpleRNN(units: 3), GRU(units: 3), LSTM(units: 3), SimpleRNNCell(units: 3), GRUCell(units: 3),
    LSTMCell(units: 3), ConvLSTM1D(filters: 4, kernelSize: 3),
    ConvLSTM2D(filters: 4, kernelSize: (3, 3)), ConvLSTM3D(filters: 4, kernelSize: (3, 3, 3)),
    StackedRNNCells(cells: [
      LayerInstance(LSTMCell(units: 3), name: "lstm_cell"),
      LayerInstance(GRUCell(units: 4), name: "gru_cell"),
    ]), RNN(cell: LayerInstance(GRUCell(units: 3), name: "gru_cell")),
    Bidirectional(LayerInstance(LSTM(units: 3), name: "lstm")),
    TimeDistributed(LayerInstance(Dense(units: 3), name: "dense")),
  ]

  private static let attention: [any Layer] = [
    Attention(), AdditiveAttention(), MultiHeadAttention(numHeads: 2, keyDim: 3),
    GroupQueryAttention(headDim: 2, numQueryHeads: 4, numKeyValueHeads: 2),
  ]

  private static let convolutional: [any Layer] = [
    Conv1D(filters: 4, kernelSize: 3), Conv2D(filters: 4, kernelSize: (3, 3)),
    Conv3D(filters: 4, kernelSize: (3, 3, 3)), Conv1DTranspose(filters: 4, kernelSize: 3),
    Conv2DTranspose(filters: 4, kernelSize: (3, 3)),
    Conv3DTranspose(filters: 4, kernelSize: (3, 3, 3)), DepthwiseConv1D(kernelSize: 3),
    DepthwiseConv2D(kernelSize: (3, 3)), SeparableConv1D(filters: 4, kernelSize: 3),
    SeparableConv2D(filters: 4, kernelSize: (3, 3)),
  ]

  private static let pooling: [any Layer] = [
    MaxPooling1D(), MaxPooling2D(), MaxPooling3D(), AveragePooling1D(), AveragePooling2D(),
    AveragePooling3D(), GlobalMaxPooling1D(), GlobalMaxPooling2D(), GlobalMaxPooling3D(),
    GlobalAveragePooling1D(), GlobalAveragePooling2D(), GlobalAveragePooling3D(),
    AdaptiveMaxPooling1D(outputSize: 2), AdaptiveMaxPooling2D(outputSize: (2, 2)),
    AdaptiveMaxPooling3D(outputSize: (2, 2, 2)), AdaptiveAveragePooling1D(outputSize: 2),
    AdaptiveAveragePooling2D(outputSize: (2, 2)),
    AdaptiveAveragePooling3D(outputSize: (2, 2, 2)),
  ]

  private static let reshaping: [any Layer] = [
    Cropping1D(), Cropping2D(), Cropping3D(), ZeroPadding1D(), ZeroPadding2D(), ZeroPadding3D(),
    UpSampling1D(), UpSampling2D(), UpSampling3D(), Flatten(), Permute(dims: [2, 1]),
    RepeatVector(n: 3), Reshape(targetShape: [2, 3]),
  ]

  private static let preprocessing: [any Layer] = [
    CategoryEncoding(numTokens: 4), Discretization(binBoundaries: [0, 1]),
    HashedCrossing(numBins: 5), Hashing(numBins: 5), IntegerLookup(), StringLookup(),
    TextVectorization(), Normalization(), Rescaling(scale: 0.5), MelSpectrogram(),
    STFTSpectrogram(), Pipeline { Rescaling(scale: 0.5) },
  ]

  private static let images: [any Layer] = [
    AugMix(), AutoContrast(), CenterCrop(height: 4, width: 5),
    ContrastLimitedAdaptiveHistogramEqualization(), CutMix(), Equalization(),
    MaxNumBoundingBoxes(maxNumber: 4), MixUp(), RandAugment(), RandomBrightness(factor: 0.5),
    RandomColorDegeneration(factor: 0.5), RandomColorJitter(), RandomContrast(factor: 0.5),
    RandomCrop(height: 4, width: 5), RandomElasticTransform(), RandomErasing(), RandomFlip(),
    RandomGaussianBlur(), RandomGrayscale(), RandomHue(factor: 0.5), RandomInvert(),
    RandomPerspective(), RandomPosterization(factor: 4), RandomRotation(factor: 0.5),
    RandomSaturation(factor: 0.5), RandomSharpness(factor: 0.5), RandomShear(),
    RandomTranslation(heightFactor: 0.5, widthFactor: 0.25), RandomZoom(heightFactor: 0.5),
    Resizing(height: 4, width: 5), Solarization(),
  ]

  /// Layers without variables made from all of their arguments.
  private static let elaborate: [MadeLayer] = [
    MaxPooling2D(
      poolSize: (2, 3), strides: (1, 2), padding: .same, dataFormat: .channelsFirst),
    ZeroPadding2D(
      padding: (EdgeCounts(1, 2), EdgeCounts(3, 4)), dataFormat: .channelsFirst),
    UpSampling2D(size: (2, 3), dataFormat: .channelsFirst, interpolation: .bilinear),
    StringLookup(
      maxTokens: 9, numOOVIndices: 2, maskToken: "", oovToken: "?", vocabulary: ["a", "é"],
      outputMode: .count, padToMaxTokens: true, sparse: true, encoding: "latin-1", salt: (3, 3)),
    IntegerLookup(
      maxTokens: 9, numOOVIndices: 2, maskToken: 0, oovToken: -7, vocabulary: [5, 9, 12],
      outputMode: .count, padToMaxTokens: true, sparse: true, oovMethod: .farmhash, salt: (3, 4)),
    TextVectorization(
      maxTokens: 9, standardize: .lower, split: .character, ngrams: [1, 2], outputMode: .count,
      padToMaxTokens: true, vocabulary: ["a", "b"], sparse: true, encoding: "latin-1"),
    MelSpectrogram(
      fftLength: 64, sequenceStride: 16, sequenceLength: 48, window: .hamming,
      samplingRate: 8000, numMelBins: 8, minFreq: 10.5, maxFreq: 3000, powerToDB: false,
      topDB: 40, magExp: 1, minPower: 1e-8, refPower: 2),
    STFTSpectrogram(
      mode: .stft, frameLength: 32, frameStep: 8, fftLength: 64, window: "hamming",
      periodic: true, scaling: .spectrum, padding: .same, expandDims: true,
      dataFormat: .channelsFirst),
    Resizing(
      height: 6, width: 7, interpolation: .bicubic, cropToAspectRatio: true, fillValue: 0.5,
      antialias: true, dataFormat: .channelsFirst),
    RandomRotation(
      factor: .range(-0.25, 0.5), fillMode: .constant, interpolation: .nearest, seed: 7,
      fillValue: 0.5, dataFormat: .channelsFirst),
    RandomColorJitter(
      valueRange: (0, 1), brightnessFactor: 0.5, contrastFactor: 0.25,
      saturationFactor: .range(0.25, 0.75), hueFactor: 0.125, seed: 7,
      dataFormat: .channelsFirst),
    RandomGaussianBlur(
      factor: 0.5, kernelSize: (3, 5), sigma: .range(0.5, 2), valueRange: (0, 1),
      dataFormat: .channelsFirst, seed: 7),
  ].map { (layer: any Layer) in MadeLayer(layer: layer, golden: "all") }
}

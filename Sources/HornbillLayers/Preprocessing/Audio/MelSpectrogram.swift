public import HornbillCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The strength of the frequencies of a sound over time, in bands on the mel scale.
///
///     s = |short-time Fourier transform of x|^magExp
///     y = s · bands                                           then, with powerToDB:
///     y = 10 log₁₀(max(y, minPower)) − 10 log₁₀(max(|refPower|, minPower)), at least max(y) − topDB
///
/// - Input: `(batch, samples)` or `(samples)`. Output: `(batch, numMelBins, frames)`. Both ends of the signal are continued by half a
///   transform of its mirror image. The greatest value is that of the whole batch.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/mel_spectrogram.py`.
public struct MelSpectrogram: Layer {
  public static let className = "MelSpectrogram"

  /// The samples of one transform.
  public let fftLength: Int
  /// The samples from one frame to the next.
  public let sequenceStride: Int
  /// The samples of a frame, in the middle of the transform.
  public let sequenceLength: Int
  /// The samples in a second.
  public let samplingRate: Double
  /// The number of bands.
  public let numMelBins: Int
  /// The lowest frequency in hertz.
  public let minFreq: Double
  /// The highest frequency in hertz.
  public let maxFreq: Double
  /// Whether the result is in decibels.
  public let powerToDB: Bool
  /// The range below the greatest value, in decibels.
  public let topDB: Double
  /// The exponent of the spectrum's magnitude.
  public let magExp: Double
  /// The least power that counts.
  public let minPower: Double
  /// The power of 0 decibels.
  public let refPower: Double
  /// The window under which a frame is looked at.
  public let window: SignalWindow

  /// Makes a layer.
  ///
  /// Building a model throws ``LayerError`` when a length or number is not above 0, or a frame longer than its transform.
  public init(
    fftLength: Int = 2048, sequenceStride: Int = 512, sequenceLength: Int? = nil,
    window: SignalWindow = .hann, samplingRate: Double = 16000, numMelBins: Int = 128,
    minFreq: Double = 20, maxFreq: Double? = nil, powerToDB: Bool = true, topDB: Double = 80,
    magExp: Double = 2, minPower: Double = 1e-10, refPower: Double = 1
  ) {
    self.fftLength = fftLength
    self.sequenceStride = sequenceStride
    self.sequenceLength = sequenceLength ?? fftLength
    self.samplingRate = samplingRate
    self.numMelBins = numMelBins
    self.minFreq = minFreq
    self.maxFreq = maxFreq ?? (samplingRate / 2).rounded(.towardZero)
    self.powerToDB = powerToDB
    self.topDB = topDB
    self.magExp = magExp
    self.minPower = minPower
    self.refPower = refPower
    self.window = window
  }

  public init(config: LayerConfig) throws(LayerError) {
    fftLength = try config.positive("fft_length", default: 2048)
    sequenceStride = try config.positive("sequence_stride", default: 512)
    sequenceLength = try config.positive("sequence_length", default: fftLength)
    guard sequenceLength <= fftLength else {
      throw config.invalid("sequence_length", expected: "an integer up to fft_length")
    }
    samplingRate = try config.number("sampling_rate", default: 16000)
    numMelBins = try config.positive("num_mel_bins", default: 128)
    minFreq = try config.number("min_freq", default: 20)
    maxFreq = try config.number(
      "max_freq", default: (samplingRate / 2).rounded(.towardZero))
    powerToDB = try config.bool("power_to_db", default: true)
    topDB = try config.number("top_db", default: 80)
    magExp = try config.number("mag_exp", default: 2)
    minPower = try config.number("min_power", default: 1e-10)
    refPower = try config.number("ref_power", default: 1)
    window = try config.signalWindow()
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("fft_length", fftLength)
    config.set("sequence_stride", sequenceStride)
    config.set("sequence_length", sequenceLength)
    config["window"] = window.json
    config["sampling_rate"] = .number(samplingRate)
    config.set("num_mel_bins", numMelBins)
    config.set("min_freq", minFreq)
    config["max_freq"] = .number(maxFreq)
    config.set("power_to_db", powerToDB)
    config.set("top_db", topDB)
    config.set("mag_exp", magExp)
    config.set("min_power", minPower)
    config.set("ref_power", refPower)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(positive: [fftLength, sequenceLength], "fftLength and sequenceLength")
    try LayerError.check(positive: sequenceStride, "sequenceStride")
    try LayerError.check(positive: numMelBins, "numMelBins")
    guard sequenceLength <= fftLength else {
      throw LayerError(
        .configuration,
        "sequenceLength: expected an integer up to fftLength, \(fftLength), found \(sequenceLength)"
      )
    }
    let shape = try call.inputShape
    guard let samples = shape.dimensions.last else {
      throw LayerError(.shape, "expected a signal (batch, samples), found a scalar")
    }
    var frames: Int?
    if let samples {
      frames = try Extent.sum(samples, Extent.sum(sequenceStride, 1)) / sequenceStride
    }
    return [TensorSpec(Shape(shape.dimensions.dropLast() + [numMelBins, frames]))]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let dtype: DType = call.dtype == .float64 ? .float64 : .float32
    let signal = try lowering.graph.cast(call.input, to: dtype)
    let shape = lowering.graph.shape(signal)
    let power = try spectrum(signal, into: &lowering.graph)
    let weights = try lowering.graph.cast(
      lowering.graph.constant(
        MelScale.weights(
          bins: fftLength / 2 + 1, bands: numMelBins, samplingRate: samplingRate,
          from: minFreq, to: maxFreq)), to: dtype)
    var bands = try lowering.graph.matmul(power, weights)
    if powerToDB { bands = try decibels(bands, into: &lowering.graph) }
    let swapped = try lowering.graph.transpose(bands, [0, 2, 1])
    let extents = Array(lowering.graph.shape(swapped).dropFirst())
    let result = try lowering.graph.reshape(swapped, to: Array(shape.dropLast()) + extents)
    return [try lowering.graph.cast(result, to: call.dtype)]
  }

  /// The magnitudes `(signals, frames, bins)` under their exponent.
  private func spectrum(
    _ signal: Value, into graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let shape = graph.shape(signal)
    guard let samples = shape.last, let count = Shape.elementCount(Array(shape.dropLast())) else {
      throw LayerError(.shape, "expected a signal (batch, samples), found \(Shape(shape))")
    }
    let margin = fftLength / 2
    let padded = try graph.pad(
      graph.reshape(signal, to: [count, samples]), before: [0, margin], after: [0, margin],
      mode: .reflect)
    let kernel = try graph.cast(
      graph.constant(
        SpectralKernel.tensor(
          fftLength: fftLength, windowLength: sequenceLength, window: window)),
      to: graph.dtype(signal))
    let window = WindowSpec(
      size: [fftLength], strides: [sequenceStride], dilations: [1], paddingBefore: [0],
      paddingAfter: [0])
    let parts = try graph.convolution(
      graph.expand(padded, axis: -1), kernel, window, groups: 1)
    let bins = fftLength / 2 + 1
    let real = try graph.slice(parts, axis: -1, start: 0, count: bins)
    let imaginary = try graph.slice(parts, axis: -1, start: bins, count: bins)
    let square = try graph.add(graph.square(real), graph.square(imaginary))
    if magExp == 2 { return square }
    let magnitude = try graph.unary(.sqrt, square)
    if magExp == 1 { return magnitude }
    return try graph.binary(.power, magnitude, graph.scalar(magExp, graph.dtype(signal)))
  }

  private func decibels(
    _ power: Value, into graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let reference = 10 * log10(max(abs(refPower), minPower))
    let level = try graph.multiply(graph.unary(.log10, graph.maximum(power, minPower)), 10)
    let result = try graph.add(level, -reference)
    let greatest = try graph.reduce(.maximum, result, axes: Array(0..<graph.rank(result)))
    return try graph.maximum(result, graph.add(greatest, -topDB))
  }
}

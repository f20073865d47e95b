public import HornbillCore

/// The short-time Fourier transform of a signal, as the convolution with two kernels that may be trained.
///
/// - Input: `(batch, time, channels)`, or channels first. Output: `(batch, frames, channels · bins)`, with `expandDims`
///   `(batch, frames, bins, channels)`, or channels first; `bins` is half the transform and one, for ``Mode/stft`` twice that.
/// - Weights: `real_kernel` and `imag_kernel` (frameLength, 1, bins); only one of them for ``Mode/real`` and ``Mode/imag``.
/// - Source: Keras 3, `keras/src/layers/preprocessing/stft_spectrogram.py`.
public struct STFTSpectrogram: Layer {
  public static let className = "STFTSpectrogram"

  /// What the output is.
  public enum Mode: String, Sendable, Hashable, CaseIterable {
    /// The logarithm of the magnitude.
    case log
    /// √(re² + im²), at least √1e-7.
    case magnitude
    /// The power spectral density: re² + im², twice that for inner bins.
    case psd
    /// The real part.
    case real
    /// The imaginary part.
    case imag
    /// The phase in radians.
    case angle
    /// The real parts, then the imaginary ones.
    case stft
  }

  /// What the output is.
  public let mode: Mode
  /// The samples of a frame.
  public let frameLength: Int
  /// The samples from one frame to the next; half a frame when absent.
  public let frameStep: Int?
  /// The samples of a transform; the next power of two when absent.
  public let fftLength: Int?
  /// The name of the window in `scipy.signal.windows`; no window when absent.
  public let window: String?
  /// Whether the window is one period of a periodic function.
  public let periodic: Bool
  /// How the kernels are normalized; not at all when absent.
  public let scaling: STFTKernel.Scaling?
  /// What is done at the ends of the signal.
  public let padding: Padding
  /// Whether frequencies and channels are axes of their own.
  public let expandDims: Bool
  /// Where the channels stand.
  public let dataFormat: DataFormat

  private let ownWindow: JSON?

  /// Makes a layer.
  ///
  /// Building a model throws ``LayerError`` when a length is not above 0, a step longer than a frame, or a frame longer than its
  /// transform.
  public init(
    mode: Mode = .log, frameLength: Int = 256, frameStep: Int? = nil, fftLength: Int? = nil,
    window: String? = "hann", periodic: Bool = false, scaling: STFTKernel.Scaling? = .density,
    padding: Padding = .valid, expandDims: Bool = false, dataFormat: DataFormat = .channelsLast
  ) {
    self.mode = mode
    self.frameLength = frameLength
    self.frameStep = frameStep
    self.fftLength = fftLength
    self.window = window
    self.periodic = periodic
    self.scaling = scaling
    self.padding = padding
    self.expandDims = expandDims
    self.dataFormat = dataFormat
    ownWindow = nil
  }

  public init(config: LayerConfig) throws(LayerError) {
    mode = try config.choice("mode", default: Mode.log)
    frameLength = try config.positive("frame_length", default: 256)
    guard frameLength <= STFTSpectrogram.longestFrame else {
      throw config.invalid("frame_length", expected: "an integer up to 2^40")
    }
    frameStep = config["frame_step"] == nil ? nil : try config.positive("frame_step")
    fftLength = config["fft_length"] == nil ? nil : try config.positive("fft_length")
    if let frameStep, frameStep > frameLength {
      throw config.invalid("frame_step", expected: "an integer up to frame_length")
    }
    if let fftLength, fftLength < frameLength {
      throw config.invalid("fft_length", expected: "an integer of at least frame_length")
    }
    switch config.fields["window"] {
    case nil: (window, ownWindow) = ("hann", nil)
    case let value?:
      window = value.string
      ownWindow = value.string == nil && !value.isNull ? value : nil
    }
    periodic = try config.bool("periodic", default: false)
    let isScaled = !(config.fields["scaling"]?.isNull ?? false)
    scaling = isScaled ? try config.choice("scaling", default: STFTKernel.Scaling.density) : nil
    padding = try config.choice("padding", default: Padding.valid)
    if padding == .causal { throw config.invalid("padding", expected: "\"valid\" or \"same\"") }
    expandDims = try config.bool("expand_dims", default: false)
    dataFormat = try config.dataFormat()
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("mode", mode)
    config.set("frame_length", frameLength)
    config.set("frame_step", frameStep)
    config.set("fft_length", fftLength)
    config.set("window", window)
    if let ownWindow { config["window"] = ownWindow }
    config.set("periodic", periodic)
    config.set("scaling", scaling)
    config.set("padding", padding)
    config.set("data_format", dataFormat)
    config.set("expand_dims", expandDims)
  }

  private static let longestFrame = 1 << 40

  private static func powerOfTwo(atLeast count: Int) -> Int {
    var result = 1
    while result < count { result *= 2 }
    return result
  }

  private var step: Int { frameStep ?? max(frameLength / 2, 1) }

  private var transform: Int {
    fftLength ?? STFTSpectrogram.powerOfTwo(atLeast: frameLength)
  }

  private var bins: Int { transform / 2 + 1 }

  /// Makes sure of the arguments of a layer made in Swift.
  private func check() throws(LayerError) {
    try LayerError.check(positive: frameLength, "frameLength")
    guard frameLength <= STFTSpectrogram.longestFrame else {
      throw LayerError(
        .configuration, "frameLength: expected an integer up to 2^40, found \(frameLength)")
    }
    guard (1...frameLength).contains(step) else {
      throw LayerError(
        .configuration,
        "frameStep: expected an integer from 1 to frameLength, \(frameLength), found \(step)")
    }
    guard transform >= frameLength else {
      throw LayerError(
        .configuration,
        "fftLength: expected an integer of at least frameLength, \(frameLength), found \(transform)"
      )
    }
    guard padding != .causal else {
      throw LayerError(.configuration, "padding: expected valid or same, found causal")
    }
  }

  /// How one of the kernels is made.
  private func kernel(_ side: STFTKernel.Side) -> Initializer {
    .stft(STFTKernel(side: side, window: window, scaling: scaling, periodic: periodic))
  }

  private var geometry: WindowGeometry {
    WindowGeometry(
      size: [frameLength], strides: [step], padding: padding, format: dataFormat)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try check()
    let input = try call.inputShape(rank: 3)
    let shape = [frameLength, 1, bins]
    if mode != .imag { build.weight("real_kernel", shape, initializer: kernel(.real)) }
    if mode != .real { build.weight("imag_kernel", shape, initializer: kernel(.imaginary)) }
    let channels = input[dataFormat.channelAxis]
    let frequencies = mode == .stft ? try Extent.product(bins, 2) : bins
    let isLast = dataFormat == .channelsLast
    let frames = try geometry.outputShape(of: input, channels: channels)[isLast ? 1 : 2]
    if expandDims {
      return [
        TensorSpec(
          isLast
            ? [input[0], frames, frequencies, channels] : [input[0], channels, frames, frequencies])
      ]
    }
    let all = try channels.map { (count) throws(LayerError) in
      try Extent.product(count, frequencies)
    }
    return [TensorSpec(isLast ? [input[0], frames, all] : [input[0], all, frames])]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let input = try call.input
    guard lowering.graph.rank(input) == 3 else {
      throw LayerError(
        .shape, "expected 3 axes, found shape \(Shape(lowering.graph.shape(input)))")
    }
    let x = try lowering.graph.channelsLast(input, from: dataFormat)
    var parts: [Value] = []
    for kernel in call.weights {
      parts.append(try transformed(x, kernel, into: &lowering.graph))
    }
    let result = try combined(parts, into: &lowering.graph)
    return [try arranged(result, into: &lowering.graph)]
  }

  /// The convolution of each channel with a kernel: `(batch, channels, frames, bins)`.
  private func transformed(
    _ x: Value, _ kernel: Value, into graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let shape = graph.shape(x)
    let signals = try Extent.product(shape[0], shape[2])
    let flat = try graph.reshape(graph.transpose(x, [0, 2, 1]), to: [signals, shape[1], 1])
    let y = try graph.convolution(flat, kernel, geometry.window(over: [shape[1]]), groups: 1)
    return try graph.reshape(y, to: [shape[0], shape[2]] + Array(graph.shape(y).dropFirst()))
  }

  private func combined(
    _ parts: [Value], into graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    guard let first = parts.first, let second = parts.last else {
      throw LayerError(.weights, "the layer has no kernel")
    }
    switch mode {
    case .real, .imag: return first
    case .angle: return try graph.binary(.arctan2, second, first)
    case .stft: return try graph.concatenate([first, second], axis: -1)
    case .psd, .magnitude, .log: break
    }
    let power = try graph.add(graph.square(first), graph.square(second))
    if mode == .psd {
      var factors = [Double](repeating: 2, count: bins)
      factors[0] = 1
      factors[bins - 1] = 1
      let doubling = try graph.cast(
        graph.constant(Tensor(shape: [bins], factors)), to: graph.dtype(power))
      return try graph.multiply(power, doubling)
    }
    let magnitude = try graph.unary(.sqrt, graph.maximum(power, 1e-7))
    return mode == .log ? try graph.unary(.log, graph.maximum(magnitude, 1e-7)) : magnitude
  }

  /// `(batch, channels, frames, frequencies)` in the form of the output.
  private func arranged(
    _ x: Value, into graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let shape = graph.shape(x)
    let isLast = dataFormat == .channelsLast
    if expandDims { return isLast ? try graph.transpose(x, [0, 2, 3, 1]) : x }
    let all = try Extent.product(shape[1], shape[3])
    if isLast {
      let moved = try graph.transpose(x, [0, 2, 1, 3])
      return try graph.reshape(moved, to: [shape[0], shape[2], all])
    }
    let moved = try graph.transpose(x, [0, 1, 3, 2])
    return try graph.reshape(moved, to: [shape[0], all, shape[2]])
  }
}

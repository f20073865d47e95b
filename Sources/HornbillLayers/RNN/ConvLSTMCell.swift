public import HornbillCore

/// One step of a convolutional long short-term memory.
///
///     i, f, o = recurrentActivation(x ∗ W + b + h ∗ U)      (the channels of each gate)
///     c' = f · c + i · activation(x ∗ W + b + h ∗ U)
///     h' = o · activation(c')
///
/// - Input: `(batch, spatial…, in)` and the states `h`, `c`, each `(batch, positions…, filters)`; with `channelsFirst`
///   the channels stand before the spatial axes. Output: `h'`; the states `h'`, `c'`.
/// - Weights: `kernel` W (size…, in, 4 · filters), `recurrent_kernel` U (size…, filters, 4 · filters), `bias` b
///   (4 · filters) unless `useBias` is false; channels in the order i, f, c, o. U is applied with stride 1 and `same`
///   padding.
/// - Source: Keras 3, `keras/src/layers/rnn/conv_lstm.py`.
public struct ConvLSTMCell: LayerCell {
  public static let className = "ConvLSTMCell"

  /// What the input's convolution does at the edges.
  public enum Padding: String, Sendable, Hashable, CaseIterable {
    /// The window stays inside.
    case valid
    /// Zeros are added so that a stride of 1 keeps the extents.
    case same
  }

  /// The channels of each state.
  public let filters: Int
  /// The extents of the window, one for each spatial axis.
  public let kernelSize: [Int]
  /// The steps of the input's window.
  public let strides: [Int]
  /// The padding of the input.
  public let padding: Padding
  /// Whether the channels stand before the spatial axes.
  public let channelsFirst: Bool
  /// The distances between the cells of the input's window.
  public let dilationRate: [Int]
  /// The activation of the candidate and of the output.
  public let activation: ActivationFunction
  /// The activation of the gates.
  public let recurrentActivation: ActivationFunction
  /// Whether there is a bias.
  public let useBias: Bool
  /// Whether the bias of the forget gate begins at 1.
  public let unitForgetBias: Bool
  /// How the variables are made and trained.
  public let training: RecurrentTraining
  package var isMadeByLayer = false

  /// Makes a cell over as many spatial axes as the kernel's size has.
  public init(
    filters: Int, kernelSize: [Int], strides: [Int]? = nil, padding: Padding = .valid,
    channelsFirst: Bool = false, dilationRate: [Int]? = nil, activation: Activation = .tanh,
    recurrentActivation: Activation = .sigmoid, useBias: Bool = true,
    unitForgetBias: Bool = true, training: RecurrentTraining = RecurrentTraining()
  ) {
    self.unitForgetBias = unitForgetBias
    self.training = training
    let ones = [Int](repeating: 1, count: kernelSize.count)
    self.filters = filters
    self.kernelSize = kernelSize
    self.strides = strides ?? ones
    self.padding = padding
    self.channelsFirst = channelsFirst
    self.dilationRate = dilationRate ?? ones
    self.activation = .function(activation)
    self.recurrentActivation = .function(recurrentActivation)
    self.useBias = useBias
  }

  init(config: LayerConfig, axes: Int) throws(LayerError) {
    filters = try config.positive("filters")
    kernelSize = try config.extents("kernel_size", axes: axes)
    strides = try config.extents("strides", axes: axes, default: 1)
    padding = try config.choice("padding", default: .valid)
    let format: DataFormat = try config.choice("data_format", default: .channelsLast)
    channelsFirst = format == .channelsFirst
    dilationRate = try config.extents("dilation_rate", axes: axes, default: 1)
    activation = try config.activation("activation", default: "tanh")
    recurrentActivation = try config.activation(
      "recurrent_activation",
      default: config.context.rules.kerasMajor < 3 ? "hard_sigmoid" : "sigmoid")
    useBias = try config.bool("use_bias", default: true)
    unitForgetBias = try config.bool("unit_forget_bias", default: true)
    training = try RecurrentTraining(config: config)
  }

  /// The arguments of the layer that made the cell, which alone writes them.
  package func encode(to config: inout ConfigEncoder, activityRegularizer: Regularizer?) {
    config.set("filters", filters)
    config.set("kernel_size", kernelSize)
    config.set("strides", strides)
    config.set("padding", padding)
    config.set("data_format", channelsFirst ? DataFormat.channelsFirst : .channelsLast)
    config.set("dilation_rate", dilationRate)
    config.set("activation", activation)
    config.set("recurrent_activation", recurrentActivation)
    config.set("use_bias", useBias)
    training.encodeInitializers(to: &config)
    config.set("unit_forget_bias", unitForgetBias)
    training.encodeRestrictions(
      to: &config, activityRegularizer: activityRegularizer, isLayer: isMadeByLayer)
    config.set("seed", training.seed)
  }

  /// Keras keeps the arguments of these cells in their layers only.
  public init(config: LayerConfig) throws(LayerError) {
    throw LayerError(
      .unsupported, "\(config.className) outside ConvLSTM1D, ConvLSTM2D or ConvLSTM3D")
  }

  public var sublayers: [Sublayer] {
    ownActivation() + recurrentActivation.sublayers("recurrent_activation")
  }

  private var axes: Int { kernelSize.count }

  public func stateShapes(_ input: Shape) throws(LayerError) -> [Shape] {
    guard input.rank == axes + 2 else {
      throw LayerError(
        .shape, "expected steps of \(axes + 2) axes, found shape \(input)")
    }
    var positions: [Int?] = []
    let spatial = channelsFirst ? input.dimensions[2...] : input.dimensions[1..<(axes + 1)]
    for (axis, extent) in spatial.enumerated() {
      guard let extent else {
        positions.append(nil)
        continue
      }
      let count = try window(axis, extent).positions
      guard count > 0 else {
        throw LayerError(
          .shape, "a window of \(kernelSize[axis]) cells does not fit an extent of \(extent)")
      }
      positions.append(count)
    }
    let state =
      channelsFirst
      ? Shape([input[0], filters] + positions) : Shape([input[0]] + positions + [filters])
    return [state, state]
  }

  /// The positions of the input's window along an axis, and the cells added before and after.
  private func window(
    _ axis: Int, _ extent: Int
  ) throws(LayerError) -> (positions: Int, before: Int, after: Int) {
    let (reach, a) = (kernelSize[axis] - 1).multipliedReportingOverflow(by: dilationRate[axis])
    let (span, b) = reach.addingReportingOverflow(1)
    guard !a, !b, extent < Int.max / 2, span < Int.max / 2 else {
      throw LayerError(.shape, "a window of \(kernelSize[axis]) cells is beyond the integers")
    }
    let stride = strides[axis]
    if padding == .valid {
      return (extent < span ? 0 : (extent - span) / stride + 1, 0, 0)
    }
    let positions = extent / stride + (extent % stride == 0 ? 0 : 1)
    let total = positions == 0 ? 0 : max((positions - 1) * stride + span - extent, 0)
    return (positions, total / 2, total - total / 2)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(positive: filters, "filters")
    try LayerError.check(positive: kernelSize, "kernelSize")
    try LayerError.check(positive: strides, "strides")
    try LayerError.check(positive: dilationRate, "dilationRate")
    try training.check()
    let states = try stateShapes(call.inputShape).map { TensorSpec($0) }
    let width = try build.gates(4, units: filters)
    let channels = try call.knownExtent(channelsFirst ? 1 : -1)
    build.weight(
      "kernel", kernelSize + [channels, width], initializer: training.kernel.initializer)
    build.weight(
      "recurrent_kernel", kernelSize + [filters, width],
      initializer: training.recurrent.initializer)
    if useBias {
      build.weight(
        "bias", [width],
        initial: training.longShortTermBias(unitForgetBias: unitForgetBias, units: filters))
    }
    _ = try recurrentActivation.build(states[0], in: &build)
    return [try activation.build(states[0], in: &build)] + states
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let states = try call.states(2)
    let sequence = CellSequence(
      cell: call.instance, input: try lowering.graph.expand(call.input, axis: 1),
      states: states, mask: nil, zeroOutputForMask: false)
    let result = try self.sequence(sequence, into: &lowering)
    return [try lowering.graph.squeeze(result.outputs, axis: 1)] + result.states
  }

  package func sequence(
    _ sequence: CellSequence, into lowering: inout Lowering
  ) throws(LayerError) -> SequenceResult {
    let weights = try lowering.weights(of: sequence.cell)
    var work = sequence
    if channelsFirst {
      work.input = try lowering.graph.moveAxis(sequence.input, from: 2, to: -1)
      work.states = try sequence.states.map { (state: Value) throws(LayerError) -> Value in
        try lowering.graph.moveAxis(state, from: 1, to: -1)
      }
    }
    work.input = try fromInput(
      work.input, kernel: weights[0], bias: useBias ? weights[2] : nil, into: &lowering)
    let gates = LongShortTermGates(
      activation: activation, recurrentActivation: recurrentActivation, units: filters)
    let window = recurrentWindow
    var result = try lowering.steps(of: work) {
      (lowering, input, states) throws(LayerError) in
      let recurrent = try lowering.graph.convolution(states[0], weights[1], window, groups: 1)
      return try gates.step(
        lowering.graph.add(input, recurrent), carry: states[1], into: &lowering)
    }
    if channelsFirst {
      result.outputs = try lowering.graph.moveAxis(result.outputs, from: -1, to: 2)
      result.states = try result.states.map { (state: Value) throws(LayerError) -> Value in
        try lowering.graph.moveAxis(state, from: -1, to: 1)
      }
      result.last = nil
    }
    return result
  }

  /// The gates' sums as far as they come from the input, for all steps at once.
  private func fromInput(
    _ input: Value, kernel: Value, bias: Value?, into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    let extents = lowering.graph.shape(input)
    var before: [Int] = []
    var after: [Int] = []
    for axis in 0..<axes {
      let window = try window(axis, extents[axis + 2])
      before.append(window.before)
      after.append(window.after)
    }
    let spec = WindowSpec(
      size: kernelSize, strides: strides, dilations: dilationRate, paddingBefore: before,
      paddingAfter: after)
    let flat = try lowering.graph.foldLeadingAxes(input)
    var sums = try lowering.graph.convolution(flat, kernel, spec, groups: 1)
    if let bias { sums = try lowering.graph.add(sums, bias) }
    return try lowering.graph.unfoldLeadingAxis(sums, to: Array(extents.prefix(2)))
  }

  /// A window of stride 1 that keeps the extents.
  private var recurrentWindow: WindowSpec {
    let ones = [Int](repeating: 1, count: axes)
    return WindowSpec(
      size: kernelSize, strides: ones, dilations: ones,
      paddingBefore: kernelSize.map { ($0 - 1) / 2 },
      paddingAfter: kernelSize.map { $0 - 1 - ($0 - 1) / 2 })
  }
}

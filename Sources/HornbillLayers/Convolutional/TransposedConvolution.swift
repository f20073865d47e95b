package import HornbillCore

/// The arguments that all transposed convolutions share.
package struct TransposedConvolutionArguments: Sendable {
  /// The number of output channels.
  package let filters: Int
  /// The window of the forward convolution.
  package let window: WindowGeometry
  /// The cells added to the result per spatial axis; `nil` for as many as the stride asks for.
  package let outputPadding: [Int]?
  /// Activation, bias and variables.
  package let options: FilterOptions

  init(
    filters: Int, window: WindowGeometry, outputPadding: [Int]?, options: FilterOptions
  ) {
    self.filters = filters
    self.window = window
    self.outputPadding = outputPadding
    self.options = options
  }

  init(config: LayerConfig, rank: Int) throws(LayerError) {
    filters = try config.positive("filters")
    window = try WindowGeometry(config: config, rank: rank)
    if window.padding == .causal {
      throw config.invalid("padding", expected: "\"valid\" or \"same\"")
    }
    options = try FilterOptions(config: config, kernels: ["kernel"])
    guard let value = config["output_padding"] else {
      outputPadding = nil
      return
    }
    let given: [Int]
    if let number = value.int {
      given = [Int](repeating: number, count: rank)
    } else {
      given = try config.integers("output_padding")
    }
    guard given.count == rank, given.allSatisfy({ $0 >= 0 }) else {
      throw config.invalid("output_padding", expected: "\(rank) integers of at least 0")
    }
    outputPadding = given
  }

  /// The activation.
  package var activation: ActivationFunction { options.activation }
  /// Whether there is a bias.
  package var useBias: Bool { options.useBias }

  /// Makes sure of the arguments of a layer made in Swift.
  func check() throws(LayerError) {
    try LayerError.check(positive: filters, "filters")
    try window.check()
    guard window.padding != .causal else {
      throw LayerError(.configuration, "padding: expected valid or same, found causal")
    }
    if let outputPadding, !outputPadding.allSatisfy({ $0 >= 0 }) {
      throw LayerError(
        .configuration, "outputPadding: expected integers of at least 0, found \(outputPadding)")
    }
  }

  func encode(to config: inout ConfigEncoder) {
    options.encode(to: &config) { config in
      config.set("filters", filters)
      config.set("kernel_size", window.size)
      config.set("strides", window.strides)
      config.set("padding", window.padding)
      config.set("output_padding", outputPadding)
      config.set("data_format", window.format)
      config.set("dilation_rate", window.dilations)
    }
  }

  /// The extent of the result along one spatial axis.
  ///
  /// Source: Keras 3, `keras/src/backend/common/backend_utils.py`, `_get_output_shape_given_tf_padding`.
  func outputExtent(_ axis: Int, of extent: Int) throws(LayerError) -> Int {
    let stride = window.strides[axis]
    let span = try window.span(axis)
    let added = outputPadding?[axis]
    if window.padding == .same {
      guard let added else { return try Extent.product(extent, stride) }
      return max(
        try Extent.sum(Extent.product(extent - 1, stride), Extent.sum(span % 2, added)), 0)
    }
    let reach = try Extent.sum(Extent.product(extent - 1, stride), span)
    return max(try Extent.sum(reach, added ?? max(span, stride) - span), 0)
  }

  /// The window of the forward convolution that takes an input of extents `outputs` to `inputs`.
  func forwardWindow(inputs: [Int], outputs: [Int]) throws(LayerError) -> WindowSpec {
    var before: [Int] = []
    var after: [Int] = []
    for axis in 0..<window.rank {
      var total = 0
      if window.padding == .same {
        let reach = try Extent.sum(
          Extent.product(max(inputs[axis] - 1, 0), window.strides[axis]), window.span(axis))
        total = max(reach - outputs[axis], 0)
      }
      before.append(total / 2)
      after.append(total - total / 2)
    }
    return WindowSpec(
      size: window.size, strides: window.strides, dilations: window.dilations,
      paddingBefore: before, paddingAfter: after)
  }
}

/// A transposed convolution over one, two or three spatial axes: the gradient of a convolution.
package protocol TransposedConvolutionLayer: Layer {
  /// The number of spatial axes.
  static var spatialRank: Int { get }
  /// The arguments.
  var arguments: TransposedConvolutionArguments { get }
  init(arguments: TransposedConvolutionArguments)
}

extension TransposedConvolutionLayer {
  public init(config: LayerConfig) throws(LayerError) {
    self.init(
      arguments: try TransposedConvolutionArguments(config: config, rank: Self.spatialRank))
  }

  public func encode(to config: inout ConfigEncoder) {
    arguments.encode(to: &config)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let arguments = self.arguments
    try arguments.check()
    let format = arguments.window.format
    var shape = try call.inputShape(rank: Self.spatialRank + 2)
    let channels = try call.knownExtent(format.channelAxis)
    build.weight(
      "kernel", arguments.window.size + [arguments.filters, channels],
      initializer: arguments.options.initializer(0))
    if arguments.useBias {
      build.weight("bias", [arguments.filters], initializer: arguments.options.bias.initializer)
    }
    for (index, axis) in format.spatialAxes(rank: shape.rank).enumerated() {
      guard let extent = shape[axis] else { continue }
      shape[axis] = try arguments.outputExtent(index, of: extent)
    }
    shape[format.channelAxis] = arguments.filters
    return [try arguments.activation.build(TensorSpec(shape, call.input.dtype), in: &build)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let arguments = self.arguments
    let format = arguments.window.format
    let x = try lowering.graph.channelsLast(call.input, from: format)
    let inputs = lowering.graph.spatialExtents(x)
    guard inputs.count == Self.spatialRank else {
      throw LayerError(
        .shape, "expected \(Self.spatialRank) spatial axes, found \(inputs.count)")
    }
    var outputs: [Int] = []
    for (axis, extent) in inputs.enumerated() {
      outputs.append(try arguments.outputExtent(axis, of: extent))
    }
    let window = try arguments.forwardWindow(inputs: inputs, outputs: outputs)
    var y = try lowering.graph.transposedConvolution(
      x, call.weights[0], window, output: outputs)
    if arguments.useBias {
      y = try lowering.addingBias(call.weights[1], to: y, format: arguments.window.format)
    }
    y = try lowering.graph.channels(y, to: format)
    return [try arguments.activation.lower(y, into: &lowering)]
  }
}

package import HornbillCore

/// The arguments that convolutions of each channel by itself share.
package struct DepthwiseConvolutionArguments: Sendable {
  /// The number of output channels for each input channel.
  package let depthMultiplier: Int
  /// The sliding window.
  package let window: WindowGeometry
  /// Activation, bias and variables.
  package let options: FilterOptions

  init(depthMultiplier: Int, window: WindowGeometry, options: FilterOptions) {
    self.depthMultiplier = depthMultiplier
    self.window = window
    self.options = options
  }

  /// - Parameter kernels: the prefixes of the fields of the layer's kernels.
  init(
    config: LayerConfig, rank: Int, kernels: [String] = ["depthwise"]
  ) throws(LayerError) {
    depthMultiplier = try config.positive("depth_multiplier", default: 1)
    window = try WindowGeometry(config: config, rank: rank)
    options = try FilterOptions(config: config, kernels: kernels)
  }

  /// The activation.
  package var activation: ActivationFunction { options.activation }
  /// Whether there is a bias.
  package var useBias: Bool { options.useBias }

  /// Makes sure of the arguments of a layer made in Swift.
  func check() throws(LayerError) {
    try LayerError.check(positive: depthMultiplier, "depthMultiplier")
    try window.check()
  }

  /// Gives the fields in the order of Keras 3; of a separable convolution with the number of output channels.
  func encode(filters: Int? = nil, to config: inout ConfigEncoder) {
    options.encode(to: &config) { config in
      config.set("depth_multiplier", depthMultiplier)
      if let filters { config.set("filters", filters) }
      window.encode(to: &config)
    }
  }
}

/// A convolution of each channel by itself over one or two spatial axes.
package protocol DepthwiseConvolutionLayer: Layer {
  /// The number of spatial axes.
  static var spatialRank: Int { get }
  /// The arguments.
  var arguments: DepthwiseConvolutionArguments { get }
  init(arguments: DepthwiseConvolutionArguments)
}

extension DepthwiseConvolutionLayer {
  public init(config: LayerConfig) throws(LayerError) {
    self.init(
      arguments: try DepthwiseConvolutionArguments(config: config, rank: Self.spatialRank))
  }

  public func encode(to config: inout ConfigEncoder) {
    arguments.encode(to: &config)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let arguments = self.arguments
    try arguments.check()
    let shape = try call.inputShape(rank: Self.spatialRank + 2)
    let channels = try call.knownExtent(arguments.window.format.channelAxis)
    let filters = try Extent.product(channels, arguments.depthMultiplier)
    build.weight(
      "kernel", arguments.window.size + [channels, arguments.depthMultiplier],
      initializer: arguments.options.initializer(0))
    if arguments.useBias {
      build.weight("bias", [filters], initializer: arguments.options.bias.initializer)
    }
    let output = try arguments.window.outputShape(of: shape, channels: filters)
    return [try arguments.activation.build(TensorSpec(output, call.input.dtype), in: &build)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let arguments = self.arguments
    let x = try lowering.graph.channelsLast(call.input, from: arguments.window.format)
    var y = try lowering.graph.depthwiseConvolution(x, call.weights[0], arguments.window)
    if arguments.useBias {
      y = try lowering.addingBias(call.weights[1], to: y, format: arguments.window.format)
    }
    y = try lowering.graph.channels(y, to: arguments.window.format)
    return [try arguments.activation.lower(y, into: &lowering)]
  }
}

extension GraphBuilder {
  /// `x (batch, spatial…, channels), kernel (size…, channels, multiplier) → (batch, positions…, channels · multiplier)`;
  /// output channel `c · multiplier + m` comes from input channel `c`.
  mutating func depthwiseConvolution(
    _ x: Value, _ kernel: Value, _ window: WindowGeometry
  ) throws(LayerError) -> Value {
    let extents = shape(kernel)
    guard extents.count == window.rank + 2, let multiplier = extents.last else {
      throw LayerError(.shape, "a depthwise kernel of shape \(Shape(extents))")
    }
    let channels = extents[extents.count - 2]
    let filters = try Extent.product(channels, multiplier)
    let grouped = try reshape(kernel, to: Array(extents.dropLast(2)) + [1, filters])
    return try convolution(
      x, grouped, window.window(over: spatialExtents(x)), groups: channels)
  }
}

package import HornbillCore

/// A convolution of each channel by itself, then one of all channels at each position, over one or two spatial axes.
package protocol SeparableConvolutionLayer: Layer {
  /// The number of spatial axes.
  static var spatialRank: Int { get }
  /// The number of output channels.
  var filters: Int { get }
  /// The arguments of the first convolution; activation and bias come after the second one.
  var arguments: DepthwiseConvolutionArguments { get }
  init(filters: Int, arguments: DepthwiseConvolutionArguments)
}

extension SeparableConvolutionLayer {
  public init(config: LayerConfig) throws(LayerError) {
    self.init(
      filters: try config.positive("filters"),
      arguments: try DepthwiseConvolutionArguments(
        config: config, rank: Self.spatialRank, kernels: ["depthwise", "pointwise"]))
  }

  public func encode(to config: inout ConfigEncoder) {
    arguments.encode(filters: filters, to: &config)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let arguments = self.arguments
    try LayerError.check(positive: filters, "filters")
    try arguments.check()
    let shape = try call.inputShape(rank: Self.spatialRank + 2)
    let channels = try call.knownExtent(arguments.window.format.channelAxis)
    let middle = try Extent.product(channels, arguments.depthMultiplier)
    build.weight(
      "depthwise_kernel", arguments.window.size + [channels, arguments.depthMultiplier],
      initializer: arguments.options.initializer(0))
    build.weight(
      "pointwise_kernel", [Int](repeating: 1, count: Self.spatialRank) + [middle, filters],
      initializer: arguments.options.initializer(1))
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
    let ones = [Int](repeating: 1, count: Self.spatialRank)
    let point = WindowGeometry(size: ones, strides: ones)
    y = try lowering.graph.convolution(
      y, call.weights[1], point.window(over: lowering.graph.spatialExtents(y)), groups: 1)
    if arguments.useBias {
      y = try lowering.addingBias(call.weights[2], to: y, format: arguments.window.format)
    }
    y = try lowering.graph.channels(y, to: arguments.window.format)
    return [try arguments.activation.lower(y, into: &lowering)]
  }
}

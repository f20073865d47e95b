package import HornbillCore

/// The arguments that convolutions of each channel by itself share.
package struct DepthwiseConvolutionArguments: Sendable {
  /// The number of output channels for each input channel.
  package let depthMultiplier: Int
  /// The sliding window.
  package let window: WindowGeometry
  /// The activation.
  package let activation: ActivationFunction
  /// Whether there is a bias.
  package let useBias: Bool

  init(
    depthMultiplier: Int, window: WindowGeometry, activation: Activation, useBias: Bool
  ) {
    self.depthMultiplier = depthMultiplier
    self.window = window
    self.activation = .function(activation)
    self.useBias = useBias
  }

  init(config: LayerConfig, rank: Int) throws(LayerError) {
    depthMultiplier = try config.positive("depth_multiplier", default: 1)
    window = try WindowGeometry(config: config, rank: rank)
    activation = try config.activation("activation")
    useBias = try config.bool("use_bias", default: true)
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

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let arguments = self.arguments
    let shape = try call.inputShape(rank: Self.spatialRank + 2)
    let channels = try call.knownExtent(arguments.window.format.channelAxis)
    let filters = try Extent.product(channels, arguments.depthMultiplier)
    build.weight("kernel", arguments.window.size + [channels, arguments.depthMultiplier])
    if arguments.useBias { build.weight("bias", [filters]) }
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

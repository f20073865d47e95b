package import HornbillCore

/// The arguments that all forward convolutions share.
package struct ConvolutionArguments: Sendable {
  /// The number of output channels.
  package let filters: Int
  /// The sliding window.
  package let window: WindowGeometry
  /// The number of groups into which the channels are divided.
  package let groups: Int
  /// Activation, bias and variables.
  package let options: FilterOptions
  /// Whether axes between the batch and the spatial axes count as more of the batch, as in Keras 2.
  let allowsBatchAxes: Bool

  init(filters: Int, window: WindowGeometry, groups: Int, options: FilterOptions) {
    self.filters = filters
    self.window = window
    self.groups = groups
    self.options = options
    allowsBatchAxes = false
  }

  init(config: LayerConfig, rank: Int) throws(LayerError) {
    filters = try config.positive("filters")
    window = try WindowGeometry(config: config, rank: rank)
    groups = try config.positive("groups", default: 1)
    options = try FilterOptions(config: config, kernels: ["kernel"])
    allowsBatchAxes = config.context.rules.kerasMajor < 3
    guard filters % groups == 0 else {
      throw config.invalid("filters", expected: "a multiple of the \(groups) groups")
    }
  }

  /// The activation.
  package var activation: ActivationFunction { options.activation }
  /// Whether there is a bias.
  package var useBias: Bool { options.useBias }

  /// Makes sure of the arguments of a layer made in Swift.
  func check() throws(LayerError) {
    try LayerError.check(positive: filters, "filters")
    try LayerError.check(positive: groups, "groups")
    try window.check()
    guard filters % groups == 0 else {
      throw LayerError(
        .configuration, "filters: expected a multiple of the \(groups) groups, found \(filters)")
    }
  }

  func encode(to config: inout ConfigEncoder) {
    options.encode(to: &config) { config in
      config.set("filters", filters)
      window.encode(to: &config)
      config.set("groups", groups)
    }
  }
}

/// A forward convolution over one, two or three spatial axes.
///
///     y = activation(sum over window cells and channels (x · kernel) + bias)
///
/// The window is not mirrored (a cross-correlation).
package protocol ConvolutionLayer: Layer {
  /// The number of spatial axes.
  static var spatialRank: Int { get }
  /// The arguments.
  var arguments: ConvolutionArguments { get }
  init(arguments: ConvolutionArguments)
}

extension ConvolutionLayer {
  public init(config: LayerConfig) throws(LayerError) {
    self.init(arguments: try ConvolutionArguments(config: config, rank: Self.spatialRank))
  }

  public func encode(to config: inout ConfigEncoder) {
    arguments.encode(to: &config)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let arguments = self.arguments
    try arguments.check()
    let shape = try call.inputShape
    var inner = shape
    var lead: [Int?] = []
    if arguments.allowsBatchAxes, shape.rank > Self.spatialRank + 2 {
      let extra = shape.rank - Self.spatialRank - 2
      lead = Array(shape.dimensions[1...extra])
      inner.dimensions.removeSubrange(1...extra)
    }
    guard inner.rank == Self.spatialRank + 2 else {
      throw LayerError(
        .shape, "expected an input of \(Self.spatialRank + 2) axes, found shape \(shape)")
    }
    guard let channels = inner[arguments.window.format.channelAxis] else {
      throw LayerError(.shape, "the channels of shape \(shape) must be known")
    }
    guard channels % arguments.groups == 0 else {
      throw LayerError(
        .shape,
        "\(channels) input channels do not divide into \(arguments.groups) groups")
    }
    build.weight(
      "kernel", arguments.window.size + [channels / arguments.groups, arguments.filters],
      initializer: arguments.options.initializer(0))
    if arguments.useBias {
      build.weight("bias", [arguments.filters], initializer: arguments.options.bias.initializer)
    }
    var output = try arguments.window.outputShape(of: inner, channels: arguments.filters)
    output.dimensions.insert(contentsOf: lead, at: 1)
    return [
      try arguments.activation.build(TensorSpec(output, call.input.dtype), in: &build)
    ]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let arguments = self.arguments
    let input = try call.input
    let extra = lowering.graph.rank(input) - Self.spatialRank - 2
    let (x, lead) = try lowering.graph.foldingBatchAxes(
      input, extra: arguments.allowsBatchAxes ? extra : 0)
    var y = try lowering.graph.channelsLast(x, from: arguments.window.format)
    let window = try arguments.window.window(over: lowering.graph.spatialExtents(y))
    y = try lowering.graph.convolution(y, call.weights[0], window, groups: arguments.groups)
    if arguments.useBias {
      y = try lowering.addingBias(call.weights[1], to: y, format: arguments.window.format)
    }
    y = try lowering.graph.channels(y, to: arguments.window.format)
    if let lead {
      y = try lowering.graph.reshape(y, to: lead + Array(lowering.graph.shape(y).dropFirst()))
    }
    return [try arguments.activation.lower(y, into: &lowering)]
  }
}

extension GraphBuilder {
  /// The tensor with its first `extra + 1` axes as one, and their extents when there are any to fold.
  mutating func foldingBatchAxes(
    _ x: Value, extra: Int
  ) throws(LayerError) -> (folded: Value, lead: [Int]?) {
    guard extra > 0 else { return (x, nil) }
    let extents = shape(x)
    let lead = Array(extents[...extra])
    guard let count = Shape.elementCount(lead) else {
      throw LayerError(.shape, "shape \(Shape(extents)) has too many elements")
    }
    return (try reshape(x, to: [count] + Array(extents[(extra + 1)...])), lead)
  }
}

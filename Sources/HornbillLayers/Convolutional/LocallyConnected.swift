package import HornbillCore

/// How the kernel of a convolution with a kernel of its own at each position is stored: Keras's `implementation`.
public enum LocalKernelStorage: Int, Sendable, Hashable, CaseIterable {
  /// 1: `(positions, window cells · in, filters)`.
  case perPosition = 1
  /// 2: `(in cells…, in, positions…, filters)`, zero where no window reaches.
  case dense = 2
  /// 3: a list of the values that windows reach, by output cell, then input cell.
  case sparse = 3
}

/// The arguments that convolutions with a kernel of its own at each position share.
package struct LocallyConnectedArguments: Sendable {
  /// The number of output channels.
  package let filters: Int
  /// The sliding window.
  package let window: WindowGeometry
  /// How the kernel is stored.
  package let storage: LocalKernelStorage
  /// Activation, bias and variables.
  package let options: FilterOptions

  init(
    filters: Int, window: WindowGeometry, storage: LocalKernelStorage, options: FilterOptions
  ) {
    self.filters = filters
    self.window = window
    self.storage = storage
    self.options = options
  }

  init(config: LayerConfig, rank: Int) throws(LayerError) {
    filters = try config.positive("filters")
    window = try WindowGeometry(config: config, rank: rank)
    guard
      let storage = LocalKernelStorage(rawValue: try config.integer("implementation", default: 1))
    else {
      throw config.invalid("implementation", expected: "1, 2 or 3")
    }
    self.storage = storage
    options = try FilterOptions(config: config, kernels: ["kernel"])
    guard window.padding == .valid || (window.padding == .same && storage != .perPosition) else {
      throw config.invalid("padding", expected: "\"valid\"")
    }
  }

  /// The activation.
  package var activation: ActivationFunction { options.activation }
  /// Whether there is a bias.
  package var useBias: Bool { options.useBias }

  /// Makes sure of the arguments of a layer made in Swift.
  func check() throws(LayerError) {
    try LayerError.check(positive: filters, "filters")
    try window.check()
    guard window.padding == .valid || (window.padding == .same && storage != .perPosition) else {
      throw LayerError(
        .configuration,
        "padding: expected valid with implementation \(storage.rawValue), found \(window.padding)")
    }
  }

  func encode(to config: inout ConfigEncoder) {
    options.encode(to: &config) { config in
      config.set("filters", filters)
      config.set("kernel_size", window.size)
      config.set("strides", window.strides)
      config.set("padding", window.padding)
      config.set("data_format", window.format)
    }
    config.set("implementation", storage.rawValue)
  }

  /// The input cells that one output position sees along one axis.
  ///
  /// Source: Keras 2, `keras/src/utils/conv_utils.py`, `conv_connected_inputs`.
  func reach(_ axis: Int, position: Int, extent: Int) -> Range<Int> {
    let size = window.size[axis]
    var center = position * window.strides[axis]
    if window.padding == .valid { center += size / 2 }
    let start = min(max(center - size / 2, 0), extent)
    return start..<max(min(center - size / 2 + size, extent), start)
  }
}

/// A convolution whose kernel differs from position to position, over one or two spatial axes.
///
/// Source: Keras 2, `keras/src/layers/locally_connected`.
package protocol LocallyConnectedLayer: Layer {
  /// The number of spatial axes.
  static var spatialRank: Int { get }
  /// The arguments.
  var arguments: LocallyConnectedArguments { get }
  init(arguments: LocallyConnectedArguments)
}

extension LocallyConnectedLayer {
  public init(config: LayerConfig) throws(LayerError) {
    self.init(arguments: try LocallyConnectedArguments(config: config, rank: Self.spatialRank))
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
    let shape = try call.inputShape(rank: Self.spatialRank + 2)
    let channels = try call.knownExtent(format.channelAxis)
    var inputs: [Int] = []
    var outputs: [Int] = []
    for (index, axis) in format.spatialAxes(rank: shape.rank).enumerated() {
      let extent = try call.knownExtent(axis)
      inputs.append(extent)
      outputs.append(try arguments.window.positions(index, extent: extent))
    }
    let map = LocalConnections(
      arguments: arguments, inputs: inputs, outputs: outputs, channels: channels)
    build.weight(
      "kernel", try map.kernelShape(), initializer: arguments.options.initializer(0))
    if arguments.useBias {
      build.weight(
        "bias", outputs + [arguments.filters], initializer: arguments.options.bias.initializer)
    }
    let output = try arguments.window.outputShape(of: shape, channels: arguments.filters)
    return [try arguments.activation.build(TensorSpec(output, call.input.dtype), in: &build)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let arguments = self.arguments
    let format = arguments.window.format
    let x = try call.input
    let shape = lowering.graph.shape(x)
    let axes = format.spatialAxes(rank: shape.count)
    let inputs = axes.map { shape[$0] }
    var outputs: [Int] = []
    for (index, extent) in inputs.enumerated() {
      outputs.append(try arguments.window.positions(index, extent: extent))
    }
    let channels = shape[try lowering.graph.axis(format.channelAxis, of: x)]
    let map = LocalConnections(
      arguments: arguments, inputs: inputs, outputs: outputs, channels: channels)
    var y = try map.apply(call.weights[0], to: x, in: &lowering.graph)
    if arguments.useBias {
      y = try lowering.graph.add(y, map.spreadBias(call.weights[1], in: &lowering.graph))
    }
    return [try arguments.activation.lower(y, into: &lowering)]
  }
}

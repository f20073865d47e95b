package import HornbillCore

/// Pooling with a window that slides over one, two or three spatial axes.
package protocol WindowPooling: Layer {
  /// The number of spatial axes.
  static var spatialRank: Int { get }
  /// How the window folds its cells.
  static var kind: PoolKind { get }
  /// The sliding window.
  var window: WindowGeometry { get }
  init(window: WindowGeometry)
}

extension WindowPooling {
  public init(config: LayerConfig) throws(LayerError) {
    let size = try config.extents("pool_size", axes: Self.spatialRank, default: 2)
    let strides =
      config["strides"] == nil
      ? size : try config.extents("strides", axes: Self.spatialRank)
    let padding = try config.choice("padding", default: Padding.valid)
    if padding == .causal {
      throw config.invalid("padding", expected: "\"valid\" or \"same\"")
    }
    self.init(
      window: WindowGeometry(
        size: size, strides: strides, padding: padding, format: try config.dataFormat()))
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("pool_size", window.size)
    config.set("padding", window.padding)
    config.set("strides", window.strides)
    config.set("data_format", window.format)
  }

  public var isBuiltFromStart: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try window.check(sizeArgument: "poolSize")
    guard window.padding != .causal else {
      throw LayerError(.configuration, "padding: expected valid or same, found causal")
    }
    let shape = try call.inputShape(rank: Self.spatialRank + 2)
    let channels = shape[window.format.channelAxis]
    return [
      TensorSpec(try window.outputShape(of: shape, channels: channels), try call.input.dtype)
    ]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try lowering.graph.channelsLast(call.input, from: window.format)
    let spec = try window.window(over: lowering.graph.spatialExtents(x))
    let y = try lowering.graph.pool(Self.kind, x, spec)
    return [try lowering.graph.channels(y, to: window.format)]
  }
}

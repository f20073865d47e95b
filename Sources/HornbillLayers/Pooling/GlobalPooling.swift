package import HornbillCore

/// Pooling over all spatial axes at once.
package protocol GlobalPooling: Layer {
  /// The number of spatial axes.
  static var spatialRank: Int { get }
  /// How the cells are folded.
  static var kind: PoolKind { get }
  /// Where the channels stand.
  var dataFormat: DataFormat { get }
  /// Whether the spatial axes stay, with extent 1.
  var keepDims: Bool { get }
  init(dataFormat: DataFormat, keepDims: Bool)
}

extension GlobalPooling {
  public init(config: LayerConfig) throws(LayerError) {
    self.init(
      dataFormat: try config.dataFormat(),
      keepDims: try config.bool("keepdims", default: false))
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("data_format", dataFormat)
    config.set("keepdims", keepDims)
  }

  public var isBuiltFromStart: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let shape = try call.inputShape(rank: Self.spatialRank + 2)
    var result = shape
    for axis in dataFormat.spatialAxes(rank: shape.rank) { result[axis] = 1 }
    if !keepDims { result = [shape[0], shape[dataFormat.channelAxis]] }
    return [TensorSpec(result, try call.input.dtype)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try call.input
    let axes = dataFormat.spatialAxes(rank: lowering.graph.rank(x))
    return [
      try lowering.graph.reduce(
        Self.kind == .maximum ? .maximum : .mean, x, axes: axes, keepDimensions: keepDims)
    ]
  }
}

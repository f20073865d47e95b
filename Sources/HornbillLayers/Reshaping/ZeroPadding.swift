package import HornbillCore

/// A layer that adds zeros at the ends of the spatial axes.
package protocol ZeroPadding: Layer {
  /// The number of spatial axes.
  static var spatialRank: Int { get }
  /// The cells that are added per spatial axis.
  var padding: [EdgeCounts] { get }
  /// Where the channels stand.
  var dataFormat: DataFormat { get }
}

extension ZeroPadding {
  public func encode(to config: inout ConfigEncoder) {
    config.set("padding", padding)
    config.set("data_format", dataFormat)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try EdgeCounts.check(padding, "padding")
    var shape = try call.inputShape(rank: Self.spatialRank + 2)
    for (edge, axis) in zip(padding, dataFormat.spatialAxes(rank: shape.rank)) {
      guard let extent = shape[axis] else { continue }
      shape[axis] = try Extent.sum(extent, Extent.sum(edge.before, edge.after))
    }
    return [TensorSpec(shape, try call.input.dtype)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try call.input
    let rank = lowering.graph.rank(x)
    var before = [Int](repeating: 0, count: rank)
    var after = before
    for (edge, axis) in zip(padding, dataFormat.spatialAxes(rank: rank)) {
      before[axis] = edge.before
      after[axis] = edge.after
    }
    return [try lowering.graph.pad(x, before: before, after: after)]
  }
}

package import HornbillCore

/// A layer that cuts cells off the ends of the spatial axes.
package protocol Cropping: Layer {
  /// The number of spatial axes.
  static var spatialRank: Int { get }
  /// The cells that are cut off per spatial axis.
  var cropping: [EdgeCounts] { get }
  /// Where the channels stand.
  var dataFormat: DataFormat { get }
}

extension Cropping {
  public func encode(to config: inout ConfigEncoder) {
    config.set("cropping", cropping)
    if Self.spatialRank > 1 { config.set("data_format", dataFormat) }
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try EdgeCounts.check(cropping, "cropping")
    var shape = try call.inputShape(rank: Self.spatialRank + 2)
    for (edge, axis) in zip(cropping, dataFormat.spatialAxes(rank: shape.rank)) {
      guard let extent = shape[axis] else { continue }
      shape[axis] = try rest(extent, edge)
    }
    return [TensorSpec(shape, try call.input.dtype)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    var y = try call.input
    let axes = dataFormat.spatialAxes(rank: lowering.graph.rank(y))
    for (edge, axis) in zip(cropping, axes) {
      let count = try rest(lowering.graph.shape(y)[axis], edge)
      y = try lowering.graph.slice(y, axis: axis, start: edge.before, count: count)
    }
    return [y]
  }

  /// What is left of an extent.
  private func rest(_ extent: Int, _ edge: EdgeCounts) throws(LayerError) -> Int {
    let cut = try Extent.sum(edge.before, edge.after)
    guard cut < extent else {
      throw LayerError(.shape, "cutting \(cut) cells leaves nothing of an extent of \(extent)")
    }
    return extent - cut
  }
}

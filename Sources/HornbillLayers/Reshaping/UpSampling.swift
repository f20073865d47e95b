package import HornbillCore

/// A layer that makes the spatial axes longer by whole factors.
package protocol UpSampling: Layer {
  /// The number of spatial axes.
  static var spatialRank: Int { get }
  /// The factor of each spatial axis.
  var size: [Int] { get }
  /// Where the channels stand.
  var dataFormat: DataFormat { get }
  /// How the cells between are found.
  var interpolation: Interpolation { get }
}

extension UpSampling {
  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(positive: size, "size")
    var shape = try call.inputShape(rank: Self.spatialRank + 2)
    for (factor, axis) in zip(size, dataFormat.spatialAxes(rank: shape.rank)) {
      guard let extent = shape[axis] else { continue }
      shape[axis] = try Extent.product(extent, factor)
    }
    return [TensorSpec(shape, try call.input.dtype)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    var y = try call.input
    let axes = dataFormat.spatialAxes(rank: lowering.graph.rank(y))
    if interpolation == .nearest {
      for (factor, axis) in zip(size, axes) {
        y = try lowering.graph.repeated(y, count: factor, axis: axis)
      }
      return [y]
    }
    var targets: [Int] = []
    for (factor, axis) in zip(size, axes) {
      targets.append(try Extent.product(lowering.graph.shape(y)[axis], factor))
    }
    return [try lowering.graph.resized(y, axes: axes, to: targets, by: interpolation)]
  }
}

extension GraphBuilder {
  /// The tensor with each element of an axis repeated in place.
  mutating func repeated(_ x: Value, count: Int, axis: Int) throws(LayerError) -> Value {
    if count == 1 { return x }
    let axis = try self.axis(axis, of: x)
    var extents = shape(x)
    let merged = try Extent.product(extents[axis], count)
    extents.insert(count, at: axis + 1)
    let spread = try broadcast(expand(x, axis: axis + 1), to: extents)
    extents.remove(at: axis + 1)
    extents[axis] = merged
    return try reshape(spread, to: extents)
  }
}

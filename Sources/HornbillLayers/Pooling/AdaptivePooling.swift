package import HornbillCore

/// Pooling to a given number of positions per spatial axis: position `i` of `o` covers the cells from `floor(i · n / o)` up to
/// `ceil((i + 1) · n / o)` of `n`.
package protocol AdaptivePooling: Layer {
  /// The number of spatial axes.
  static var spatialRank: Int { get }
  /// How the cells are folded.
  static var kind: PoolKind { get }
  /// The number of positions per spatial axis.
  var outputSize: [Int] { get }
  /// Where the channels stand.
  var dataFormat: DataFormat { get }
  init(sizes: [Int], dataFormat: DataFormat)
}

extension AdaptivePooling {
  public init(config: LayerConfig) throws(LayerError) {
    self.init(
      sizes: try config.extents("output_size", axes: Self.spatialRank),
      dataFormat: try config.dataFormat())
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("output_size", outputSize)
    config.set("data_format", dataFormat)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(positive: outputSize, "outputSize")
    var shape = try call.inputShape(rank: Self.spatialRank + 2)
    for (index, axis) in dataFormat.spatialAxes(rank: shape.rank).enumerated() {
      shape[axis] = outputSize[index]
    }
    return [TensorSpec(shape, try call.input.dtype)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    var y = try call.input
    let axes = dataFormat.spatialAxes(rank: lowering.graph.rank(y))
    for (axis, count) in zip(axes, outputSize) {
      y = try lowering.graph.adaptivePool(Self.kind, y, axis: axis, count: count)
    }
    return [y]
  }
}

extension GraphBuilder {
  /// One axis pooled to `count` positions.
  mutating func adaptivePool(
    _ kind: PoolKind, _ x: Value, axis: Int, count: Int
  ) throws(LayerError) -> Value {
    let extent = shape(x)[axis]
    guard extent > 0 else { throw LayerError(.shape, "an empty axis cannot be pooled") }
    if extent == count { return x }
    let reduction: Reduction = kind == .maximum ? .maximum : .mean
    if extent % count == 0 {
      var split = shape(x)
      split.replaceSubrange(axis...axis, with: [count, extent / count])
      return try reduce(reduction, reshape(x, to: split), axes: [axis + 1])
    }
    guard count <= 1 << 16 else {
      throw LayerError(
        .unsupported, "adaptive pooling to \(count) positions is not supported, up to 65536 is")
    }
    var parts: [Value] = []
    for index in 0..<count {
      let start = try Extent.product(index, extent) / count
      let end = Extent.dividedUp(try Extent.product(index + 1, extent), by: count)
      let part = try slice(x, axis: axis, start: start, count: end - start)
      parts.append(try reduce(reduction, part, axes: [axis], keepDimensions: true))
    }
    return try concatenate(parts, axis: axis)
  }
}

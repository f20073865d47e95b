package import HornbillCore

/// How a window that slides over the spatial axes treats their ends.
public enum Padding: String, Sendable, Hashable, CaseIterable {
  /// The window stays inside.
  case valid
  /// As many cells are added as make `ceil(extent / stride)` positions, the odd one after.
  case same
  /// Cells are added before the axis only, so that no position sees a later one; one spatial axis.
  case causal
}

/// A window that slides over the spatial axes: of a convolution, or of pooling.
///
/// Source: Keras 3, `keras/src/ops/operation_utils.py`, `compute_conv_output_shape` and `compute_pooling_output_shape`.
package struct WindowGeometry: Sendable, Hashable {
  package let size: [Int]
  package let strides: [Int]
  package let dilations: [Int]
  package let padding: Padding
  package let format: DataFormat

  package init(
    size: [Int], strides: [Int], dilations: [Int]? = nil, padding: Padding = .valid,
    format: DataFormat = .channelsLast
  ) {
    self.size = size
    self.strides = strides
    self.dilations = dilations ?? [Int](repeating: 1, count: size.count)
    self.padding = padding
    self.format = format
  }

  /// Decodes the window of a convolution.
  init(config: LayerConfig, rank: Int) throws(LayerError) {
    size = try config.extents("kernel_size", axes: rank)
    strides = try config.extents("strides", axes: rank, default: 1)
    dilations = try config.extents("dilation_rate", axes: rank, default: 1)
    padding = try config.choice("padding", default: Padding.valid)
    format = try config.dataFormat()
    if padding == .causal, rank > 1 {
      throw config.invalid("padding", expected: "\"valid\" or \"same\"")
    }
  }

  /// Makes sure that a window made in Swift has extents, and pads before a single axis only.
  ///
  /// - Throws: ``LayerError`` with the code `configuration`.
  package func check(sizeArgument: String = "kernelSize") throws(LayerError) {
    try LayerError.check(positive: size, sizeArgument)
    try LayerError.check(positive: strides, "strides")
    try LayerError.check(positive: dilations, "dilationRate")
    guard padding != .causal || rank == 1 else {
      throw LayerError(.configuration, "padding: expected valid or same, found causal")
    }
  }

  /// Gives the window of a convolution as Keras's fields, in the order of Keras 3.
  func encode(to config: inout ConfigEncoder) {
    config.set("kernel_size", size)
    config.set("strides", strides)
    config.set("padding", padding)
    config.set("data_format", format)
    config.set("dilation_rate", dilations)
  }

  /// The number of spatial axes.
  package var rank: Int { size.count }

  /// The cells that the window spans along one axis.
  func span(_ axis: Int) throws(LayerError) -> Int {
    try Extent.sum(Extent.product(size[axis] - 1, dilations[axis]), 1)
  }

  /// The number of positions along one axis.
  func positions(_ axis: Int, extent: Int) throws(LayerError) -> Int {
    guard padding == .valid else { return Extent.dividedUp(extent, by: strides[axis]) }
    let span = try span(axis)
    guard extent >= span else {
      throw LayerError(
        .shape,
        "a window that spans \(span) does not fit into the extent \(extent) of spatial axis \(axis)"
      )
    }
    return (extent - span) / strides[axis] + 1
  }

  /// The shape of the result, with other channels.
  package func outputShape(of input: Shape, channels: Int?) throws(LayerError) -> Shape {
    var result = input
    for (index, axis) in format.spatialAxes(rank: input.rank).enumerated() {
      guard let extent = input[axis] else { continue }
      result[axis] = try positions(index, extent: extent)
    }
    result[format.channelAxis] = channels
    return result
  }

  /// The window over spatial axes of those extents.
  package func window(over extents: [Int]) throws(LayerError) -> WindowSpec {
    var before: [Int] = []
    var after: [Int] = []
    for axis in 0..<rank {
      let span = try span(axis)
      switch padding {
      case .valid:
        before.append(0)
        after.append(0)
      case .causal:
        before.append(span - 1)
        after.append(0)
      case .same:
        let count = Extent.dividedUp(extents[axis], by: strides[axis])
        let covered = try Extent.sum(Extent.product(max(count - 1, 0), strides[axis]), span)
        let total = max(covered - extents[axis], 0)
        before.append(total / 2)
        after.append(total - total / 2)
      }
    }
    return WindowSpec(
      size: size, strides: strides, dilations: dilations, paddingBefore: before,
      paddingAfter: after)
  }
}

extension GraphBuilder {
  /// The extents of the spatial axes of a tensor with channels last.
  func spatialExtents(_ x: Value) -> [Int] { Array(shape(x).dropFirst().dropLast()) }
}

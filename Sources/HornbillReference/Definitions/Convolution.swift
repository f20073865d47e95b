import HornbillCore

/// Convolutions, from the formula.
///
/// Source: Keras 3, `keras/src/ops/nn.py` (`conv`, `depthwise_conv`, `conv_transpose`).
extension Definition {
  /// `y[b, p, f] = Σ x[b, p · stride + cell · dilation − before, c] · kernel[cell, c, f]` over the window's cells and
  /// the channels of the filter's group; cells outside are zero.
  static func convolution(
    _ x: Operand, _ kernel: Operand, _ window: WindowSpec, groups: Int
  ) throws(ExecutionError) -> Operand {
    let (values, weights) = (try x.real(), try kernel.real())
    let batch = x.shape[0]
    let spatial = Array(x.shape[1..<x.shape.count - 1])
    let channels = x.shape[x.shape.count - 1]
    let filters = kernel.shape[kernel.shape.count - 1]
    let (groupChannels, groupFilters) = (channels / groups, filters / groups)
    let positions = spatial.indices.map { window.positions($0, extent: spatial[$0]) }
    let pairs = touching(window, positions: positions, extents: spatial)
    let (inputs, outputs) = (Layout.count(spatial), Layout.count(positions))

    var results = [Double](repeating: 0, count: batch * outputs * filters)
    for sample in 0..<batch {
      for (position, cell, place) in pairs {
        let from = (sample * inputs + place) * channels
        let to = (sample * outputs + position) * filters
        for c in 0..<channels {
          let group = c / groupChannels
          let row = (cell * groupChannels + c % groupChannels) * filters
          for f in group * groupFilters..<(group + 1) * groupFilters {
            results[to + f] += values[from + c] * weights[row + f]
          }
        }
      }
    }
    return Operand(shape: [batch] + positions + [filters], dtype: x.dtype, elements: .real(results))
  }

  /// `y[b, p · stride + cell · dilation − before, c] = Σ x[b, p, f] · kernel[cell, c, f]`; cells outside are dropped.
  static func transposedConvolution(
    _ x: Operand, _ kernel: Operand, _ window: WindowSpec, output: [Int]
  ) throws(ExecutionError) -> Operand {
    let (values, weights) = (try x.real(), try kernel.real())
    let batch = x.shape[0]
    let positions = Array(x.shape[1..<x.shape.count - 1])
    let filters = x.shape[x.shape.count - 1]
    let channels = kernel.shape[kernel.shape.count - 2]
    let pairs = touching(window, positions: positions, extents: output)
    let (inputs, outputs) = (Layout.count(positions), Layout.count(output))

    var results = [Double](repeating: 0, count: batch * outputs * channels)
    for sample in 0..<batch {
      for (position, cell, place) in pairs {
        let from = (sample * inputs + position) * filters
        let to = (sample * outputs + place) * channels
        for c in 0..<channels {
          let row = (cell * channels + c) * filters
          for f in 0..<filters { results[to + c] += values[from + f] * weights[row + f] }
        }
      }
    }
    return Operand(shape: [batch] + output + [channels], dtype: x.dtype, elements: .real(results))
  }

  /// Every window position with each of the window's cells that lies inside the extents, and the place it lies at;
  /// positions, cells and places are counted in row-major order.
  static func touching(
    _ window: WindowSpec, positions: [Int], extents: [Int]
  ) -> [(position: Int, cell: Int, place: Int)] {
    var result = [(position: 0, cell: 0, place: 0)]
    for axis in extents.indices {
      var contacts: [(position: Int, cell: Int, place: Int)] = []
      for position in 0..<positions[axis] {
        for cell in 0..<window.size[axis] {
          let start = position.multipliedReportingOverflow(by: window.strides[axis])
          let end = start.partialValue.addingReportingOverflow(cell * window.dilations[axis])
          let place = end.partialValue - window.paddingBefore[axis]
          if !start.overflow, !end.overflow, (0..<extents[axis]).contains(place) {
            contacts.append((position, cell, place))
          }
        }
      }
      result = result.flatMap { outer in
        contacts.map { inner in
          (
            outer.position * positions[axis] + inner.position,
            outer.cell * window.size[axis] + inner.cell,
            outer.place * extents[axis] + inner.place
          )
        }
      }
    }
    return result
  }
}

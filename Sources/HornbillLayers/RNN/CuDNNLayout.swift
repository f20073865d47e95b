package import HornbillCore

/// How cuDNN arranges the variables of a recurrent layer, and how they become those of `LSTM` or of `GRU` with
/// `reset_after`.
///
/// - `kernel` (in, gates · units): each gate's block of `units` columns, read row by row, is the gate's matrix
///   `(units, in)`, which is transposed.
/// - `recurrent_kernel` (units, gates · units): each gate's block is transposed.
/// - `bias` (2 · gates · units): the input's bias, then the recurrent one. An LSTM takes their sum, a GRU both as rows.
///
/// Source: Keras 2.15, `keras/src/saving/legacy/hdf5_format.py`, `_convert_rnn_weights`.
package enum CuDNNLayout: Sendable, Hashable {
  case lstm
  case gru

  /// The number of gates.
  package var gates: Int {
    switch self {
    case .lstm: 4
    case .gru: 3
    }
  }

  /// The number of states.
  var stateCount: Int {
    switch self {
    case .lstm: 2
    case .gru: 1
    }
  }

  var operation: (RecurrentSpec) -> Op {
    switch self {
    case .lstm: Op.lstm
    case .gru: Op.gru
    }
  }

  /// Whether three stored arrays are in this layout, which only the bias tells.
  package func matches(biasShape: [Int], units: Int) -> Bool {
    biasShape.count == 1 && biasShape[0] == units.multipliedReportingOverflow(by: 2 * gates).0
      && biasShape[0] > 0
  }

  /// The variables `kernel`, `recurrent_kernel`, `bias` as those of `LSTM` or `GRU`, in a graph.
  func converted(
    _ weights: [Value], units: Int, in graph: inout GraphBuilder
  ) throws(LayerError) -> [Value] {
    guard weights.count == 3 else {
      throw LayerError(.shape, "a cuDNN layer has 3 variables, found \(weights.count)")
    }
    var blocks: [Value] = []
    var recurrent: [Value] = []
    let features = graph.shape(weights[0])[0]
    for gate in 0..<gates {
      let block = try graph.gate(weights[0], gate, units: units)
      blocks.append(
        try graph.transpose(graph.reshape(block, to: [units, features]), [1, 0]))
      recurrent.append(
        try graph.transpose(graph.gate(weights[1], gate, units: units), [1, 0]))
    }
    let rows = try graph.reshape(weights[2], to: [2, gates * units])
    return [
      try graph.concatenate(blocks, axis: 1), try graph.concatenate(recurrent, axis: 1),
      self == .lstm ? try graph.sum(rows, axes: [0]) : rows,
    ]
  }

  /// The stored arrays `kernel`, `recurrent_kernel`, `bias` as those of `LSTM` or `GRU`: what a file holds whose
  /// layer was saved as the cuDNN class and is read as the plain one.
  ///
  /// - Throws: ``LayerError`` with the code `shape` when the arrays are not of cuDNN's shapes.
  package func converted(_ arrays: [Tensor]) throws(LayerError) -> [Tensor] {
    guard arrays.count == 3, arrays[0].rank == 2, arrays[1].rank == 2,
      let units = arrays[1].shape.first, units > 0,
      arrays[0].shape[1] == arrays[1].shape[1],
      arrays[1].shape[1] == units.multipliedReportingOverflow(by: gates).0,
      matches(biasShape: arrays[2].shape, units: units)
    else {
      let found = arrays.map { "\(Shape($0.shape))" }.joined(separator: ", ")
      throw LayerError(
        .shape,
        "expected a kernel, recurrent kernel and bias as cuDNN arranges them, found \(found)")
    }
    let features = arrays[0].shape[0]
    let width = gates * units
    var kernel = [Int](repeating: 0, count: features * width)
    var recurrent = [Int](repeating: 0, count: units * width)
    for gate in 0..<gates {
      for unit in 0..<units {
        for row in 0..<features {
          let place = unit * features + row
          kernel[row * width + gate * units + unit] =
            place / units * width + gate * units + place % units
        }
        for row in 0..<units {
          recurrent[row * width + gate * units + unit] = unit * width + gate * units + row
        }
      }
    }
    let bias =
      self == .gru ? arrays[2].reshaped([2, width]) : arrays[2].sumOfHalves(width)
    return [arrays[0].gathering(kernel), arrays[1].gathering(recurrent), bias]
  }
}

extension Tensor {
  /// A tensor of the same shape whose elements stand at the given places of this one.
  fileprivate func gathering(_ places: [Int]) -> Tensor {
    let moved: Storage =
      switch storage {
      case .float(let values): .float(places.map { values[$0] })
      case .double(let values): .double(places.map { values[$0] })
      case .integer(let values): .integer(places.map { values[$0] })
      case .text(let values): .text(places.map { values[$0] })
      }
    return Tensor(shape: shape, dtype: dtype, storage: moved)
  }

  /// The first half of a vector plus the second; other than floating-point numbers stay as the first half has them.
  fileprivate func sumOfHalves(_ half: Int) -> Tensor {
    let sums: Storage =
      switch storage {
      case .float(let values): .float((0..<half).map { values[$0] + values[half + $0] })
      case .double(let values): .double((0..<half).map { values[$0] + values[half + $0] })
      case .integer(let values): .integer(Array(values.prefix(half)))
      case .text(let values): .text(Array(values.prefix(half)))
      }
    return Tensor(shape: [half], dtype: dtype, storage: sums)
  }
}

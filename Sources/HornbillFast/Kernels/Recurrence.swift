import HornbillCore

/// Which gates a recurrent op has.
enum RecurrentCell: Sendable {
  case simple, lstm, gru

  var gates: Int {
    switch self {
    case .simple: 1
    case .lstm: 4
    case .gru: 3
    }
  }
}

/// The operands and results of a recurrent op over a whole sequence.
struct RecurrentArguments<T: BinaryFloatingPoint> {
  var x: UnsafePointer<T>
  var kernel: UnsafePointer<T>
  var recurrent: UnsafePointer<T>
  var hidden: UnsafePointer<T>
  var cell: UnsafePointer<T>?
  var bias: UnsafePointer<T>?
  var mask: UnsafePointer<Int64>?
  var sequence: UnsafeMutablePointer<T>
  var finalHidden: UnsafeMutablePointer<T>
  var finalCell: UnsafeMutablePointer<T>?
  /// Room for `2 · gates · units + 2 · units` elements.
  var scratch: UnsafeMutablePointer<T>
}

/// Recurrent ops in plain Swift, for any floating-point type and any activation, one batch row after another.
struct RecurrentKernel: Sendable {
  let cell: RecurrentCell
  let spec: RecurrentSpec
  let batch: Int
  let time: Int
  let features: Int
  let units: Int

  /// The elements of scratch memory that a run needs.
  var scratchCount: Int { (2 * cell.gates + 2) * units }

  func callAsFunction<T: BinaryFloatingPoint>(_ arguments: RecurrentArguments<T>) {
    for row in 0..<batch { runRow(row, arguments) }
  }

  private func runRow<T: BinaryFloatingPoint>(_ row: Int, _ arguments: RecurrentArguments<T>) {
    let width = cell.gates * units
    let gates = arguments.scratch
    let inner = gates + width
    let reset = inner + width
    let hidden = arguments.finalHidden + row * units
    hidden.update(from: arguments.hidden + row * units, count: units)
    let state = arguments.finalCell.map { $0 + row * units }
    if let state, let initial = arguments.cell {
      state.update(from: initial + row * units, count: units)
    }
    var previous: UnsafeMutablePointer<T>?
    for step in 0..<time {
      let output = arguments.sequence + (row * time + step) * units
      if let mask = arguments.mask, mask[row * time + step] == 0 {
        if !spec.zeroOutputForMask, let previous {
          output.update(from: previous, count: units)
        } else {
          output.update(repeating: 0, count: units)
        }
        if !spec.zeroOutputForMask { previous = output }
        continue
      }
      project(
        arguments.x + (row * time + step) * features, arguments.kernel, features, width,
        columns: 0..<width, into: gates)
      if let bias = arguments.bias { for j in 0..<width { gates[j] += bias[j] } }
      switch cell {
      case .simple: simpleStep(arguments, gates, inner, hidden)
      case .lstm:
        if let state { lstmStep(arguments, gates, inner, hidden, state) }
      case .gru: gruStep(arguments, gates, inner, reset, hidden)
      }
      output.update(from: hidden, count: units)
      previous = output
    }
  }

  private func simpleStep<T: BinaryFloatingPoint>(
    _ arguments: RecurrentArguments<T>, _ gates: UnsafeMutablePointer<T>,
    _ inner: UnsafeMutablePointer<T>, _ hidden: UnsafeMutablePointer<T>
  ) {
    project(hidden, arguments.recurrent, units, units, columns: 0..<units, into: inner)
    for j in 0..<units { gates[j] += inner[j] }
    applyActivation(spec.activation, gates, hidden, rows: 1, extent: units)
  }

  private func lstmStep<T: BinaryFloatingPoint>(
    _ arguments: RecurrentArguments<T>, _ gates: UnsafeMutablePointer<T>,
    _ inner: UnsafeMutablePointer<T>, _ hidden: UnsafeMutablePointer<T>,
    _ state: UnsafeMutablePointer<T>
  ) {
    project(hidden, arguments.recurrent, units, 4 * units, columns: 0..<(4 * units), into: inner)
    for j in 0..<(4 * units) { gates[j] += inner[j] }
    let candidate = gates + 2 * units
    for gate in [0, 1, 3] {
      let at = gates + gate * units
      applyActivation(spec.recurrentActivation, at, at, rows: 1, extent: units)
    }
    applyActivation(spec.activation, candidate, candidate, rows: 1, extent: units)
    for j in 0..<units { state[j] = gates[units + j] * state[j] + gates[j] * candidate[j] }
    applyActivation(spec.activation, state, inner, rows: 1, extent: units)
    for j in 0..<units { hidden[j] = gates[3 * units + j] * inner[j] }
  }

  private func gruStep<T: BinaryFloatingPoint>(
    _ arguments: RecurrentArguments<T>, _ gates: UnsafeMutablePointer<T>,
    _ inner: UnsafeMutablePointer<T>, _ reset: UnsafeMutablePointer<T>,
    _ hidden: UnsafeMutablePointer<T>
  ) {
    let width = 3 * units
    let direct = spec.resetAfter ? width : 2 * units
    project(hidden, arguments.recurrent, units, width, columns: 0..<direct, into: inner)
    if spec.resetAfter, let bias = arguments.bias {
      for j in 0..<width { inner[j] += bias[width + j] }
    }
    for j in 0..<(2 * units) { gates[j] += inner[j] }
    for gate in 0..<2 {
      let at = gates + gate * units
      applyActivation(spec.recurrentActivation, at, at, rows: 1, extent: units)
    }
    let candidate = gates + 2 * units
    if spec.resetAfter {
      for j in 0..<units { candidate[j] += gates[units + j] * inner[2 * units + j] }
    } else {
      for j in 0..<units { reset[j] = gates[units + j] * hidden[j] }
      project(
        reset, arguments.recurrent, units, width, columns: (2 * units)..<width, into: inner)
      for j in 0..<units { candidate[j] += inner[j] }
    }
    applyActivation(spec.activation, candidate, candidate, rows: 1, extent: units)
    for j in 0..<units { hidden[j] = gates[j] * hidden[j] + (1 - gates[j]) * candidate[j] }
  }

  /// `y = x · w` for some columns of `w (rows, width)`.
  private func project<T: BinaryFloatingPoint>(
    _ x: UnsafePointer<T>, _ w: UnsafePointer<T>, _ rows: Int, _ width: Int, columns: Range<Int>,
    into y: UnsafeMutablePointer<T>
  ) {
    DenseProduct.multiply(
      x, MatrixView(rowStride: rows, columnStride: 1), w + columns.lowerBound,
      MatrixView(rowStride: width, columnStride: 1), y, m: 1, n: columns.count, k: rows)
  }
}

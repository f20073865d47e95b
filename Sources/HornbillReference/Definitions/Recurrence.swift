import HornbillCore

/// Recurrent layers, step by step.
///
/// Source: Keras 3, `keras/src/layers/rnn/simple_rnn.py`, `lstm.py`, `gru.py`; masks as in
/// `keras/src/backend/tensorflow/rnn.py`.
extension Definition {
  /// `h' = act(x·W + b + h·U)`.
  static func simpleRNN(
    _ operands: [Operand], _ spec: RecurrentSpec
  ) throws(ExecutionError) -> [Operand] {
    let call = try RecurrentCall(operands, spec, stateCount: 1)
    return try call.run { x, states throws(ExecutionError) in
      let sum = x * call.kernel + call.bias(0) + states[0] * call.recurrent
      return [try sum.applying(spec.activation)]
    }
  }

  /// `i, f, o = rec(x·W + b + h·U)`, `g = act(x·W + b + h·U)`, `c' = f·c + i·g`, `h' = o·act(c')`; the columns of the
  /// kernels are those of i, f, g, o.
  static func lstm(
    _ operands: [Operand], _ spec: RecurrentSpec
  ) throws(ExecutionError) -> [Operand] {
    let call = try RecurrentCall(operands, spec, stateCount: 2)
    return try call.run { x, states throws(ExecutionError) in
      let (h, c) = (states[0], states[1])
      let sum = x * call.kernel + call.bias(0) + h * call.recurrent
      let i = try sum.block(0, of: 4).applying(spec.recurrentActivation)
      let f = try sum.block(1, of: 4).applying(spec.recurrentActivation)
      let g = try sum.block(2, of: 4).applying(spec.activation)
      let o = try sum.block(3, of: 4).applying(spec.recurrentActivation)
      let next = f.scaling(c) + i.scaling(g)
      return [o.scaling(try next.applying(spec.activation)), next]
    }
  }

  /// `z, r = rec(x·W + b + h·U)`, `h' = z·h + (1 − z)·g`, where `g = act(x·W + b + (r·h)·U)`, or with the reset after
  /// the product `g = act(x·W + b₀ + r·(h·U + b₁))`; the columns of the kernels are those of z, r, g.
  static func gru(
    _ operands: [Operand], _ spec: RecurrentSpec
  ) throws(ExecutionError) -> [Operand] {
    let call = try RecurrentCall(operands, spec, stateCount: 1)
    return try call.run { x, states throws(ExecutionError) in
      let h = states[0]
      let fromInput = x * call.kernel + call.bias(0)
      var fromState = h * call.recurrent
      if spec.resetAfter { fromState = fromState + call.bias(1) }
      let z = try (fromInput.block(0, of: 3) + fromState.block(0, of: 3))
        .applying(spec.recurrentActivation)
      let r = try (fromInput.block(1, of: 3) + fromState.block(1, of: 3))
        .applying(spec.recurrentActivation)
      let candidate =
        spec.resetAfter
        ? r.scaling(fromState.block(2, of: 3)) : r.scaling(h) * call.recurrent.block(2, of: 3)
      let g = try (fromInput.block(2, of: 3) + candidate).applying(spec.activation)
      return [z.scaling(h) + z.map { 1 - $0 }.scaling(g)]
    }
  }
}

/// The operands of a recurrent op, and the loop over time that all of them share.
private struct RecurrentCall {
  let kernel: Matrix
  let recurrent: Matrix
  private let steps: [Matrix]
  private let initial: [Matrix]
  private let biases: Matrix?
  private let mask: [Int64]?
  private let spec: RecurrentSpec
  private let dtype: DType

  init(_ operands: [Operand], _ spec: RecurrentSpec, stateCount: Int) throws(ExecutionError) {
    let x = operands[0]
    let (batch, time, features) = (x.shape[0], x.shape[1], x.shape[2])
    let values = try x.real()
    kernel = try Matrix(operands[1])
    recurrent = try Matrix(operands[2])
    steps = (0..<time).map { step in
      Matrix(
        rows: batch, columns: features,
        (0..<batch).flatMap { sample in
          let start = (sample * time + step) * features
          return values[start..<start + features]
        })
    }
    var states: [Matrix] = []
    for state in operands[3..<3 + stateCount] { states.append(try Matrix(state)) }
    initial = states
    biases = spec.hasBias ? try Matrix(operands[3 + stateCount]) : nil
    mask = spec.hasMask ? try operands[operands.count - 1].whole() : nil
    self.spec = spec
    dtype = x.dtype
  }

  /// One row of the bias, zeros without a bias.
  func bias(_ row: Int) -> Matrix {
    guard let biases else {
      return Matrix(
        rows: 1, columns: kernel.columns, [Double](repeating: 0, count: kernel.columns))
    }
    let start = row * biases.columns
    return Matrix(
      rows: 1, columns: biases.columns, Array(biases.values[start..<start + biases.columns]))
  }

  /// The sequence of outputs and the states after the last step.
  ///
  /// The output of a step is its first new state.
  func run(
    _ step: (_ x: Matrix, _ states: [Matrix]) throws(ExecutionError) -> [Matrix]
  ) throws(ExecutionError) -> [Operand] {
    let (batch, time, units) = (initial[0].rows, steps.count, recurrent.rows)
    var states = initial
    var output = Matrix(rows: batch, columns: units, [Double](repeating: 0, count: batch * units))
    let zeros = output
    var sequence = [Double](repeating: 0, count: batch * time * units)
    for (t, x) in steps.enumerated() {
      let news = try step(x, states)
      let keeps = (0..<batch).map { (mask?[$0 * time + t] ?? 1) != 0 }
      output = news[0].replacing(rowsOf: spec.zeroOutputForMask ? zeros : output, where: keeps)
      states = zip(news, states).map { new, old in new.replacing(rowsOf: old, where: keeps) }
      for sample in 0..<batch {
        for unit in 0..<units {
          sequence[(sample * time + t) * units + unit] = output.values[sample * units + unit]
        }
      }
    }
    let result = Operand(
      shape: [batch, time, units], dtype: dtype, elements: .real(sequence))
    return [result]
      + states.map {
        Operand(shape: [batch, units], dtype: dtype, elements: .real($0.values))
      }
  }
}

/// A matrix of `Double`, with just what the formulas of recurrent layers say.
private struct Matrix {
  let rows: Int
  let columns: Int
  let values: [Double]

  init(rows: Int, columns: Int, _ values: [Double]) {
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// A vector becomes a row.
  init(_ operand: Operand) throws(ExecutionError) {
    rows = operand.shape.count == 1 ? 1 : operand.shape[0]
    columns = operand.shape[operand.shape.count - 1]
    values = try operand.real()
  }

  /// The matrix product.
  static func * (a: Matrix, b: Matrix) -> Matrix {
    var sums = [Double](repeating: 0, count: a.rows * b.columns)
    for i in 0..<a.rows {
      for k in 0..<a.columns {
        let factor = a.values[i * a.columns + k]
        for j in 0..<b.columns {
          sums[i * b.columns + j] += factor * b.values[k * b.columns + j]
        }
      }
    }
    return Matrix(rows: a.rows, columns: b.columns, sums)
  }

  /// The sum; a single row on the right is added to every row.
  static func + (a: Matrix, b: Matrix) -> Matrix {
    Matrix(
      rows: a.rows, columns: a.columns,
      a.values.indices.map { a.values[$0] + b.values[b.rows == 1 ? $0 % b.columns : $0] })
  }

  /// The product element by element.
  func scaling(_ other: Matrix) -> Matrix {
    Matrix(rows: rows, columns: columns, zip(values, other.values).map { $0 * $1 })
  }

  func map(_ transform: (Double) -> Double) -> Matrix {
    Matrix(rows: rows, columns: columns, values.map(transform))
  }

  /// Block `index` of `count` equal blocks of columns.
  func block(_ index: Int, of count: Int) -> Matrix {
    let width = columns / count
    return Matrix(
      rows: rows, columns: width,
      (0..<rows).flatMap { row in
        let start = row * columns + index * width
        return values[start..<start + width]
      })
  }

  func applying(_ activation: Activation) throws(ExecutionError) -> Matrix {
    let operand = Operand(shape: [rows, columns], dtype: .float64, elements: .real(values))
    return try Matrix(Definition.activation(activation, operand))
  }

  /// The matrix with the other's rows where `keeps` is false.
  func replacing(rowsOf other: Matrix, where keeps: [Bool]) -> Matrix {
    Matrix(
      rows: rows, columns: columns,
      values.indices.map { keeps[$0 / columns] ? values[$0] : other.values[$0] })
  }
}

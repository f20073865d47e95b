import HornbillCore

extension StepMaker {
  func linearAlgebra(_ kind: LinearAlgebra) throws(ExecutionError) -> Step {
    switch x.kind {
    case .float: return linearAlgebra(kind, of: Float.self)
    case .double: return linearAlgebra(kind, of: Double.self)
    case .integer: throw ExecutionError("\(kind) of \(x.type.dtype) is not possible")
    }
  }

  private func linearAlgebra<T: FloatElement>(_ kind: LinearAlgebra, of _: T.Type) -> Step {
    let rank = x.shape.count
    let (m, n) = (x.shape[rank - 2], x.shape[rank - 1])
    let count = x.shape.dropLast(2).reduce(1, *)
    let (inputs, outputs) = (self.inputs, self.outputs)
    return { (run: RunContext) throws(ExecutionError) -> Void in
      for number in 0..<count {
        var a = loaded(inputs[0], run, number, m * n, of: T.self)
        let results = try decomposed(kind, &a, m, n) {
          let width = inputs[1].shape[rank - 1]
          return (loaded(inputs[1], run, number, n * width, of: T.self), width)
        }
        for (output, result) in zip(outputs, results) {
          switch result {
          case .real(let values):
            let to: UnsafeMutablePointer<T> = output.pointer(run)
            for i in values.indices { to[number * values.count + i] = T(values[i]) }
          case .whole(let values):
            let to: UnsafeMutablePointer<Int64> = output.pointer(run)
            for i in values.indices { to[number * values.count + i] = values[i] }
          }
        }
      }
    }
  }

  func fft(inverse: Bool) throws(ExecutionError) -> Step {
    // The factors and the numbers on their way, in `Double`.
    let bytes = try checkedProduct(x.shape[x.shape.count - 1], 64)
    guard x.count == 0 || bytes <= Memory.most else {
      throw ExecutionError("\(bytes) bytes of memory are needed, and there are fewer")
    }
    switch x.kind {
    case .float: return fft(inverse: inverse, of: Float.self)
    case .double: return fft(inverse: inverse, of: Double.self)
    case .integer: throw ExecutionError("a Fourier transform of \(x.type.dtype) is not possible")
    }
  }

  private func fft<T: FloatElement>(inverse: Bool, of _: T.Type) -> Step {
    let (inputs, outputs) = (self.inputs, self.outputs)
    let width = x.shape[x.shape.count - 1]
    if x.count == 0 { return reshapeNothing() }
    let transform = FourierTransform(count: width, inverse: inverse)
    let scale = inverse ? 1 / Double(width) : 1
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let real: UnsafeMutablePointer<T> = outputs[0].pointer(run)
      let imaginary: UnsafeMutablePointer<T> = outputs[1].pointer(run)
      for row in 0..<(inputs[0].count / width) {
        var a = loaded(inputs[0], run, row, width, of: T.self)
        var b = loaded(inputs[1], run, row, width, of: T.self)
        transform.run(&a, &b)
        for i in 0..<width {
          real[row * width + i] = T(a[i] * scale)
          imaginary[row * width + i] = T(b[i] * scale)
        }
      }
    }
  }

  func bitcast() -> Step {
    let (x, y) = (self.x, self.y)
    let (source, target) = (x.type.dtype, y.type.dtype)
    return { (run: RunContext) throws(ExecutionError) -> Void in
      for i in 0..<y.count {
        let bits: UInt64 =
          switch x.kind {
          case .float: HalfRounding.pattern(x.pointer(run, as: Float.self)[i], source)
          case .double: x.pointer(run, as: Double.self)[i].bitPattern
          case .integer: UInt64(bitPattern: x.pointer(run, as: Int64.self)[i])
          }
        switch y.kind {
        case .float: y.pointer(run, as: Float.self)[i] = HalfRounding.number(bits, target)
        case .double: y.pointer(run, as: Double.self)[i] = Double(bitPattern: bits)
        case .integer:
          y.pointer(run, as: Int64.self)[i] = IntegerFunctions.wrapped(
            Int64(bitPattern: bits), to: target)
        }
      }
    }
  }
}

/// One result of a decomposition.
private enum Part {
  case real([Double])
  case whole([Int64])
}

/// Elements of an operand, in `Double`.
private func loaded<T: FloatElement>(
  _ operand: Operand, _ run: RunContext, _ number: Int, _ count: Int, of _: T.Type
) -> [Double] {
  let from: UnsafeMutablePointer<T> = operand.pointer(run)
  return (0..<count).map { Double(from[number * count + $0]) }
}

/// The parts of one matrix `a (m, n)`, which is used up; `sides` gives the right sides of a system and their number.
private func decomposed(
  _ kind: LinearAlgebra, _ a: inout [Double], _ m: Int, _ n: Int,
  sides: () -> (elements: [Double], count: Int)
) throws(ExecutionError) -> [Part] {
  let k = min(m, n)
  if a.isEmpty && kind != .qr(isFull: true) {
    if case .triangularSolve = kind { return [.real(sides().elements)] }
    return []
  }
  switch kind {
  case .cholesky:
    try Decompositions.cholesky(&a, n)
    return [.real(a)]
  case .lu:
    var order = [Int64](repeating: 0, count: n)
    Decompositions.lu(&a, n, &order)
    return [.real(a), .whole(order)]
  case .triangularSolve(let isLower, let hasUnitDiagonal):
    var (b, columns) = sides()
    Decompositions.solve(
      &a, n, &b, columns: columns, isLower: isLower, hasUnitDiagonal: hasUnitDiagonal)
    return [.real(b)]
  case .qr(let isFull):
    let kept = isFull ? m : k
    var q = [Double](repeating: 0, count: m * kept)
    Decompositions.qr(&a, m, n, &q, kept: kept)
    return [.real(q), .real(Array(a[..<(kept * n)]))]
  case .eigh:
    var values = [Double](repeating: 0, count: n)
    var vectors = [Double](repeating: 0, count: n * n)
    Decompositions.eigh(&a, n, &values, &vectors)
    return [.real(values), .real(vectors)]
  case .svd:
    return singularParts(&a, m, n)
  }
}

/// `u`, `s` and `v` of one matrix.
private func singularParts(_ a: inout [Double], _ m: Int, _ n: Int) -> [Part] {
  let (rows, columns) = (min(m, n), max(m, n))
  if m > n {
    let old = a
    for i in 0..<m { for j in 0..<n { a[j * m + i] = old[i * n + j] } }
  }
  var turns = [Double](repeating: 0, count: rows * rows)
  Decompositions.orthogonalizeRows(&a, rows: rows, columns: columns, &turns)
  let lengths = (0..<rows).map { row in
    (0..<columns).reduce(0) { $0 + a[row * columns + $1] * a[row * columns + $1] }.squareRoot()
  }
  let order = (0..<rows).sorted { lengths[$0] > lengths[$1] }
  var wide = [Double](repeating: 0, count: columns * rows)
  var square = [Double](repeating: 0, count: rows * rows)
  var basis: [[Double]] = []
  for (j, from) in order.enumerated() {
    let length = lengths[from]
    let row =
      length > 0
      ? (0..<columns).map { a[from * columns + $0] / length } : unitVector(columns, beside: basis)
    basis.append(row)
    for i in 0..<columns { wide[i * rows + j] = row[i] }
    for i in 0..<rows { square[i * rows + j] = turns[from * rows + i] }
  }
  let values = Part.real(order.map { lengths[$0] })
  return m > n ? [.real(wide), values, .real(square)] : [.real(square), values, .real(wide)]
}

/// A unit vector orthogonal to others, of which there are fewer than its elements.
private func unitVector(_ count: Int, beside others: [[Double]]) -> [Double] {
  var best = [Double](repeating: 0, count: count)
  var bestLength = -1.0
  for axis in 0..<count {
    var vector = [Double](repeating: 0, count: count)
    vector[axis] = 1
    for other in others + others {
      let share = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
      for i in 0..<count { vector[i] -= share * other[i] }
    }
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    if length > bestLength {
      best = vector.map { $0 / length }
      bestLength = length
    }
    if length > 0.7 { break }
  }
  return best
}

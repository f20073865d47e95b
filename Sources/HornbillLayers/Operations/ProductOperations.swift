package import HornbillCore

/// Products of vectors, matrices and tensors.
///
/// Source: Keras 3, `keras/src/ops/numpy.py` and `math.py`, with the TensorFlow backend.
enum ProductOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "Matmul": { (c, g) throws(LayerError) in
      let a = try c.tensor(0, &g)
      let b = try c.tensor(1, &g)
      if g.dtype(a) == .int8, g.dtype(b) == .int8 {
        return [try g.vectorMatmul(g.cast(a, to: .int32), g.cast(b, to: .int32))]
      }
      return [
        try real(c, &g) { (x, y, g) throws(LayerError) in try g.vectorMatmul(x, y) }
      ]
    },
    "Dot": { (c, g) throws(LayerError) in
      [
        try real(c, &g) { (x, y, g) throws(LayerError) in
          if g.rank(x) == 0 || g.rank(y) == 0 { return try g.multiply(x, y) }
          let inner = max(g.rank(y) - 2, 0)
          return try g.tensordot(x, y, [g.rank(x) - 1], [inner])
        }
      ]
    },
    "Inner": { (c, g) throws(LayerError) in
      [
        try real(c, &g) { (x, y, g) throws(LayerError) in
          if g.rank(x) == 0 || g.rank(y) == 0 { return try g.multiply(x, y) }
          return try g.tensordot(x, y, [g.rank(x) - 1], [g.rank(y) - 1])
        }
      ]
    },
    "Vdot": { (c, g) throws(LayerError) in
      [
        try real(c, &g) { (x, y, g) throws(LayerError) in
          try g.tensordot(g.flattened(x), g.flattened(y), [0], [0])
        }
      ]
    },
    "Outer": { (c, g) throws(LayerError) in
      let (x, y) = try c.pair(isStrong: true, &g)
      return [try g.multiply(g.expand(g.flattened(x), axis: 1), g.flattened(y))]
    },
    "Tensordot": tensordot,
    "Einsum": { (c, g) throws(LayerError) in
      let equation = try Einsum(c.string("subscripts", default: ""))
      let values = try g.promoted(c.arguments.positional, isStrong: true)
      guard let first = values.first else { throw LayerError(.wiring, "Einsum has no operand") }
      let dtype = g.dtype(first)
      let isByte = dtype == .int8
      let compute: DType = isByte ? .int32 : TypePromotion.floating(dtype)
      var operands: [Value] = []
      for value in values { operands.append(try g.cast(value, to: compute)) }
      return [try g.cast(g.einsum(equation, operands), to: isByte ? .int32 : dtype)]
    },
    "Cross": cross,
    "Kron": { (c, g) throws(LayerError) in
      let (x, y) = try c.pair(isStrong: true, &g)
      let rank = max(g.rank(x), g.rank(y))
      let a = [Int](repeating: 1, count: rank - g.rank(x)) + g.shape(x)
      let b = [Int](repeating: 1, count: rank - g.rank(y)) + g.shape(y)
      var result: [Int] = []
      for (m, n) in zip(a, b) { result.append(try Extent.product(m, n)) }
      let product = try g.multiply(
        g.reshape(x, to: a.flatMap { [$0, 1] }), g.reshape(y, to: b.flatMap { [1, $0] }))
      return [try g.reshape(product, to: result)]
    },
    "Vander": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      let compute: DType = g.dtype(x) == .float64 ? .float64 : .float32
      let count = try c["N"] == nil ? g.shape(x).first ?? 1 : c.integer("N", atLeast: 0)
      let isIncreasing = try c.bool("increasing")
      let powers = try g.range(
        count, start: isIncreasing ? 0 : count - 1, step: isIncreasing ? 1 : -1, compute)
      let base = try g.expand(g.cast(x, to: compute), axis: -1)
      return [try g.cast(g.binary(.power, base, powers), to: g.dtype(x))]
    },
    "Correlate": correlate,
    "Corrcoef": { (c, g) throws(LayerError) in
      let x = try g.floating(c.tensor(0, &g))
      guard let count = g.shape(x).last else { return [g.scalar(.nan, .float32)] }
      let rows = g.rank(x) == 1 ? try g.expand(x, axis: 0) : x
      let centered = try g.subtract(rows, g.mean(rows, axes: [-1], keepDimensions: true))
      let covariance = try g.divide(
        g.matmul(centered, centered, transposeB: true), g.number(Double(count - 1), g.dtype(x)))
      let deviation = try g.unary(.sqrt, g.diagonal(covariance))
      let products = try g.multiply(g.expand(deviation, axis: -1), g.expand(deviation, axis: -2))
      let result = try g.minimum(g.maximum(g.divide(covariance, products), -1), 1)
      return [g.rank(x) == 1 ? try g.reshape(result, to: []) : result]
    },
    "Diff": { (c, g) throws(LayerError) in
      var x = try c.tensor(0, &g)
      let axis = try g.axis(c.integer("axis", default: -1), of: x)
      for _ in 0..<(try c.integer("n", atLeast: 0, default: 1)) {
        let count = g.shape(x)[axis]
        guard count > 0 else { throw LayerError(.shape, "an empty axis has no differences") }
        let upper = try g.slice(x, axis: axis, start: count > 1 ? 1 : 0, count: count - 1)
        let lower = try g.slice(x, axis: axis, start: 0, count: count - 1)
        x = try g.binary(g.dtype(x) == .bool ? .notEqual : .subtract, upper, lower)
      }
      return [x]
    },
    "CDist": { (c, g) throws(LayerError) in
      let (x, y) = try c.pair(isStrong: true, isFloating: true, &g)
      let difference = try g.subtract(g.expand(x, axis: -2), g.expand(y, axis: -3))
      return [try g.unary(.sqrt, g.sum(g.square(difference), axes: [-1]))]
    },
  ]

  /// A product computed in a floating-point type and given back in the operands' common type.
  private static func real(
    _ c: OperationCall, _ g: inout GraphBuilder,
    _ product: (Value, Value, inout GraphBuilder) throws(LayerError) -> Value
  ) throws(LayerError) -> Value {
    let (a, b) = try c.pair(isStrong: true, &g)
    let dtype = g.dtype(a)
    return try g.cast(product(g.floating(a), g.floating(b), &g), to: dtype)
  }

  private static let tensordot: Operation.Rule = { (c, g) throws(LayerError) in
    let (a, b) = try c.pair(isStrong: true, &g)
    let dtype = g.dtype(a)
    let isExact = dtype.isFloatingPoint || dtype == .int32 || dtype == .int64
    let x = try isExact ? a : g.floating(a)
    let y = try isExact ? b : g.floating(b)
    var left: [Int] = []
    var right: [Int] = []
    let axes = c.fields["axes"] ?? .integer(2)
    if let count = axes.int {
      guard count >= 0, count <= g.rank(x), count <= g.rank(y) else {
        throw c.invalid("axes", expected: "a number of axes that both tensors have")
      }
      left = Array((g.rank(x) - count)..<g.rank(x))
      right = Array(0..<count)
    } else {
      guard let pair = axes.array, pair.count == 2 else {
        throw c.invalid("axes", expected: "an integer or two lists of axes")
      }
      left = try list(pair[0], c)
      right = try list(pair[1], c)
    }
    return [try g.cast(g.tensordot(x, y, left, right), to: dtype)]
  }

  private static func list(_ value: JSON, _ c: OperationCall) throws(LayerError) -> [Int] {
    let numbers = value.int.map { [$0] } ?? value.array?.compactMap(\.int)
    guard let numbers, value.array == nil || numbers.count == value.array?.count else {
      throw c.invalid("axes", expected: "an integer or two lists of axes")
    }
    return numbers
  }

  private static let cross: Operation.Rule = { (c, g) throws(LayerError) in
    var (a, b) = try c.pair(isStrong: true, &g)
    a = try g.moveAxis(a, from: c.integer("axisa", default: -1), to: -1)
    b = try g.moveAxis(b, from: c.integer("axisb", default: -1), to: -1)
    let sizes = [g.shape(a).last ?? 0, g.shape(b).last ?? 0]
    guard sizes.allSatisfy({ $0 == 2 || $0 == 3 }) else {
      throw LayerError(.shape, "a cross product of vectors of \(sizes[0]) and \(sizes[1]) elements")
    }
    func part(_ x: Value, _ index: Int, _ g: inout GraphBuilder) throws(LayerError) -> Value {
      if index < g.shape(x)[g.rank(x) - 1] { return try g.select(x, axis: -1, index: index) }
      return g.scalar(0, g.dtype(x))
    }
    var parts: [Value] = []
    for index in 0..<3 {
      let (i, j) = ((index + 1) % 3, (index + 2) % 3)
      let forward = try g.multiply(part(a, i, &g), part(b, j, &g))
      parts.append(try g.subtract(forward, g.multiply(part(a, j, &g), part(b, i, &g))))
    }
    if sizes == [2, 2] { return [parts[2]] }
    let lead = try Op.broadcastShape(
      Array(g.shape(a).dropLast()), Array(g.shape(b).dropLast()))
    for index in parts.indices { parts[index] = try g.broadcast(parts[index], to: lead) }
    let stacked = try g.stack(parts, axis: -1)
    return [try g.moveAxis(stacked, from: -1, to: c.integer("axisc", default: -1))]
  }

  private static let correlate: Operation.Rule = { (c, g) throws(LayerError) in
    let (a, b) = try c.pair(isStrong: true, &g)
    let dtype: DType = g.dtype(a) == .int64 ? .float64 : TypePromotion.floating(g.dtype(a))
    guard g.rank(a) == 1, g.rank(b) == 1, let n = g.shape(a).first, let m = g.shape(b).first,
      n > 0, m > 0
    else { throw LayerError(.shape, "a correlation of tensors other than vectors") }
    let mode = try c.string("mode", default: "valid")
    guard ["valid", "same", "full"].contains(mode) else {
      throw c.invalid("mode", expected: "\"valid\", \"same\" or \"full\"")
    }
    let edge = mode == "valid" ? 0 : m - 1
    let window = WindowSpec(
      size: [m], strides: [1], dilations: [1], paddingBefore: [edge], paddingAfter: [edge])
    let x = try g.reshape(g.cast(a, to: dtype), to: [1, n, 1])
    let kernel = try g.reshape(g.cast(b, to: dtype), to: [m, 1, 1])
    var y = try g.flattened(g.convolution(x, kernel, window, groups: 1))
    if mode == "same" {
      let count = max(n, m)
      y = try g.slice(y, axis: 0, start: (n + m - 1 - count) / 2, count: count)
    }
    return [y]
  }
}

extension GraphBuilder {
  /// The matrix product with NumPy's rules for vectors: a vector is a row on the left and a column on the right, and its axis goes.
  package mutating func vectorMatmul(_ a: Value, _ b: Value) throws(LayerError) -> Value {
    guard rank(a) > 0, rank(b) > 0 else {
      throw LayerError(.shape, "a matrix product with a scalar is not possible")
    }
    if rank(b) <= 2, rank(b) == 1 || rank(a) > 2 {
      return try tensordot(a, b, [rank(a) - 1], [0])
    }
    if rank(a) == 1 { return try tensordot(a, b, [0], [rank(b) - 2]) }
    return try matmul(a, b)
  }

  /// The sum of products over pairs of axes; the other axes of both tensors follow each other.
  package mutating func tensordot(
    _ a: Value, _ b: Value, _ left: [Int], _ right: [Int]
  ) throws(LayerError) -> Value {
    guard left.count == right.count else {
      throw LayerError(.configuration, "\(left.count) axes cannot meet \(right.count)")
    }
    var inner: ([Int], [Int]) = ([], [])
    for (i, j) in zip(left, right) {
      inner.0.append(try axis(i, of: a))
      inner.1.append(try axis(j, of: b))
    }
    let (extentsA, extentsB) = (shape(a), shape(b))
    guard inner.0.map({ extentsA[$0] }) == inner.1.map({ extentsB[$0] }),
      Set(inner.0).count == inner.0.count, Set(inner.1).count == inner.1.count
    else {
      throw LayerError(
        .shape,
        "axes \(left) of shape \(Shape(extentsA)) do not meet axes \(right) of shape \(Shape(extentsB))"
      )
    }
    let outerA = extentsA.indices.filter { !inner.0.contains($0) }
    let outerB = extentsB.indices.filter { !inner.1.contains($0) }
    let k = inner.0.reduce(1) { $0 * extentsA[$1] }
    let m = outerA.reduce(1) { $0 * extentsA[$1] }
    let n = outerB.reduce(1) { $0 * extentsB[$1] }
    let x = try reshape(transpose(a, outerA + inner.0), to: [m, k])
    let y = try reshape(transpose(b, inner.1 + outerB), to: [k, n])
    return try reshape(
      matmul(x, y), to: outerA.map { extentsA[$0] } + outerB.map { extentsB[$0] })
  }
}

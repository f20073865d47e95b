import HornbillCore

/// TensorFlow's functions of matrices, which stand in the last two axes.
///
/// Source: TensorFlow, `tensorflow/python/ops/math_ops.py`, `linalg_ops.py`, `special_math_ops.py` and `array_ops.py`.
enum MatrixFunctions {
  /// The functions by name, without the module.
  static let rules: [String: Operation.Rule] = {
    var rules = special
    for name in ["cholesky", "pinv", "slogdet", "logdet"] {
      let keras = name.prefix(1).uppercased() + name.dropFirst()
      rules["linalg.\(name)"] = same(as: keras)
    }
    return rules
  }()

  private static let special: [String: Operation.Rule] = [
    "matmul": { (c, g) throws(LayerError) in
      let (a, b) = try c.both("b", "y", in: &g)
      let isLeft = try c.flag("transpose_a", "adj_x") != c.flag("adjoint_a")
      let isRight = try c.flag("transpose_b", "adj_y") != c.flag("adjoint_b")
      return [try g.matmul(a, b, transposeA: isLeft, transposeB: isRight)]
    },
    "linalg.matvec": { (c, g) throws(LayerError) in
      let (a, b) = try c.both("b", in: &g)
      let isLeft = try c.flag("transpose_a") != c.flag("adjoint_a")
      let product = try g.matmul(a, g.expand(b, axis: -1), transposeA: isLeft)
      return [try g.squeeze(product, axis: -1)]
    },
    "tensordot": tensordot,
    "einsum": { (c, g) throws(LayerError) in
      guard let equation = try equation(c) else { throw c.missing("equation") }
      var operands: [Argument<Flow>] = []
      for argument in c.arguments.positional {
        switch argument {
        case .string: continue
        case .list(let elements): operands += elements
        default: operands.append(argument)
        }
      }
      guard equation.prefix(while: { $0 != "-" }).count(where: { $0 == "," }) + 1 == operands.count
      else {
        throw LayerError(
          .unsupported,
          "tf.einsum: the file does not hold all operands of \"\(equation.prefix(60))\"")
      }
      return [try g.einsum(Einsum(equation), c.same(operands, &g))]
    },
    "linalg.inv": { (c, g) throws(LayerError) in
      let inverse = try c.keras("Inv", [c.x(&g)], [], &g)[0]
      return [try c.flag("adjoint") ? g.moveAxis(inverse, from: -1, to: -2) : inverse]
    },
    "linalg.det": { (c, g) throws(LayerError) in try c.keras("Det", [c.x(&g)], [], &g) },
    "linalg.solve": { (c, g) throws(LayerError) in
      let (a, b) = try c.both("rhs", in: &g)
      let matrix = try c.flag("adjoint") ? g.moveAxis(a, from: -1, to: -2) : a
      return try c.keras("Solve", [matrix, b], [], &g)
    },
    "linalg.triangular_solve": { (c, g) throws(LayerError) in
      let (a, b) = try c.both("rhs", in: &g)
      let isLower = try c.flag("lower", default: true)
      let isTurned = try c.flag("adjoint")
      let matrix = try isTurned ? g.moveAxis(a, from: -1, to: -2) : a
      return try c.keras(
        "SolveTriangular", [matrix, b], [("lower", .bool(isLower != isTurned))], &g)
    },
    "linalg.trace": { (c, g) throws(LayerError) in
      [try g.sum(g.diagonal(c.x(&g)), axes: [-1])]
    },
    "linalg.adjoint": ElementwiseFunctions.unary { (x, g) throws(LayerError) in
      try g.moveAxis(x, from: -1, to: -2)
    },
    "linalg.matrix_transpose": ElementwiseFunctions.unary { (x, g) throws(LayerError) in
      try g.moveAxis(x, from: -1, to: -2)
    },
    "linalg.cross": { (c, g) throws(LayerError) in
      let (a, b) = try c.both("b", in: &g)
      return try c.keras("Cross", [a, b], [], &g)
    },
    "linalg.band_part": { (c, g) throws(LayerError) in
      let x = try c.x(&g)
      guard let lower = try c.whole(1, "num_lower", in: g),
        let upper = try c.whole(2, "num_upper", in: g), g.rank(x) >= 2
      else { throw c.missing("num_lower") }
      let isKept = try g.band(
        rows: g.shape(x)[g.rank(x) - 2], columns: g.shape(x)[g.rank(x) - 1],
        from: lower < 0 ? Int.min : -lower, through: upper < 0 ? Int.max : upper)
      return [try g.select(isKept, x, g.scalar(0, g.dtype(x)))]
    },
    "linalg.diag": { (c, g) throws(LayerError) in
      try requireFilling(c, 4, g)
      return [try g.diagonalMatrix(c.x(&g), offset: offset(c, g))]
    },
    "linalg.diag_part": { (c, g) throws(LayerError) in
      [try g.diagonal(c.x(&g), offset: offset(c, g))]
    },
    "linalg.set_diag": { (c, g) throws(LayerError) in
      let (x, diagonal) = try c.both("diagonal", in: &g)
      let offset = try offset(c, at: 2, g)
      guard g.rank(x) >= 2 else {
        throw LayerError(.shape, "shape \(Shape(g.shape(x))) has no diagonal")
      }
      let (rows, columns) = (g.shape(x)[g.rank(x) - 2], g.shape(x)[g.rank(x) - 1])
      guard abs(offset) < max(rows, columns) else { throw c.bad("k", expected: "a diagonal") }
      let size = max(rows, columns)
      let known = g.shape(diagonal).last ?? 0
      var before = [Int](repeating: 0, count: g.rank(diagonal))
      let isBelow = offset < 0
      before[before.count - 1] = 0
      var after = before
      after[after.count - 1] = max(size - known, 0)
      let long = try g.pad(diagonal, before: before, after: after)
      let lead = Array(g.shape(long).dropLast())
      let length = g.shape(long)[g.rank(long) - 1]
      let form = isBelow || offset == 0 ? [1, length] : [length, 1]
      let width = isBelow || offset == 0 ? columns : rows
      let line = try g.slice(long, axis: -1, start: 0, count: width)
      let plane = try g.reshape(line, to: lead + form.map { $0 == length ? width : $0 })
      let isOn = try g.band(rows: rows, columns: columns, from: offset, through: offset)
      return [try g.select(isOn, plane, x)]
    },
  ]

  /// A function of one tensor that is an operation of Keras 3.
  private static func same(as name: String) -> Operation.Rule {
    { (c, g) throws(LayerError) in try c.keras(name, [c.x(&g)], [], &g) }
  }

  private static func equation(_ c: OperationCall) throws(LayerError) -> String? {
    if case .string(let text)? = c.arguments.positional.first { return text }
    return try c.text("equation")
  }

  private static func offset(
    _ c: OperationCall, at position: Int = 1, _ g: GraphBuilder
  ) throws(LayerError) -> Int {
    let offsets = try c.wholes(position, "k", in: g) ?? [0]
    guard offsets.count == 1, (-1 << 31...1 << 31).contains(offsets[0]) else {
      throw LayerError(.unsupported, "\(c.className) of several diagonals is not supported")
    }
    return offsets[0]
  }

  /// Only zeros beside the diagonal, in a square matrix, are supported.
  private static func requireFilling(
    _ c: OperationCall, _ position: Int, _ g: GraphBuilder
  ) throws(LayerError) {
    let isSquare = try (c.whole(2, "num_rows", in: g) ?? -1) == -1
    guard isSquare, try c.real(position, "padding_value", default: 0, in: g) == 0 else {
      throw LayerError(
        .unsupported, "\(c.className) with a size or a filling of its own is not supported")
    }
  }

  private static let tensordot: Operation.Rule = { (c, g) throws(LayerError) in
    let (a, b) = try c.both("b", in: &g)
    let axes = try c.required(2, "axes")
    if case .list(let pair) = axes, pair.count == 2 {
      let left = try g.wholes(pair[0], c.className)
      return [try g.tensordot(a, b, left, g.wholes(pair[1], c.className))]
    }
    let numbers = try g.wholes(axes, c.className)
    guard numbers.count == 1, let count = numbers.first,
      (0...min(g.rank(a), g.rank(b))).contains(count)
    else { throw c.bad("axes", expected: "an integer or two lists of axes") }
    return [
      try g.tensordot(a, b, Array((g.rank(a) - count)..<g.rank(a)), Array(0..<count))
    ]
  }
}

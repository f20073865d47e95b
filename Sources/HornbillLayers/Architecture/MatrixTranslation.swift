import HornbillCore

/// TensorFlow's products and functions of matrices.
enum MatrixTranslation {
  static let rules: [String: TensorFlowTranslation.Rule] = [
    "matmul": { (c, g) throws(LayerError) in
      let first = try c.required(0, "a")
      let second = try c.required(1, "b")
      let dtype = (first.tensors + second.tensors).first?.spec.dtype ?? .float32
      let a = try turned(
        c.operand(first, like: dtype), c.flag("transpose_a", "adjoint_a", "adj_x"), &g)
      let b = try turned(
        c.operand(second, like: dtype), c.flag("transpose_b", "adjoint_b", "adj_y"), &g)
      return [g.apply("Matmul", a, b)]
    },
    "linalg.matvec": { (c, g) throws(LayerError) in
      let a = try turned(c.required(0, "a"), c.flag("transpose_a", "adjoint_a"), &g)
      let dtype = a.tensors.first?.spec.dtype ?? .float32
      let vector = try g.expandDims(c.operand(c.required(1, "b"), like: dtype), axis: -1)
      let product = g.apply("Matmul", a, vector)
      return [g.apply("Squeeze", .tensor(product), fields: [("axis", .integer(-1))])]
    },
    "einsum": { (c, g) throws(LayerError) in
      guard case .string(let equation)? = c.arguments.positional.first else {
        throw c.refusal("no equation")
      }
      var operands = Array(c.arguments.positional.dropFirst())
      if let inputs = c.arguments.keyword("inputs") {
        if case .list(let elements) = inputs {
          operands += elements
        } else {
          operands.append(inputs)
        }
      }
      return [einsum(equation, try arrays(operands, c), &g)]
    },
    "Einsum": { (c, g) throws(LayerError) in
      guard let equation = c.text("equation") else { throw c.refusal("no equation") }
      return [einsum(equation, try arrays(c.arguments.positional, c), &g)]
    },
    "tensordot": { (c, g) throws(LayerError) in
      let a = try c.required(0, "a")
      let b = try c.required(1, "b")
      let axes: JSON
      switch try c.required(2, "axes") {
      case .integer(let count): axes = .integer(count)
      case .list(let lists):
        var pairs: [JSON] = []
        for list in lists {
          let call = TensorFlowCall(
            function: c.function, arguments: CallArguments([list]), outputs: c.outputs)
          pairs.append(.integers(try call.wholes(0, "") ?? []))
        }
        axes = .array(pairs)
      default: throw c.refusal("the axes are a tensor")
      }
      let dtype = (a.tensors + b.tensors).first?.spec.dtype ?? .float32
      return [
        try g.apply(
          "Tensordot", c.operand(a, like: dtype), c.operand(b, like: dtype),
          fields: [("axes", axes)])
      ]
    },
    "linalg.det": { (c, g) throws(LayerError) in [try g.apply("Det", .tensor(c.x))] },
    "linalg.inv": { (c, g) throws(LayerError) in
      [g.apply("Inv", try turned(.tensor(c.x), c.flag("adjoint"), &g))]
    },
    "linalg.solve": { (c, g) throws(LayerError) in
      let matrix = try turned(.tensor(c.x), c.flag("adjoint"), &g)
      return [try g.apply("Solve", matrix, c.required(1, "rhs"))]
    },
    "linalg.cholesky": { (c, g) throws(LayerError) in
      [try g.apply("Cholesky", .tensor(c.x), fields: [("upper", .bool(false))])]
    },
    "linalg.triangular_solve": { (c, g) throws(LayerError) in
      let isTurned = c.flag("adjoint")
      let matrix = try turned(.tensor(c.x), isTurned, &g)
      let isLower = c.flag("lower", default: true)
      return [
        try g.apply(
          "SolveTriangular", matrix, c.required(1, "rhs"),
          fields: [("lower", .bool(isLower != isTurned))])
      ]
    },
    "linalg.slogdet": { (c, g) throws(LayerError) in
      g.operation("Slogdet", [], [.tensor(try c.x)], outputs: c.outputs)
    },
    "linalg.pinv": { (c, g) throws(LayerError) in
      guard c.value(1, "rcond") == nil else { throw c.refusal("it has a bound of its own") }
      return [try g.apply("Pinv", .tensor(c.x), fields: [("rcond", .null)])]
    },
    "linalg.matrix_transpose": { (c, g) throws(LayerError) in [try g.swapLast(c.x)] },
    "linalg.adjoint": { (c, g) throws(LayerError) in [try g.swapLast(c.x)] },
    "linalg.trace": { (c, g) throws(LayerError) in
      let diagonal = try diagonal(c.x, offset: 0, &g)
      return [
        g.apply(
          "Sum", .tensor(diagonal), fields: [("axis", .integer(-1)), ("keepdims", .bool(false))])
      ]
    },
    "linalg.diag_part": { (c, g) throws(LayerError) in
      [try diagonal(c.x, offset: offset(c, at: 1), &g)]
    },
    "linalg.diag": { (c, g) throws(LayerError) in
      let x = try c.x
      guard try offset(c, at: 1) == 0, try c.whole(2, "num_rows") ?? -1 == -1,
        try c.whole(3, "num_cols") ?? -1 == -1, try c.real(4, "padding_value", default: 0) == 0
      else { throw c.refusal("only a square matrix of a main diagonal and zeros is written") }
      let unit = try identity(x, c)
      let column = g.apply("ExpandDims", .tensor(x), fields: [("axis", .integer(-1))])
      return [
        g.apply(
          "Where", .array(unit.converted(to: .bool)), .tensor(column), .integer(0),
          dtype: x.spec.dtype)
      ]
    },
    "linalg.set_diag": { (c, g) throws(LayerError) in
      let x = try c.x
      guard try offset(c, at: 2) == 0 else {
        throw c.refusal("only the main diagonal is written")
      }
      let unit = try identity(x, c)
      guard let shape = x.spec.shape, shape.rank > 1,
        shape.dimensions[shape.rank - 1] == shape.dimensions[shape.rank - 2]
      else { throw c.refusal("the matrix is not square") }
      let diagonal = try c.operand(c.required(1, "diagonal"), like: x.spec.dtype)
      let column = g.expandDims(diagonal, axis: -1)
      return [
        g.apply(
          "Where", .array(unit.converted(to: .bool)), column, .tensor(x),
          dtype: x.spec.dtype)
      ]
    },
    "linalg.band_part": { (c, g) throws(LayerError) in
      var x = try c.x
      guard let lower = try c.whole(1, "num_lower"), let upper = try c.whole(2, "num_upper") else {
        throw c.refusal("no widths")
      }
      if lower >= 0 { x = g.apply("Triu", .tensor(x), fields: [("k", .integer(Int64(-lower)))]) }
      if upper >= 0 { x = g.apply("Tril", .tensor(x), fields: [("k", .integer(Int64(upper)))]) }
      return [x]
    },
    "linalg.cross": { (c, g) throws(LayerError) in
      [
        try g.apply(
          "Cross", .tensor(c.x), c.required(1, "b"),
          fields: [
            ("axisa", .integer(-1)), ("axisb", .integer(-1)), ("axisc", .integer(-1)),
            ("axis", .null),
          ])
      ]
    },
  ]

  private static func arrays(
    _ operands: [Argument<DraftTensor>], _ c: TensorFlowCall
  ) throws(LayerError) -> [Argument<DraftTensor>] {
    let dtype = operands.flatMap(\.tensors).first?.spec.dtype ?? .float32
    var result: [Argument<DraftTensor>] = []
    for operand in operands { result.append(try c.operand(operand, like: dtype)) }
    return result
  }

  private static func einsum(
    _ equation: String, _ operands: [Argument<DraftTensor>], _ g: inout GraphDraft
  ) -> DraftTensor {
    let dtype = operands.flatMap(\.tensors).first?.spec.dtype ?? .float32
    return g.operation(
      "Einsum", [("subscripts", .string(equation))], operands,
      outputs: [TensorSpec(nil, dtype)])[0]
  }

  private static func turned(
    _ operand: Argument<DraftTensor>, _ isTurned: Bool, _ g: inout GraphDraft
  ) throws(LayerError) -> Argument<DraftTensor> {
    isTurned ? .tensor(g.apply("Swapaxes", operand, fields: swap)) : operand
  }

  fileprivate static let swap: [(String, JSON)] = [
    ("axis1", .integer(-1)), ("axis2", .integer(-2)),
  ]

  private static func diagonal(
    _ x: DraftTensor, offset: Int, _ g: inout GraphDraft
  ) throws(LayerError) -> DraftTensor {
    g.apply(
      "Diagonal", .tensor(x),
      fields: [
        ("offset", .integer(Int64(offset))), ("axis1", .integer(-2)), ("axis2", .integer(-1)),
      ])
  }

  /// Which diagonal a call is of.
  private static func offset(_ c: TensorFlowCall, at position: Int) throws(LayerError) -> Int {
    let offsets = try c.wholes(position, "k") ?? [0]
    guard offsets.count == 1, abs(offsets[0]) < 1 << 31 else {
      throw c.refusal("it is of several diagonals")
    }
    return offsets[0]
  }

  private static func identity(
    _ x: DraftTensor, _ c: TensorFlowCall
  ) throws(LayerError) -> Tensor {
    guard let extent = x.spec.shape?.dimensions.last ?? nil, extent < 1 << 10 else {
      throw c.refusal("the extent is not known")
    }
    var unit = [Float](repeating: 0, count: extent * extent)
    for index in 0..<extent { unit[index * (extent + 1)] = 1 }
    return Tensor(shape: [extent, extent], unit).converted(to: x.spec.dtype)
  }
}

extension GraphDraft {
  /// Exchanges the last two axes.
  mutating func swapLast(_ x: DraftTensor) throws(LayerError) -> DraftTensor {
    apply("Swapaxes", .tensor(x), fields: MatrixTranslation.swap)
  }
}

import HornbillCore

/// TensorFlow's functions that make, rename, join and divide axes.
enum ShapeTranslation {
  static let rules: [String: TensorFlowTranslation.Rule] = [
    "reshape": { (c, g) throws(LayerError) in
      let x = try c.x
      return [g.apply("Reshape", .tensor(x), fields: [("newshape", try extents(c))])]
    },
    "transpose": { (c, g) throws(LayerError) in
      let axes = try c.wholes(1, "perm")
      return [
        try g.apply(
          "Transpose", .tensor(c.x), fields: [("axes", axes.map { .integers($0) } ?? .null)])
      ]
    },
    "expand_dims": { (c, g) throws(LayerError) in
      guard let axis = try c.whole(1, "axis", "dim") else { throw c.refusal("no axis") }
      return [
        try g.apply("ExpandDims", .tensor(c.x), fields: [("axis", .integer(Int64(axis)))])
      ]
    },
    "squeeze": { (c, g) throws(LayerError) in
      let axes = try c.wholes(1, "axis", "squeeze_dims") ?? []
      return [
        try g.apply(
          "Squeeze", .tensor(c.x), fields: [("axis", axes.isEmpty ? .null : Optional(axes).json)])
      ]
    },
    "concat": { (c, g) throws(LayerError) in
      let axis = try c.whole(1, "axis") ?? 0
      return try joined("Concatenate", c, axis, &g)
    },
    "ConcatV2": { (c, g) throws(LayerError) in
      guard case .integer(let axis)? = c.arguments.positional.last else {
        throw c.refusal("the axis is a tensor")
      }
      return [
        g.apply(
          "Concatenate", .list(Array(c.arguments.positional.dropLast())),
          fields: [("axis", .integer(axis))])
      ]
    },
    "stack": { (c, g) throws(LayerError) in
      try joined("Stack", c, c.whole(1, "axis") ?? 0, &g)
    },
    "Pack": { (c, g) throws(LayerError) in
      let axis = try c.whole(nil, "axis") ?? 0
      return [
        g.apply(
          "Stack", .list(c.arguments.positional), fields: [("axis", .integer(Int64(axis)))])
      ]
    },
    "AddN": { (c, g) throws(LayerError) in
      guard let rule = ElementwiseTranslation.rules["add_n"] else { throw c.refusal("") }
      return try rule(c, &g)
    },
    "unstack": { (c, g) throws(LayerError) in
      let axis = try c.whole(nil, "axis") ?? 0
      return g.operation(
        "Unstack", [("num", .integer(Int64(c.outputs.count))), ("axis", .integer(Int64(axis)))],
        [.tensor(try c.x)], outputs: c.outputs)
    },
    "split": { (c, g) throws(LayerError) in
      let axis = try c.whole(2, "axis", "split_dim") ?? 0
      let parts = try c.required(1, "num_or_size_splits", "num_split")
      return try split(try c.x, parts, axis, c, &g)
    },
    "Split": { (c, g) throws(LayerError) in
      guard let axis = try c.whole(0, "axis"), let parts = c.value(nil, "num_split"),
        case .tensor(let x)? = c.arguments.positional.dropFirst().first
      else { throw c.refusal("the axis is a tensor") }
      return try split(x, parts, axis, c, &g)
    },
    "SplitV": { (c, g) throws(LayerError) in
      var sizes = try c.required(1)
      if case .integer = sizes { sizes = .list([sizes]) }
      return try split(try c.x, sizes, c.whole(2, "axis") ?? 0, c, &g)
    },
    "tile": { (c, g) throws(LayerError) in
      guard let counts = try c.wholes(1, "multiples") else { throw c.refusal("no counts") }
      return [try g.apply("Tile", .tensor(c.x), fields: [("repeats", .integers(counts))])]
    },
    "repeat": { (c, g) throws(LayerError) in
      guard let counts = try c.wholes(1, "repeats") else { throw c.refusal("no counts") }
      let axis = try c.whole(2, "axis")
      return [
        try g.apply(
          "Repeat", .tensor(c.x),
          fields: [
            ("repeats", Optional(counts).json),
            ("axis", axis.map { .integer(Int64($0)) } ?? .null),
          ])
      ]
    },
    "pad": { (c, g) throws(LayerError) in
      let x = try c.x
      guard let widths = try c.wholes(1, "paddings"), widths.count % 2 == 0 else {
        throw c.refusal("no widths")
      }
      let pairs = stride(from: 0, to: widths.count, by: 2).map {
        JSON.integers([widths[$0], widths[$0 + 1]])
      }
      let mode = (c.text("mode") ?? "CONSTANT").lowercased()
      let filling = try c.real(2, "constant_values", default: 0)
      return [
        g.apply(
          "Pad", .tensor(x), fields: [("pad_width", .array(pairs)), ("mode", .string(mode))],
          keywords: mode == "constant" ? [("constant_values", .number(filling))] : [])
      ]
    },
    "broadcast_to": { (c, g) throws(LayerError) in
      guard let shape = try c.wholes(1, "shape") else { throw c.refusal("no shape") }
      return [try g.apply("BroadcastTo", .tensor(c.x), fields: [("shape", .integers(shape))])]
    },
    "reverse": { (c, g) throws(LayerError) in
      guard let axes = try c.wholes(1, "axis") else { throw c.refusal("no axis") }
      return [try g.apply("Flip", .tensor(c.x), fields: [("axis", Optional(axes).json)])]
    },
    "roll": { (c, g) throws(LayerError) in
      var x = try c.x
      guard let shifts = try c.wholes(1, "shift"), let axes = try c.wholes(2, "axis") else {
        throw c.refusal("no axis")
      }
      for (shift, axis) in zip(shifts, axes) {
        x = g.apply(
          "Roll", .tensor(x),
          fields: [("shift", .integer(Int64(shift))), ("axis", .integer(Int64(axis)))])
      }
      return [x]
    },
    "rank": { (c, g) throws(LayerError) in
      [try g.apply("Ndim", .tensor(c.x), dtype: .int32)]
    },
    "keras.backend.batch_flatten": { (c, g) throws(LayerError) in
      guard let shape = try c.x.spec.shape,
        let count = Shape.elementCount(shape.dimensions.dropFirst().map { $0 ?? -1 }), count >= 0,
        !shape.dimensions.dropFirst().contains(nil)
      else { throw c.refusal("the extents are not known") }
      return [g.reshape(try c.x, to: [count])]
    },
    "keras.backend.flatten": { (c, g) throws(LayerError) in
      [try g.apply("Reshape", .tensor(c.x), fields: [("newshape", .integers([-1]))])]
    },
    "sequence_mask": { (c, g) throws(LayerError) in
      guard let count = try c.whole(1, "maxlen"), count >= 0, count < 1 << 20 else {
        throw c.refusal("its shape depends on data")
      }
      let x = try c.x
      let steps = Tensor(
        shape: [count], integers: (0..<count).map { Int64($0) }, dtype: x.spec.dtype)
      let ends = g.apply("ExpandDims", .tensor(x), fields: [("axis", .integer(-1))])
      let mask = g.apply("Greater", .tensor(ends), .array(steps), dtype: .bool)
      return [g.cast(mask, to: try c.type("dtype") ?? .bool)]
    },
  ]

  /// The extents of a reshape; one that is a tensor is what is left.
  private static func extents(_ c: TensorFlowCall) throws(LayerError) -> JSON {
    let shape = try c.required(1, "shape")
    if case .list(let elements) = shape, shape.tensors.count == 1 {
      var result: [Int] = []
      for element in elements {
        switch element {
        case .tensor: result.append(-1)
        case .integer(let extent) where extent >= 0: result.append(Int(extent))
        default: throw c.refusal("the extents are tensors")
        }
      }
      return .integers(result)
    }
    return .integers(try c.wholes(1, "shape") ?? [])
  }

  private static func joined(
    _ className: String, _ c: TensorFlowCall, _ axis: Int, _ g: inout GraphDraft
  ) throws(LayerError) -> [DraftTensor] {
    guard case .list(let elements) = try c.required(0, "values") else {
      return [
        g.apply(
          className, .list([try c.required(0, "values")]),
          fields: [("axis", .integer(Int64(axis)))])
      ]
    }
    let dtype = elements.flatMap(\.tensors).first?.spec.dtype ?? .float32
    var operands: [Argument<DraftTensor>] = []
    for element in elements { operands.append(try c.operand(element, like: dtype)) }
    return [
      g.apply(className, .list(operands), fields: [("axis", .integer(Int64(axis)))])
    ]
  }

  /// The parts of an axis: a number of equal ones, or parts of given sizes, one of which may be −1.
  private static func split(
    _ x: DraftTensor, _ parts: Argument<DraftTensor>, _ axis: Int, _ c: TensorFlowCall,
    _ g: inout GraphDraft
  ) throws(LayerError) -> [DraftTensor] {
    let sections: JSON
    switch parts {
    case .integer(let count): sections = .integer(count)
    case .array(let tensor) where tensor.rank == 0:
      sections = .integer(Int64(saturating: tensor.doubles?.first ?? 0))
    default:
      let call = TensorFlowCall(
        function: c.function, arguments: CallArguments([parts]), outputs: c.outputs)
      var sizes = try call.wholes(0, "") ?? []
      let position = axis < 0 ? axis + (try c.rank(x)) : axis
      if let open = sizes.firstIndex(of: -1) {
        guard let extent = x.spec.shape?.dimensions[position] else {
          throw c.refusal("the axis's extent is not known")
        }
        sizes[open] = extent - sizes.filter { $0 >= 0 }.reduce(0, +)
      }
      var ends: [Int] = []
      for size in sizes.dropLast() { ends.append((ends.last ?? 0) + size) }
      sections = .integers(ends)
    }
    return g.operation(
      "Split", [("indices_or_sections", sections), ("axis", .integer(Int64(axis)))], [.tensor(x)],
      outputs: c.outputs)
  }
}

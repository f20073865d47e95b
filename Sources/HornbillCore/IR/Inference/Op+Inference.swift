/// The result types of ops; where a graph's shapes and types are checked.
extension Op {
  /// The types of the results for operands of the given types.
  ///
  /// - Throws: ``LayerError`` with the code `shape` when the operands do not fit.
  package func infer(_ inputs: [ValueType]) throws(LayerError) -> [ValueType] {
    for input in inputs { try requireExtents(input) }
    let results = try results(inputs)
    for result in results { try requireExtents(result) }
    return results
  }

  /// Refuses extents whose products, on the way to an element, `Int` does not hold, and such as no memory could: an axis of nothing does
  /// not make the others small.
  private func requireExtents(_ type: ValueType) throws(LayerError) {
    let isEmpty = type.shape.contains(0)
    let most = isEmpty ? 1 << 26 : Int.max / 2
    let count = Shape.elementCount(type.shape.map { max($0, 1) })
    try require(
      (count ?? .max) <= most,
      isEmpty
        ? "a tensor of shape \(Shape(type.shape)), whose other extents may be \(most) together"
        : "a tensor of shape \(Shape(type.shape)), beyond any memory")
  }

  private func results(_ inputs: [ValueType]) throws(LayerError) -> [ValueType] {
    switch self {
    case .input, .weight, .constant, .state:
      throw LayerError(.shape, "a source has no operands to infer from")
    case .unary(let op):
      return [try inferUnary(op, try operand(inputs, 0))]
    case .activation:
      let x = try operand(inputs, 0)
      try require(x.dtype.isFloatingPoint || isIntegerActivation, "an activation of \(x.dtype)")
      return [x]
    case .binary(let op):
      return [try inferBinary(op, try operand(inputs, 0), try operand(inputs, 1))]
    case .select:
      return [try inferSelect(inputs)]
    case .cast(let dtype):
      let x = try operand(inputs, 0)
      try require(x.dtype != .string && dtype != .string, "a cast between text and numbers")
      return [ValueType(shape: x.shape, dtype: dtype)]
    case .reshape, .transpose, .broadcast, .concatenate, .slice, .pad, .gather, .gatherElements,
      .scatter:
      return [try inferMovement(inputs)]
    case .reduce(let reduction, let axes, let keep):
      return [try inferReduce(reduction, axes, keep, try operand(inputs, 0))]
    case .argReduce(_, let axis):
      var x = try operand(inputs, 0)
      try require(axis < x.shape.count, "axis \(axis) of shape \(Shape(x.shape))")
      try require(x.shape[axis] > 0, "the position of an extreme along an empty axis")
      x.shape.remove(at: axis)
      return [ValueType(shape: x.shape, dtype: .int32)]
    case .accumulate(_, let axis, _):
      let x = try operand(inputs, 0)
      try require(axis < x.shape.count, "axis \(axis) of shape \(Shape(x.shape))")
      return [x]
    case .sort:
      let x = try operand(inputs, 0)
      try require(!x.shape.isEmpty, "sorting a scalar")
      return [x, ValueType(shape: x.shape, dtype: .int32)]
    case .matmul(let transposeA, let transposeB):
      return [try inferMatmul(transposeA, transposeB, inputs)]
    case .convolution(let window, let groups):
      return [try inferConvolution(window, groups, inputs)]
    case .transposedConvolution(let window, let output):
      return [try inferTransposedConvolution(window, output, inputs)]
    case .pool(_, let window):
      return [try inferPool(window, try operand(inputs, 0))]
    case .resample(let resampling, let axis):
      return [try inferResampled(resampling, axis, try operand(inputs, 0))]
    case .text, .tokens, .tokenCount, .lookup, .hash:
      return [try inferText(inputs)]
    case .linearAlgebra(let kind): return try inferLinearAlgebra(kind, inputs)
    case .fft: return try inferFourier(inputs)
    case .bitcast(let dtype): return [try inferBitcast(dtype, try operand(inputs, 0))]
    case .simpleRNN(let spec):
      return try inferRecurrent(spec, gates: 1, states: 1, inputs)
    case .lstm(let spec):
      return try inferRecurrent(spec, gates: 4, states: 2, inputs)
    case .gru(let spec):
      return try inferRecurrent(spec, gates: 3, states: 1, inputs)
    }
  }

  private var isIntegerActivation: Bool {
    if case .activation(.relu) = self { true } else { false }
  }

  func operand(_ inputs: [ValueType], _ index: Int) throws(LayerError) -> ValueType {
    guard index < inputs.count else {
      throw LayerError(.shape, "operand \(index + 1) of an operation is missing")
    }
    return inputs[index]
  }

  func require(
    _ condition: Bool, _ detail: @autoclosure () -> String
  ) throws(LayerError) {
    if !condition { throw LayerError(.shape, "\(detail()) is not possible") }
  }

  /// The common shape that operands are repeated to.
  package static func broadcastShape(_ a: [Int], _ b: [Int]) throws(LayerError) -> [Int] {
    let rank = max(a.count, b.count)
    var result = [Int](repeating: 1, count: rank)
    for i in 0..<rank {
      let x = i < rank - a.count ? 1 : a[i - (rank - a.count)]
      let y = i < rank - b.count ? 1 : b[i - (rank - b.count)]
      guard x == y || x == 1 || y == 1 else {
        throw LayerError(.shape, "shapes \(Shape(a)) and \(Shape(b)) do not broadcast")
      }
      result[i] = x == 1 ? y : x
    }
    return result
  }

  private func inferUnary(_ op: UnaryOp, _ x: ValueType) throws(LayerError) -> ValueType {
    try require(x.dtype != .string, "\(op) of text")
    if op.isPredicate { return ValueType(shape: x.shape, dtype: .bool) }
    switch op {
    case .negate, .absolute, .sign, .square, .floor, .ceil, .roundHalfToEven, .truncate:
      return x
    case .bitwiseNot:
      try require(x.dtype.isInteger, "\(op) of \(x.dtype)")
      return x
    default:
      try require(x.dtype.isFloatingPoint, "\(op) of \(x.dtype)")
      return x
    }
  }

  private func inferBinary(
    _ op: BinaryOp, _ a: ValueType, _ b: ValueType
  ) throws(LayerError) -> ValueType {
    try require(a.dtype == b.dtype, "\(op) of \(a.dtype) and \(b.dtype)")
    try require(
      a.dtype != .string || op == .equal || op == .notEqual, "\(op) of text")
    let shape = try Op.broadcastShape(a.shape, b.shape)
    if op == .divide || op == .arctan2 || op == .nextAfter {
      try require(a.dtype.isFloatingPoint, "\(op) of \(a.dtype)")
    }
    return ValueType(shape: shape, dtype: op.isPredicate ? .bool : a.dtype)
  }

  private func inferSelect(_ inputs: [ValueType]) throws(LayerError) -> ValueType {
    let condition = try operand(inputs, 0)
    let a = try operand(inputs, 1)
    let b = try operand(inputs, 2)
    try require(condition.dtype == .bool, "a selection by \(condition.dtype)")
    try require(a.dtype == b.dtype, "a selection between \(a.dtype) and \(b.dtype)")
    let shape = try Op.broadcastShape(condition.shape, Op.broadcastShape(a.shape, b.shape))
    return ValueType(shape: shape, dtype: a.dtype)
  }

  private func inferReduce(
    _ reduction: Reduction, _ axes: [Int], _ keep: Bool, _ x: ValueType
  ) throws(LayerError) -> ValueType {
    try require(x.dtype != .string, "\(reduction) of text")
    try require(axes.allSatisfy { $0 < x.shape.count }, "axes \(axes) of shape \(Shape(x.shape))")
    switch reduction {
    case .any, .all: try require(x.dtype == .bool, "\(reduction) of \(x.dtype)")
    case .mean, .logSumExp: try require(x.dtype.isFloatingPoint, "\(reduction) of \(x.dtype)")
    case .sum, .product, .maximum, .minimum:
      try require(x.dtype != .bool, "\(reduction) of \(x.dtype)")
    }
    var shape: [Int] = []
    for (axis, extent) in x.shape.enumerated() {
      if !axes.contains(axis) { shape.append(extent) } else if keep { shape.append(1) }
    }
    return ValueType(shape: shape, dtype: x.dtype)
  }
}

import HornbillCore

/// Selections by conditions, and comparisons of whole tensors.
///
/// Source: Keras 3, `keras/src/ops/numpy.py`, with `keras/src/backend/tensorflow/numpy.py`.
enum LogicOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "Where": { (c, g) throws(LayerError) in
      let condition = try g.operand(c.argument(0), as: .bool)
      guard let first = c.optional(1, "x1"), let second = c.optional(2, "x2") else {
        throw LayerError(
          .unsupported, "Where with a condition alone has a result whose shape depends on data")
      }
      let values = try g.promoted([first, second])
      return [try g.select(condition, values[0], values[1])]
    },
    "Select": { (c, g) throws(LayerError) in
      guard case .list(let conditions) = try c.argument(0, "condlist"),
        case .list(let choices) = try c.argument(1, "choicelist"),
        conditions.count == choices.count, !choices.isEmpty
      else { throw LayerError(.wiring, "Select needs as many choices as conditions") }
      let fallback = c.optional(2, "default") ?? .integer(0)
      let values = try g.promoted(choices + [fallback])
      var result = values[choices.count]
      for index in choices.indices.reversed() {
        let condition = try g.operand(conditions[index], as: .bool)
        result = try g.select(condition, values[index], result)
      }
      return [result]
    },
    "Isclose": { (c, g) throws(LayerError) in
      let relative = try number(c.optional(2, "rtol"), default: 1e-5)
      let absolute = try number(c.optional(3, "atol"), default: 1e-8)
      return [try isClose(c, relative, absolute, &g)]
    },
    "AllClose": { (c, g) throws(LayerError) in
      let relative = try c.number("rtol", default: 1e-5)
      let absolute = try c.number("atol", default: 1e-8)
      var close = try isClose(c, relative, absolute, &g)
      let (a, b) = try c.pair(isStrong: true, &g)
      if g.dtype(a).isFloatingPoint {
        let isFinite = try g.binary(.logicalAnd, g.unary(.isFinite, a), g.unary(.isFinite, b))
        let isSame = try g.binary(.equal, a, b)
        close = try g.select(isFinite, close, isSame)
        if try c.bool("equal_nan") {
          let isBothNaN = try g.binary(.logicalAnd, g.unary(.isNaN, a), g.unary(.isNaN, b))
          close = try g.binary(.logicalOr, close, isBothNaN)
        }
      }
      return [try g.reduce(.all, close, axes: Array(0..<g.rank(close)))]
    },
    "IsIn": { (c, g) throws(LayerError) in
      let (x, elements) = try c.pair(isStrong: true, &g)
      let isEqual = try g.binary(.equal, g.expand(x, axis: -1), g.flattened(elements))
      let isIn = try g.reduce(.any, isEqual, axes: [-1])
      return [try c.bool("invert") ? try g.unary(.logicalNot, isIn) : isIn]
    },
  ]

  private static func number(
    _ argument: Argument<Flow>?, default fallback: Double
  ) throws(LayerError) -> Double {
    switch argument {
    case nil: return fallback
    case .integer(let value): return Double(value)
    case .number(let value): return value
    default: throw LayerError(.unsupported, "a tolerance that is a tensor is not supported")
    }
  }

  private static func isClose(
    _ c: OperationCall, _ relative: Double, _ absolute: Double, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let (a, b) = try c.pair(isStrong: true, &g)
    let dtype = g.dtype(a)
    guard dtype.isFloatingPoint else { return try g.binary(.equal, a, b) }
    let distance = try g.unary(.absolute, g.subtract(a, b))
    let room = try g.add(
      g.multiply(g.unary(.absolute, b), g.number(relative, dtype)), g.number(absolute, dtype))
    let isNear = try g.binary(.lessEqual, distance, room)
    guard try c.bool("equal_nan") else { return isNear }
    let isBothNaN = try g.binary(.logicalAnd, g.unary(.isNaN, a), g.unary(.isNaN, b))
    return try g.binary(.logicalOr, isNear, isBothNaN)
  }
}

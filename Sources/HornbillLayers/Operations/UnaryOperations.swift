package import HornbillCore

/// Operations on each element of one tensor.
///
/// Source: Keras 3, `keras/src/ops/numpy.py` and `keras/src/ops/math.py`, with `keras/src/backend/tensorflow/numpy.py`.
enum UnaryOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = {
    var rules = special
    for (name, op) in functions {
      rules[name] = unary { (x, g) throws(LayerError) in try g.unary(op, g.floating(x)) }
    }
    for (name, op) in predicates {
      rules[name] = unary { (x, g) throws(LayerError) in try g.unary(op, x) }
    }
    for name in ["Copy", "Conj", "Conjugate"] {
      rules[name] = unary { (x, _) throws(LayerError) in x }
    }
    return rules
  }()

  /// Functions with real results: integers and `bool` become `float32`.
  private static let functions: [String: UnaryOp] = [
    "Arccos": .arccos, "Arccosh": .arccosh, "Arcsin": .arcsin, "Arcsinh": .arcsinh,
    "Arctan": .arctan, "Arctanh": .arctanh, "Cbrt": .cbrt, "Ceil": .ceil, "Cos": .cos,
    "Cosh": .cosh, "Erf": .erf, "Erfc": .erfc, "Erfinv": .erfinv, "Exp": .exp, "Exp2": .exp2,
    "Expm1": .expm1, "Fabs": .absolute, "Floor": .floor, "Log": .log, "Log10": .log10,
    "Log1p": .log1p, "Log2": .log2, "Reciprocal": .reciprocal, "Rsqrt": .rsqrt, "Sin": .sin,
    "Sinh": .sinh, "Sqrt": .sqrt, "Tan": .tan, "Tanh": .tanh,
  ]

  private static let predicates: [String: UnaryOp] = [
    "Isfinite": .isFinite, "Isinf": .isInfinite, "Isnan": .isNaN, "LogicalNot": .logicalNot,
    "Signbit": .signBit,
  ]

  private static let special: [String: Operation.Rule] = [
    "Abs": unary(absolute),
    "Absolute": unary(absolute),
    "Angle": unary { (x, g) throws(LayerError) in
      let x = try g.floating(x)
      let isNegative = try g.binary(.less, x, g.scalar(0, g.dtype(x)))
      return try g.select(isNegative, g.filled(.pi, like: x), g.filled(0, like: x))
    },
    "BitwiseInvert": unary { (x, g) throws(LayerError) in try g.unary(.bitwiseNot, x) },
    "BitwiseNot": unary { (x, g) throws(LayerError) in try g.unary(.bitwiseNot, x) },
    "Clip": clip,
    "Deg2rad": unary { (x, g) throws(LayerError) in try g.multiply(g.floating(x), .pi / 180) },
    "I0": unary(besselI0),
    "Isneginf": unary { (x, g) throws(LayerError) in try isInfinity(x, -.infinity, &g) },
    "Isposinf": unary { (x, g) throws(LayerError) in try isInfinity(x, .infinity, &g) },
    "Isreal": unary { (x, g) throws(LayerError) in
      try g.broadcast(g.scalar(1, .bool), to: g.shape(x))
    },
    "NanToNum": { (c, g) throws(LayerError) in
      let nan = try c.number("nan", default: 0)
      let most = try c["posinf"] == nil ? nil : c.number("posinf")
      let least = try c["neginf"] == nil ? nil : c.number("neginf")
      return [try nanToNumber(c.tensor(0, &g), nan, most, least, &g)]
    },
    "Negative": unary { (x, g) throws(LayerError) in
      guard !g.dtype(x).isUnsignedInteger, g.dtype(x) != .bool else {
        throw LayerError(.shape, "the negative of \(g.dtype(x)) is not possible")
      }
      return try g.unary(.negate, x)
    },
    "Rad2deg": unary { (x, g) throws(LayerError) in try g.multiply(g.floating(x), 180 / .pi) },
    "Round": round,
    "Sign": unary { (x, g) throws(LayerError) in
      guard g.dtype(x) != .bool else {
        throw LayerError(.shape, "the sign of bool is not possible")
      }
      return try g.unary(.sign, x)
    },
    "Sinc": unary { (x, g) throws(LayerError) in
      let x = try g.floating(x)
      let angle = try g.multiply(x, .pi)
      let isZero = try g.binary(.equal, x, g.scalar(0, g.dtype(x)))
      return try g.select(isZero, g.filled(1, like: x), g.divide(g.unary(.sin, angle), angle))
    },
    "Square": unary { (x, g) throws(LayerError) in
      try g.square(g.dtype(x) == .bool ? g.cast(x, to: .int32) : x)
    },
    "Trunc": unary { (x, g) throws(LayerError) in
      g.dtype(x).isFloatingPoint ? try g.unary(.truncate, x) : x
    },
  ]

  /// A rule for a function of the first operand.
  static func unary(
    _ function: @escaping @Sendable (Value, inout GraphBuilder) throws(LayerError) -> Value
  ) -> Operation.Rule {
    { (c, g) throws(LayerError) in [try function(c.tensor(0, &g), &g)] }
  }

  private static func absolute(
    _ x: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    g.dtype(x) == .bool || g.dtype(x).isUnsignedInteger ? x : try g.unary(.absolute, x)
  }

  private static let clip: Operation.Rule = { (c, g) throws(LayerError) in
    var x = try c.tensor(0, &g)
    if g.dtype(x) == .bool { x = try g.cast(x, to: .int32) }
    let least = try c.number("x_min")
    let most = try c.number("x_max")
    let isWhole = least == least.rounded() && most == most.rounded()
    guard g.dtype(x).isFloatingPoint || isWhole else {
      throw LayerError(
        .unsupported, "Clip of \(g.dtype(x)) to fractional bounds does not run in Keras")
    }
    return [
      try g.minimum(
        g.maximum(x, g.number(least, g.dtype(x))), g.number(most, g.dtype(x)))
    ]
  }

  private static func isInfinity(
    _ x: Value, _ infinity: Double, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    guard g.dtype(x).isFloatingPoint else {
      return try g.broadcast(g.scalar(0, .bool), to: g.shape(x))
    }
    return try g.binary(.equal, x, g.scalar(infinity, g.dtype(x)))
  }

  /// Finite numbers in the place of NaN and of the infinities; an absent number is the extreme of the type.
  static func nanToNumber(
    _ x: Value, _ nan: Double, _ most: Double?, _ least: Double?,
    _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let dtype = g.dtype(x)
    guard let extreme = dtype.greatestFinite else { return x }
    let substitute = try g.number(nan, dtype)
    var y = try g.select(g.unary(.isNaN, x), substitute, x)
    let upper = try g.number(most ?? extreme, dtype)
    y = try g.select(isInfinity(y, .infinity, &g), upper, y)
    let lower = try g.number(least ?? -extreme, dtype)
    return try g.select(isInfinity(y, -.infinity, &g), lower, y)
  }

  private static let round: Operation.Rule = { (c, g) throws(LayerError) in
    let x = try c.tensor(0, &g)
    let decimals = try c.integer("decimals", default: 0)
    let dtype = g.dtype(x)
    if decimals == 0 || !dtype.isFloatingPoint && decimals > 0 {
      return [dtype.isFloatingPoint ? try g.unary(.roundHalfToEven, x) : x]
    }
    guard abs(decimals) <= 300 else {
      throw c.invalid("decimals", expected: "an integer from -300 to 300")
    }
    var power = 1.0
    for _ in 0..<abs(decimals) { power *= 10 }
    if !dtype.isFloatingPoint {
      let step = try g.number(power, .float32)
      let scaled = try g.divide(g.cast(x, to: .float32), step)
      return [try g.cast(g.multiply(g.unary(.roundHalfToEven, scaled), step), to: dtype)]
    }
    let factor = try g.number(decimals < 0 ? 1 / power : power, dtype)
    let rounded = try g.divide(g.unary(.roundHalfToEven, g.multiply(x, factor)), factor)
    return [rounded]
  }

  /// The modified Bessel function of order 0: the mean of `exp(x · cos θ)` over 256 points of the circle, exact to rounding
  /// where the function is finite in `float32`.
  private static func besselI0(
    _ x: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let x = try g.cast(x, to: g.dtype(x) == .int64 ? .float64 : TypePromotion.floating(g.dtype(x)))
    let count = 128
    let cosines = Fourier.cosines(2 * count)
    let points = Array(cosines[0...count])
    var weights = [Double](repeating: 1 / Double(count), count: count + 1)
    weights[0] /= 2
    weights[count] /= 2
    let dtype = g.dtype(x)
    let angles = try g.cast(g.constant(Tensor(shape: [count + 1], points)), to: dtype)
    let shares = try g.cast(g.constant(Tensor(shape: [count + 1], weights)), to: dtype)
    let powers = try g.unary(.exp, g.multiply(g.expand(x, axis: -1), angles))
    return try g.sum(g.multiply(powers, shares), axes: [-1])
  }
}

extension DType {
  /// The greatest finite number of a floating-point type; `nil` for other types.
  package var greatestFinite: Double? {
    switch self {
    case .float16: 65504
    case .bfloat16: 0x1.FEp127
    case .float32: Double(Float.greatestFiniteMagnitude)
    case .float64: Double.greatestFiniteMagnitude
    default: nil
    }
  }

  /// The distance from 1 to the next number of a floating-point type; `nil` for other types.
  package var epsilon: Double? {
    switch self {
    case .float16: 0x1p-10
    case .bfloat16: 0x1p-7
    case .float32: 0x1p-23
    case .float64: 0x1p-52
    default: nil
    }
  }

  /// The least and the greatest number of an integer type; `nil` for other types.
  ///
  /// The greatest of `uint64` is that of `int64`.
  package var integerRange: (least: Int64, greatest: Int64)? {
    guard isInteger else { return nil }
    if self == .uint64 { return (0, Int64.max) }
    if isUnsignedInteger { return (0, 1 << Int64(bitWidth) - 1) }
    if self == .int64 { return (Int64.min, Int64.max) }
    return (-(1 << Int64(bitWidth - 1)), 1 << Int64(bitWidth - 1) - 1)
  }
}

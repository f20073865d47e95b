import HornbillCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Functions of one number.
///
/// Source: Keras 3, `keras/src/ops/numpy.py`.
extension Definition {
  static func unary(_ op: UnaryOp, _ x: Operand) throws(ExecutionError) -> Operand {
    let dtype: DType = op.isPredicate ? .bool : x.dtype
    switch x.elements {
    case .real(let values):
      if op.isPredicate {
        let results = values.map { isTrue(op, $0) ? Int64(1) : 0 }
        return Operand(shape: x.shape, dtype: dtype, elements: .whole(results))
      }
      var results: [Double] = []
      results.reserveCapacity(values.count)
      for value in values { results.append(try real(op, value)) }
      return Operand(shape: x.shape, dtype: dtype, elements: .real(results))
    case .whole(let values):
      var results: [Int64] = []
      results.reserveCapacity(values.count)
      for value in values { results.append(dtype.wrapping(try whole(op, value, x.dtype))) }
      return Operand(shape: x.shape, dtype: dtype, elements: .whole(results))
    case .text:
      throw ExecutionError("\(op) of text is not possible")
    }
  }

  private static func isTrue(_ op: UnaryOp, _ x: Double) -> Bool {
    switch op {
    case .isNaN: x.isNaN
    case .isInfinite: x.isInfinite
    case .isFinite: x.isFinite
    case .signBit: x.sign == .minus
    default: x == 0
    }
  }

  private static func real(_ op: UnaryOp, _ x: Double) throws(ExecutionError) -> Double {
    switch op {
    case .negate: return -x
    case .absolute: return abs(x)
    case .sign: return x > 0 ? 1 : x < 0 ? -1 : x
    case .square: return x * x
    case .reciprocal: return 1 / x
    case .exp: return exp(x)
    case .exp2: return exp2(x)
    case .expm1: return expm1(x)
    case .log: return log(x)
    case .log2: return log2(x)
    case .log10: return log10(x)
    case .log1p: return log1p(x)
    case .sqrt: return x.squareRoot()
    case .rsqrt: return 1 / x.squareRoot()
    case .cbrt: return cbrt(x)
    case .sin: return sin(x)
    case .cos: return cos(x)
    case .tan: return tan(x)
    case .arcsin: return asin(x)
    case .arccos: return acos(x)
    case .arctan: return atan(x)
    case .sinh: return sinh(x)
    case .cosh: return cosh(x)
    case .tanh: return tanh(x)
    case .arcsinh: return asinh(x)
    case .arccosh: return acosh(x)
    case .arctanh: return atanh(x)
    case .erf: return erf(x)
    case .erfc: return erfc(x)
    case .erfinv: return erfinv(x)
    case .floor: return x.rounded(.down)
    case .ceil: return x.rounded(.up)
    case .roundHalfToEven: return x.rounded(.toNearestOrEven)
    case .truncate: return x.rounded(.towardZero)
    case .sigmoid: return sigmoid(x)
    case .isNaN, .isInfinite, .isFinite, .signBit, .logicalNot: return isTrue(op, x) ? 1 : 0
    case .bitwiseNot: throw ExecutionError("\(op) of a floating-point number is not possible")
    }
  }

  private static func whole(
    _ op: UnaryOp, _ x: Int64, _ dtype: DType
  ) throws(ExecutionError) -> Int64 {
    switch op {
    case .negate: return 0 &- x
    case .absolute: return dtype.isUnsignedInteger || x >= 0 ? x : 0 &- x
    case .sign: return dtype.isUnsignedInteger ? (x == 0 ? 0 : 1) : x.signum()
    case .square: return x &* x
    case .floor, .ceil, .roundHalfToEven, .truncate: return x
    case .isNaN, .isInfinite: return 0
    case .isFinite: return 1
    case .signBit: return !dtype.isUnsignedInteger && x < 0 ? 1 : 0
    case .logicalNot: return x == 0 ? 1 : 0
    case .bitwiseNot: return ~x
    case .reciprocal, .exp, .exp2, .expm1, .log, .log2, .log10, .log1p, .sqrt, .rsqrt, .cbrt,
      .sin, .cos, .tan, .arcsin, .arccos, .arctan, .sinh, .cosh, .tanh, .arcsinh, .arccosh,
      .arctanh, .erf, .erfc, .erfinv, .sigmoid:
      throw ExecutionError("\(op) of \(dtype) is not possible")
    }
  }
}

/// Functions of one number that the C library lacks.
extension Definition {
  /// `1 / (1 + exp(−x))`.
  static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  /// The number whose error function is `y`.
  ///
  /// The start is good to a few per cent; Newton's steps on `erf`, or on `erfc` where `erf` is flat, do the rest.
  static func erfinv(_ y: Double) -> Double {
    if y == 0 { return y }
    if !(abs(y) < 1) { return abs(y) == 1 ? (y < 0 ? -.infinity : .infinity) : .nan }
    let rest = 1 - abs(y)
    let logarithm = log1p(-y * y) / 2
    let center = 2 / (Double.pi * 0.147) + logarithm
    var x = ((center * center - 2 * logarithm / 0.147).squareRoot() - center).squareRoot()
    for _ in 0..<8 {
      let excess = rest < 0.5 ? rest - erfc(x) : erf(x) - abs(y)
      let step = excess / (2 / Double.pi.squareRoot() * exp(-x * x))
      x -= step / (1 + x * step)
    }
    return y < 0 ? -x : x
  }
}

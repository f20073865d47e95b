import HornbillCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A function of one number, computed in `Double` whatever the tensor's type.
typealias ScalarFunction = @Sendable (Double) -> Double

extension UnaryOp {
  /// The function on numbers; a predicate gives 0 or 1.
  var function: ScalarFunction { HornbillFast.function(of: self) }
}

extension Activation {
  /// The function on numbers; `nil` for those that work along an axis.
  var function: ScalarFunction? { HornbillFast.function(of: self) }
}

private func function(of op: UnaryOp) -> ScalarFunction {
  switch op {
  case .negate: { -$0 }
  case .absolute: { abs($0) }
  case .sign: { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }
  case .square: { $0 * $0 }
  case .reciprocal: { 1 / $0 }
  case .exp: { exp($0) }
  case .exp2: { exp2($0) }
  case .expm1: { expm1($0) }
  case .log: { log($0) }
  case .log2: { log2($0) }
  case .log10: { log10($0) }
  case .log1p: { log1p($0) }
  case .sqrt: { $0.squareRoot() }
  case .rsqrt: { 1 / $0.squareRoot() }
  case .cbrt: { cbrt($0) }
  case .sin: { sin($0) }
  case .cos: { cos($0) }
  case .tan: { tan($0) }
  case .arcsin: { asin($0) }
  case .arccos: { acos($0) }
  case .arctan: { atan($0) }
  case .sinh: { sinh($0) }
  case .cosh: { cosh($0) }
  case .tanh: { tanh($0) }
  case .arcsinh: { asinh($0) }
  case .arccosh: { acosh($0) }
  case .arctanh: { atanh($0) }
  case .erf: { erf($0) }
  case .erfc: { erfc($0) }
  case .erfinv: { inverseErf($0) }
  case .floor: { $0.rounded(.down) }
  case .ceil: { $0.rounded(.up) }
  case .roundHalfToEven: { $0.rounded(.toNearestOrEven) }
  case .truncate: { $0.rounded(.towardZero) }
  case .sigmoid: { sigmoid($0) }
  case .isNaN: { $0.isNaN ? 1 : 0 }
  case .isInfinite: { $0.isInfinite ? 1 : 0 }
  case .isFinite: { $0.isFinite ? 1 : 0 }
  case .signBit: { $0.sign == .minus ? 1 : 0 }
  case .logicalNot: { $0 == 0 ? 1 : 0 }
  case .bitwiseNot: { Double(~Int64(saturating: $0)) }
  }
}

private func function(of activation: Activation) -> ScalarFunction? {
  switch activation {
  case .linear: return { $0 }
  case .relu(let negativeSlope, let maximum, let threshold):
    return { relu($0, negativeSlope, maximum ?? .infinity, threshold) }
  case .elu(let alpha): return { $0 > 0 ? $0 : alpha * expm1($0) }
  case .selu:
    return {
      1.0507009873554804934193349852946
        * ($0 > 0 ? $0 : 1.6732632423543772848170429916717 * expm1($0))
    }
  case .celu(let alpha):
    return { greater(0, $0) + lesser(0, alpha * expm1($0 / alpha)) }
  case .gelu(approximate: false):
    return { 0.5 * $0 * erfc(-$0 * 0.5.squareRoot()) }
  case .gelu(approximate: true):
    return {
      0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)))
    }
  case .sigmoid: return { sigmoid($0) }
  case .tanh: return { tanh($0) }
  case .softplus: return { softplus($0) }
  case .softsign: return { $0 / (1 + abs($0)) }
  case .exponential: return { exp($0) }
  case .hardSigmoid: return { lesser(greater($0 + 3, 0), 6) / 6 }
  case .hardSigmoidKeras2: return { lesser(greater(0.2 * $0 + 0.5, 0), 1) }
  case .hardSilu: return { $0 * lesser(greater($0 + 3, 0), 6) / 6 }
  case .hardTanh: return { lesser(greater($0, -1), 1) }
  case .silu: return { $0 * sigmoid($0) }
  case .mish: return { $0 * tanh(softplus($0)) }
  case .logSigmoid: return { -softplus(-$0) }
  case .tanhShrink: return { $0 - tanh($0) }
  case .softShrink(let threshold):
    return { $0 > threshold ? $0 - threshold : $0 < -threshold ? $0 + threshold : 0 }
  case .hardShrink(let threshold):
    return { abs($0) > threshold ? $0 : 0 }
  case .squareplus(let b): return { ($0 + ($0 * $0 + b).squareRoot()) / 2 }
  case .sparsePlus:
    return { $0 <= -1 ? 0 : $0 < 1 ? (($0 + 1) / 2) * (($0 + 1) / 2) : $0 }
  case .sparseSigmoid:
    return { $0 <= -1 ? 0 : $0 >= 1 ? 1 : ($0 + 1) / 2 }
  case .threshold(let threshold, let value): return { $0 > threshold ? $0 : value }
  case .softmax, .logSoftmax, .sparsemax: return nil
  }
}

/// The greater number; NaN wins.
@inline(__always)
func greater<T: BinaryFloatingPoint>(_ a: T, _ b: T) -> T { a > b || a.isNaN ? a : b }

/// The lesser number; NaN wins.
@inline(__always)
func lesser<T: BinaryFloatingPoint>(_ a: T, _ b: T) -> T { a < b || a.isNaN ? a : b }

private func relu(_ x: Double, _ slope: Double, _ maximum: Double, _ threshold: Double) -> Double {
  if x >= maximum { return maximum }
  if x > threshold || x.isNaN { return x }
  return slope == 0 ? 0 : slope * (x - threshold)
}

private func sigmoid(_ x: Double) -> Double {
  if x >= 0 { return 1 / (1 + exp(-x)) }
  let e = exp(x)
  return e / (1 + e)
}

private func softplus(_ x: Double) -> Double { greater(x, 0) + log1p(exp(-abs(x))) }

/// The number whose error function is `x`; infinite at ±1, NaN outside.
private func inverseErf(_ x: Double) -> Double {
  if x.isNaN || abs(x) > 1 { return .nan }
  if abs(x) == 1 { return x * .infinity }
  if abs(x) < 1e-8 { return x * (Double.pi.squareRoot() / 2) }
  let tail = 1 - abs(x)
  let logarithm = log(tail * (1 + abs(x)))
  let a = 0.147
  let b = 2 / (Double.pi * a) + logarithm / 2
  var y = ((b * b - logarithm / a).squareRoot() - b).squareRoot()
  for _ in 0..<4 {
    let error = abs(x) < 0.5 ? erf(y) - abs(x) : tail - erfc(y)
    let newton = error / (2 / Double.pi.squareRoot() * exp(-y * y))
    y -= newton / (1 + y * newton)
  }
  return x < 0 ? -y : y
}

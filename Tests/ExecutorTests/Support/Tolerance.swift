import HornbillCore

/// How far a number may lie from another; the initialisers say from what the bound is derived.
struct Tolerance: Sendable {
  let absolute: Double
  let relative: Double

  /// Equal bits but for the payload of NaN.
  static let exact = Tolerance(absolute: 0, relative: 0)

  /// A few roundings of the result's own size.
  static func ulps(_ count: Double, of dtype: DType) -> Tolerance {
    Tolerance(absolute: count * leastNormal(dtype), relative: count * epsilon(dtype))
  }

  /// The sum of `terms` products whose magnitudes sum to `magnitude`, each rounded to the type.
  static func sum(terms: Int, magnitude: Double, of dtype: DType) -> Tolerance {
    let roundings = Double(max(terms, 4)).squareRoot()
    return Tolerance(absolute: roundings * epsilon(dtype) * magnitude, relative: epsilon(dtype))
  }

  /// Whether a number is as near as it must be: NaN equals NaN, infinities agree in sign.
  func accepts(_ found: Double, _ expected: Double) -> Bool {
    if found.isNaN || expected.isNaN { return found.isNaN && expected.isNaN }
    if found == expected { return true }
    if found.isInfinite || expected.isInfinite { return false }
    return abs(found - expected) <= max(absolute, relative * abs(expected))
  }

  /// The distance between 1 and the next number of the type.
  static func epsilon(_ dtype: DType) -> Double {
    switch dtype {
    case .float16: 0x1p-10
    case .bfloat16: 0x1p-7
    case .float32: 0x1p-23
    default: 0x1p-52
    }
  }

  private static func leastNormal(_ dtype: DType) -> Double {
    switch dtype {
    case .float16: 0x1p-24
    case .bfloat16, .float32: 0x1p-126
    default: 0x1p-1022
    }
  }
}

/// The first disagreement of two lists of numbers, or nil.
func disagreement(
  _ found: [Double], _ expected: [Double], _ tolerance: Tolerance
) -> String? {
  guard found.count == expected.count else {
    return "\(found.count) numbers, \(expected.count) expected"
  }
  for index in found.indices where !tolerance.accepts(found[index], expected[index]) {
    return "element \(index): \(found[index]), \(expected[index]) expected"
  }
  return nil
}

import HornbillCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Functions of two numbers, broadcast.
///
/// Source: Keras 3, `keras/src/ops/numpy.py`; what integers do at the edges is TensorFlow's way.
extension Definition {
  static func binary(
    _ op: BinaryOp, _ a: Operand, _ b: Operand
  ) throws(ExecutionError) -> Operand {
    let shape = Layout.broadcastShape(a.shape, b.shape)
    let pairs = zip(Layout.broadcast(a.shape, to: shape), Layout.broadcast(b.shape, to: shape))
    let dtype: DType = op.isPredicate ? .bool : a.dtype
    switch (a.elements, b.elements) {
    case (.real(let x), .real(let y)):
      var results: [Double] = []
      results.reserveCapacity(Layout.count(shape))
      for (i, j) in pairs { results.append(try real(op, x[i], y[j], a.dtype)) }
      let elements: Operand.Elements =
        op.isPredicate ? .whole(results.map { Int64($0) }) : .real(results)
      return Operand(shape: shape, dtype: dtype, elements: elements)
    case (.whole(let x), .whole(let y)):
      var results: [Int64] = []
      results.reserveCapacity(Layout.count(shape))
      for (i, j) in pairs {
        let result =
          a.dtype == .uint64
          ? Int64(
            truncatingIfNeeded: try whole(
              op, UInt64(bitPattern: x[i]), UInt64(bitPattern: y[j]), a.dtype))
          : try whole(op, x[i], y[j], a.dtype)
        results.append(dtype.wrapping(result))
      }
      return Operand(shape: shape, dtype: dtype, elements: .whole(results))
    case (.text(let x), .text(let y)):
      let results = pairs.map { i, j in
        (ExactText(x[i]) == ExactText(y[j])) == (op == .equal) ? Int64(1) : 0
      }
      return Operand(shape: shape, dtype: .bool, elements: .whole(results))
    default:
      throw ExecutionError("\(op) of \(a.dtype) and \(b.dtype) is not possible")
    }
  }

  /// A predicate is 1 or 0.
  private static func real(
    _ op: BinaryOp, _ a: Double, _ b: Double, _ dtype: DType
  ) throws(ExecutionError) -> Double {
    switch op {
    case .add: return a + b
    case .subtract: return a - b
    case .multiply: return a * b
    case .divide: return a / b
    case .floorDivide: return (a / b).rounded(.down)
    case .modulo:
      let remainder = fmod(a, b)
      return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
    case .remainder: return fmod(a, b)
    case .power: return pow(a, b)
    case .maximum: return greater(a, b)
    case .minimum: return lesser(a, b)
    case .arctan2: return atan2(a, b)
    case .nextAfter:
      return dtype == .float64 ? nextafter(a, b) : Double(nextafterf(Float(a), Float(b)))
    case .equal: return a == b ? 1 : 0
    case .notEqual: return a != b ? 1 : 0
    case .less: return a < b ? 1 : 0
    case .lessEqual: return a <= b ? 1 : 0
    case .greater: return a > b ? 1 : 0
    case .greaterEqual: return a >= b ? 1 : 0
    case .logicalAnd: return a != 0 && b != 0 ? 1 : 0
    case .logicalOr: return a != 0 || b != 0 ? 1 : 0
    case .logicalXor: return (a != 0) != (b != 0) ? 1 : 0
    case .bitwiseAnd, .bitwiseOr, .bitwiseXor, .leftShift, .rightShift:
      throw ExecutionError("\(op) of \(dtype) is not possible")
    }
  }

  /// A predicate is 1 or 0; other results are exact modulo 2⁶⁴.
  private static func whole<I: FixedWidthInteger>(
    _ op: BinaryOp, _ a: I, _ b: I, _ dtype: DType
  ) throws(ExecutionError) -> I {
    switch op {
    case .add: return a &+ b
    case .subtract: return a &- b
    case .multiply: return a &* b
    case .floorDivide:
      try requireDivisor(b)
      let quotient = a.dividedReportingOverflow(by: b).partialValue
      let remainder = a.remainderReportingOverflow(dividingBy: b).partialValue
      return remainder != 0 && (remainder < 0) != (b < 0) ? quotient - 1 : quotient
    case .modulo:
      try requireDivisor(b)
      let remainder = a.remainderReportingOverflow(dividingBy: b).partialValue
      return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
    case .remainder:
      try requireDivisor(b)
      return a.remainderReportingOverflow(dividingBy: b).partialValue
    case .power:
      guard b >= 0 else { throw ExecutionError("an integer to the negative power \(b)") }
      return power(a, b)
    case .maximum: return max(a, b)
    case .minimum: return min(a, b)
    case .equal: return a == b ? 1 : 0
    case .notEqual: return a != b ? 1 : 0
    case .less: return a < b ? 1 : 0
    case .lessEqual: return a <= b ? 1 : 0
    case .greater: return a > b ? 1 : 0
    case .greaterEqual: return a >= b ? 1 : 0
    case .logicalAnd: return a != 0 && b != 0 ? 1 : 0
    case .logicalOr: return a != 0 || b != 0 ? 1 : 0
    case .logicalXor: return (a != 0) != (b != 0) ? 1 : 0
    case .bitwiseAnd: return a & b
    case .bitwiseOr: return a | b
    case .bitwiseXor: return a ^ b
    case .leftShift: return a << shift(b, dtype)
    case .rightShift: return a >> shift(b, dtype)
    case .divide, .arctan2, .nextAfter:
      throw ExecutionError("\(op) of \(dtype) is not possible")
    }
  }

  private static func requireDivisor<I: FixedWidthInteger>(_ b: I) throws(ExecutionError) {
    if b == 0 { throw ExecutionError("an integer divided by zero") }
  }

  /// A shift by less than nothing is one by 0, by the type's width or more one by the width less 1.
  private static func shift<I: FixedWidthInteger>(_ b: I, _ dtype: DType) -> I {
    min(max(b, 0), I(max(dtype.bitWidth - 1, 0)))
  }

  private static func power<I: FixedWidthInteger>(_ base: I, _ exponent: I) -> I {
    var (result, square, rest) = (I(1), base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result &*= square }
      square &*= square
      rest >>= 1
    }
    return result
  }

  /// The greater number; NaN when either is.
  static func greater(_ a: Double, _ b: Double) -> Double {
    a.isNaN || b.isNaN ? .nan : max(a, b)
  }

  /// The lesser number; NaN when either is.
  static func lesser(_ a: Double, _ b: Double) -> Double {
    a.isNaN || b.isNaN ? .nan : min(a, b)
  }
}

import HornbillCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Functions of two floating-point numbers over runs of elements.
enum BinaryFunctions {
  /// Writes `op(a, b)` for a run of elements; a stride is 0 or 1.
  static func run<T: BinaryFloatingPoint>(
    _ op: BinaryOp, _ a: UnsafePointer<T>, _ strideA: Int, _ b: UnsafePointer<T>, _ strideB: Int,
    _ y: UnsafeMutablePointer<T>, count: Int, dtype: DType
  ) {
    switch op {
    case .add: map(a, strideA, b, strideB, y, count) { $0 + $1 }
    case .subtract: map(a, strideA, b, strideB, y, count) { $0 - $1 }
    case .multiply: map(a, strideA, b, strideB, y, count) { $0 * $1 }
    case .divide: map(a, strideA, b, strideB, y, count) { $0 / $1 }
    case .floorDivide: map(a, strideA, b, strideB, y, count) { ($0 / $1).rounded(.down) }
    case .modulo: map(a, strideA, b, strideB, y, count) { modulo($0, $1) }
    case .remainder:
      map(a, strideA, b, strideB, y, count) { $0.truncatingRemainder(dividingBy: $1) }
    case .power: map(a, strideA, b, strideB, y, count) { T(pow(Double($0), Double($1))) }
    case .maximum: map(a, strideA, b, strideB, y, count) { greater($0, $1) }
    case .minimum: map(a, strideA, b, strideB, y, count) { lesser($0, $1) }
    case .arctan2: map(a, strideA, b, strideB, y, count) { T(atan2(Double($0), Double($1))) }
    case .nextAfter: map(a, strideA, b, strideB, y, count) { next($0, $1, dtype) }
    case .equal, .notEqual, .less, .lessEqual, .greater, .greaterEqual, .logicalAnd, .logicalOr,
      .logicalXor:
      map(a, strideA, b, strideB, y, count) { isTrue(op, $0, $1) ? 1 : 0 }
    case .bitwiseAnd, .bitwiseOr, .bitwiseXor, .leftShift, .rightShift:
      map(a, strideA, b, strideB, y, count) { _, _ in .nan }
    }
  }

  /// Writes whether `op(a, b)` holds, as 0 or 1.
  static func runPredicate<T: BinaryFloatingPoint>(
    _ op: BinaryOp, _ a: UnsafePointer<T>, _ strideA: Int, _ b: UnsafePointer<T>, _ strideB: Int,
    _ y: UnsafeMutablePointer<Int64>, count: Int
  ) {
    for i in 0..<count { y[i] = isTrue(op, a[i * strideA], b[i * strideB]) ? 1 : 0 }
  }

  @inline(__always)
  private static func map<T: BinaryFloatingPoint>(
    _ a: UnsafePointer<T>, _ strideA: Int, _ b: UnsafePointer<T>, _ strideB: Int,
    _ y: UnsafeMutablePointer<T>, _ count: Int, _ f: (T, T) -> T
  ) {
    if strideA == 1, strideB == 1 {
      for i in 0..<count { y[i] = f(a[i], b[i]) }
    } else if strideA == 1 {
      let right = b[0]
      for i in 0..<count { y[i] = f(a[i], right) }
    } else if strideB == 1 {
      let left = a[0]
      for i in 0..<count { y[i] = f(left, b[i]) }
    } else {
      y.update(repeating: f(a[0], b[0]), count: count)
    }
  }

  @inline(__always)
  private static func isTrue<T: BinaryFloatingPoint>(_ op: BinaryOp, _ a: T, _ b: T) -> Bool {
    switch op {
    case .equal: a == b
    case .notEqual: a != b
    case .less: a < b
    case .lessEqual: a <= b
    case .greater: a > b
    case .greaterEqual: a >= b
    case .logicalAnd: a != 0 && b != 0
    case .logicalOr: a != 0 || b != 0
    case .logicalXor: (a != 0) != (b != 0)
    default: false
    }
  }

  private static func modulo<T: BinaryFloatingPoint>(_ a: T, _ b: T) -> T {
    let remainder = a.truncatingRemainder(dividingBy: b)
    return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
  }

  private static func next<T: BinaryFloatingPoint>(_ a: T, _ b: T, _ dtype: DType) -> T {
    if dtype != .float64 {
      return T(HalfRounding.next(after: Float(a), towards: Float(b), in: dtype))
    }
    if a.isNaN || b.isNaN { return .nan }
    return a == b ? b : a < b ? a.nextUp : a.nextDown
  }
}

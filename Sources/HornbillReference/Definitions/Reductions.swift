import HornbillCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Folds along axes.
///
/// Source: Keras 3, `keras/src/ops/numpy.py` and `logsumexp` of `keras/src/ops/math.py`.
extension Definition {
  static func reduce(
    _ reduction: Reduction, _ x: Operand, axes: [Int], keep: Bool
  ) throws(ExecutionError) -> Operand {
    let kept = x.shape.indices.map { axes.contains($0) ? 1 : x.shape[$0] }
    let shape = keep ? kept : x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] }
    let steps = zip(x.shape.indices, Layout.strides(kept)).map { axes.contains($0) ? 0 : $1 }
    let targets = Layout.offsets(x.shape, steps: steps)
    let elements: Operand.Elements
    switch x.elements {
    case .real(let values):
      elements = .real(try real(reduction, values, targets, Layout.count(kept)))
    case .whole(let values):
      elements = .whole(try whole(reduction, values, targets, Layout.count(kept), x.dtype))
    case .text:
      throw ExecutionError("\(reduction) of text is not possible")
    }
    return Operand(shape: shape, dtype: x.dtype, elements: elements)
  }

  /// Folds element `i` into place `targets[i]`.
  private static func real(
    _ reduction: Reduction, _ values: [Double], _ targets: [Int], _ count: Int
  ) throws(ExecutionError) -> [Double] {
    switch reduction {
    case .sum: return fold(values, targets, count, 0, +)
    case .mean:
      let sums = fold(values, targets, count, 0, +)
      let counts = fold(values, targets, count, 0) { number, _ in number + 1 }
      return zip(sums, counts).map { $0 / $1 }
    case .product: return fold(values, targets, count, 1, *)
    case .maximum: return fold(values, targets, count, -.infinity, greater)
    case .minimum: return fold(values, targets, count, .infinity, lesser)
    case .logSumExp:
      let shifts = fold(values, targets, count, -.infinity, greater).map { $0.isFinite ? $0 : 0 }
      let powers = zip(values, targets).map { exp($0 - shifts[$1]) }
      return zip(fold(powers, targets, count, 0, +), shifts).map { log($0) + $1 }
    case .any, .all:
      throw ExecutionError("\(reduction) of floating-point numbers is not possible")
    }
  }

  private static func whole(
    _ reduction: Reduction, _ values: [Int64], _ targets: [Int], _ count: Int, _ dtype: DType
  ) throws(ExecutionError) -> [Int64] {
    let results: [Int64] =
      switch reduction {
      case .sum: fold(values, targets, count, 0, &+)
      case .product: fold(values, targets, count, 1, &*)
      case .maximum: fold(values, targets, count, least(dtype)) { greater($0, $1, dtype) }
      case .minimum: fold(values, targets, count, greatest(dtype)) { lesser($0, $1, dtype) }
      case .any: fold(values, targets, count, 0, |)
      case .all: fold(values, targets, count, 1, &)
      case .mean, .logSumExp: throw ExecutionError("\(reduction) of \(dtype) is not possible")
      }
    return results.map(dtype.wrapping)
  }

  private static func fold<Element>(
    _ values: [Element], _ targets: [Int], _ count: Int, _ start: Element,
    _ join: (Element, Element) -> Element
  ) -> [Element] {
    var results = [Element](repeating: start, count: count)
    for (value, target) in zip(values, targets) { results[target] = join(results[target], value) }
    return results
  }

  /// NaN never wins.
  static func argReduce(
    _ reduction: ArgReduction, _ x: Operand, axis: Int
  ) throws(ExecutionError) -> Operand {
    var shape = x.shape
    shape.remove(at: axis)
    let lines = Layout.lines(x.shape, axis: axis)
    let results: [Int64]
    switch x.elements {
    case .real(let values):
      results = lines.map { line in
        first(line.map { values[$0] }) {
          reduction == .maximum ? $0 > $1 : $0 < $1 || $1.isNaN && !$0.isNaN
        }
      }
    case .whole(let values):
      results = lines.map { line in
        first(line.map { values[$0] }) { new, best in
          let winner =
            reduction == .maximum ? greater(best, new, x.dtype) : lesser(best, new, x.dtype)
          return winner != best
        }
      }
    case .text:
      throw ExecutionError("the position of the \(reduction) of text is not possible")
    }
    return Operand(shape: shape, dtype: .int32, elements: .whole(results))
  }

  /// The first position whose element no later one beats.
  private static func first<Element>(
    _ elements: [Element], where beats: (Element, Element) -> Bool
  ) -> Int64 {
    var best = 0
    for index in elements.indices where beats(elements[index], elements[best]) { best = index }
    return Int64(best)
  }

  static func accumulate(
    _ accumulation: Accumulation, _ x: Operand, axis: Int, reverse: Bool
  ) throws(ExecutionError) -> Operand {
    let lines = Layout.lines(x.shape, axis: axis).map { reverse ? $0.reversed() : $0 }
    var result = x
    switch x.elements {
    case .real(let values):
      let join: (Double, Double) -> Double =
        switch accumulation {
        case .sum: { $0 + $1 }
        case .product: { $0 * $1 }
        case .maximum: { greater($0, $1) }
        case .minimum: { lesser($0, $1) }
        }
      result.elements = .real(running(values, lines, join))
    case .whole(let values):
      let join: (Int64, Int64) -> Int64 =
        switch accumulation {
        case .sum: { x.dtype.wrapping($0 &+ $1) }
        case .product: { x.dtype.wrapping($0 &* $1) }
        case .maximum: { greater($0, $1, x.dtype) }
        case .minimum: { lesser($0, $1, x.dtype) }
        }
      result.elements = .whole(running(values, lines, join))
    case .text:
      throw ExecutionError("a running \(accumulation) of text is not possible")
    }
    return result
  }

  private static func running<Element>(
    _ values: [Element], _ lines: [[Int]], _ join: (Element, Element) -> Element
  ) -> [Element] {
    var results = values
    for line in lines {
      for (previous, next) in zip(line, line.dropFirst()) {
        results[next] = join(results[previous], results[next])
      }
    }
    return results
  }

  // MARK: Integers of a type

  static func greater(_ a: Int64, _ b: Int64, _ dtype: DType) -> Int64 {
    isLess(a, b, dtype) ? b : a
  }

  static func lesser(_ a: Int64, _ b: Int64, _ dtype: DType) -> Int64 {
    isLess(b, a, dtype) ? b : a
  }

  static func isLess(_ a: Int64, _ b: Int64, _ dtype: DType) -> Bool {
    dtype == .uint64 ? UInt64(bitPattern: a) < UInt64(bitPattern: b) : a < b
  }

  /// The least element of an integer type.
  static func least(_ dtype: DType) -> Int64 {
    dtype.isUnsignedInteger || dtype == .bool ? 0 : -1 << (dtype.bitWidth - 1)
  }

  /// The greatest element of an integer type.
  static func greatest(_ dtype: DType) -> Int64 {
    dtype == .bool ? 1 : dtype.isUnsignedInteger ? dtype.wrapping(-1) : ~least(dtype)
  }
}

import HornbillCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Folds over one axis of a tensor seen as `(outer, extent, inner)`.
struct FoldShape: Sendable {
  let outer: Int
  let extent: Int
  let inner: Int

  /// The element count of the operand.
  var count: Int { outer * extent * inner }
}

/// The columns that a fold along a middle axis keeps in accumulators at once.
private let columnTile = 32

/// Folds of floating-point numbers, accumulated in `Double`.
enum FloatFold {
  static func reduce<T: BinaryFloatingPoint>(
    _ reduction: Reduction, _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ shape: FoldShape
  ) {
    switch reduction {
    case .sum: fold(x, y, shape, 0, { $0 + $1 }, { $0 })
    case .mean:
      let count = Double(shape.extent)
      fold(x, y, shape, 0, { $0 + $1 }, { $0 / count })
    case .product: fold(x, y, shape, 1, { $0 * $1 }, { $0 })
    case .maximum: fold(x, y, shape, -.infinity, { greater($0, $1) }, { $0 })
    case .minimum: fold(x, y, shape, .infinity, { lesser($0, $1) }, { $0 })
    case .any: fold(x, y, shape, 0, { $0 != 0 || $1 != 0 ? 1 : 0 }, { $0 })
    case .all: fold(x, y, shape, 1, { $0 != 0 && $1 != 0 ? 1 : 0 }, { $0 })
    case .logSumExp: logSumExp(x, y, shape)
    }
  }

  @inline(__always)
  private static func fold<T: BinaryFloatingPoint>(
    _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ shape: FoldShape, _ start: Double,
    _ join: (Double, Double) -> Double, _ finish: (Double) -> Double
  ) {
    if shape.inner == 1 {
      for o in 0..<shape.outer {
        y[o] = T(finish(foldRow(x + o * shape.extent, shape.extent, start, join)))
      }
      return
    }
    withUnsafeTemporaryAllocation(of: Double.self, capacity: columnTile) { accumulators in
      guard let sums = accumulators.baseAddress else { return }
      for o in 0..<shape.outer {
        var column = 0
        while column < shape.inner {
          let width = min(columnTile, shape.inner - column)
          let from = x + o * shape.extent * shape.inner + column
          for j in 0..<width { sums[j] = start }
          for i in 0..<shape.extent {
            let row = from + i * shape.inner
            for j in 0..<width { sums[j] = join(sums[j], Double(row[j])) }
          }
          let to = y + o * shape.inner + column
          for j in 0..<width { to[j] = T(finish(sums[j])) }
          column += width
        }
      }
    }
  }

  @inline(__always)
  private static func foldRow<T: BinaryFloatingPoint>(
    _ x: UnsafePointer<T>, _ count: Int, _ start: Double, _ join: (Double, Double) -> Double
  ) -> Double {
    var a = start
    var b = start
    var c = start
    var d = start
    let even = count & ~3
    var i = 0
    while i < even {
      a = join(a, Double(x[i]))
      b = join(b, Double(x[i + 1]))
      c = join(c, Double(x[i + 2]))
      d = join(d, Double(x[i + 3]))
      i += 4
    }
    while i < count {
      a = join(a, Double(x[i]))
      i += 1
    }
    return join(join(a, b), join(c, d))
  }

  private static func logSumExp<T: BinaryFloatingPoint>(
    _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ shape: FoldShape
  ) {
    for o in 0..<shape.outer {
      for j in 0..<shape.inner {
        let row = x + o * shape.extent * shape.inner + j
        var top = -Double.infinity
        for i in 0..<shape.extent { top = greater(top, Double(row[i * shape.inner])) }
        let shift = top.isFinite ? top : 0
        var sum = 0.0
        for i in 0..<shape.extent { sum += exp(Double(row[i * shape.inner]) - shift) }
        y[o * shape.inner + j] = T(top.isNaN ? top : shift + log(sum))
      }
    }
  }

  static func argReduce<T: BinaryFloatingPoint>(
    _ reduction: ArgReduction, _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<Int64>,
    _ shape: FoldShape
  ) {
    for o in 0..<shape.outer {
      for j in 0..<shape.inner {
        let row = x + o * shape.extent * shape.inner + j
        var best = 0
        var extreme: T = reduction == .maximum ? -.infinity : .infinity
        for i in 0..<shape.extent {
          let value = row[i * shape.inner]
          if reduction == .maximum ? value > extreme : value < extreme {
            best = i
            extreme = value
          }
        }
        y[o * shape.inner + j] = Int64(best)
      }
    }
  }

  static func accumulate<T: BinaryFloatingPoint>(
    _ accumulation: Accumulation, _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>,
    _ shape: FoldShape, reverse: Bool
  ) {
    for o in 0..<shape.outer {
      for j in 0..<shape.inner {
        let start = o * shape.extent * shape.inner + j
        var total: Double =
          switch accumulation {
          case .sum: 0
          case .product: 1
          case .maximum: -.infinity
          case .minimum: .infinity
          }
        for step in 0..<shape.extent {
          let at = start + (reverse ? shape.extent - 1 - step : step) * shape.inner
          let value = Double(x[at])
          switch accumulation {
          case .sum: total += value
          case .product: total *= value
          case .maximum: total = greater(total, value)
          case .minimum: total = lesser(total, value)
          }
          y[at] = T(total)
        }
      }
    }
  }

  /// Sorts rows of `extent` elements, stably; NaN counts as greater than every number.
  static func sort<T: BinaryFloatingPoint & BitwiseCopyable>(
    _ x: UnsafePointer<T>, _ values: UnsafeMutablePointer<T>,
    _ indices: UnsafeMutablePointer<Int64>,
    rows: Int, extent: Int, descending: Bool
  ) {
    sortRows(x, values, indices, rows: rows, extent: extent) { a, b in
      descending ? b < a || (a.isNaN && !b.isNaN) : a < b || (b.isNaN && !a.isNaN)
    }
  }
}

/// Folds of integers, exact but for wrapping.
enum IntegerFold {
  static func reduce(
    _ reduction: Reduction, _ x: UnsafePointer<Int64>, _ y: UnsafeMutablePointer<Int64>,
    _ shape: FoldShape, _ dtype: DType
  ) {
    let range = IntegerFunctions.range(dtype)
    for o in 0..<shape.outer {
      for j in 0..<shape.inner {
        let row = x + o * shape.extent * shape.inner + j
        var total: Int64 =
          switch reduction {
          case .sum, .mean, .any, .logSumExp: 0
          case .product, .all: 1
          case .maximum: range.least
          case .minimum: range.greatest
          }
        for i in 0..<shape.extent {
          let value = row[i * shape.inner]
          switch reduction {
          case .sum, .mean, .logSumExp: total = total &+ value
          case .product: total = total &* value
          case .maximum: total = IntegerFunctions.isLess(total, value, dtype) ? value : total
          case .minimum: total = IntegerFunctions.isLess(value, total, dtype) ? value : total
          case .any: total |= value != 0 ? 1 : 0
          case .all: total &= value != 0 ? 1 : 0
          }
        }
        y[o * shape.inner + j] = IntegerFunctions.wrapped(total, to: dtype)
      }
    }
  }

  static func argReduce(
    _ reduction: ArgReduction, _ x: UnsafePointer<Int64>, _ y: UnsafeMutablePointer<Int64>,
    _ shape: FoldShape, _ dtype: DType
  ) {
    for o in 0..<shape.outer {
      for j in 0..<shape.inner {
        let row = x + o * shape.extent * shape.inner + j
        var best = 0
        for i in 0..<shape.extent {
          let value = row[i * shape.inner]
          let extreme = row[best * shape.inner]
          let isBetter =
            reduction == .maximum
            ? IntegerFunctions.isLess(extreme, value, dtype)
            : IntegerFunctions.isLess(value, extreme, dtype)
          if isBetter { best = i }
        }
        y[o * shape.inner + j] = Int64(best)
      }
    }
  }

  static func accumulate(
    _ accumulation: Accumulation, _ x: UnsafePointer<Int64>, _ y: UnsafeMutablePointer<Int64>,
    _ shape: FoldShape, reverse: Bool, _ dtype: DType
  ) {
    for o in 0..<shape.outer {
      for j in 0..<shape.inner {
        let start = o * shape.extent * shape.inner + j
        var total: Int64 = 0
        for step in 0..<shape.extent {
          let at = start + (reverse ? shape.extent - 1 - step : step) * shape.inner
          let value = x[at]
          if step == 0 {
            total = value
          } else {
            switch accumulation {
            case .sum: total = total &+ value
            case .product: total = total &* value
            case .maximum: total = IntegerFunctions.isLess(total, value, dtype) ? value : total
            case .minimum: total = IntegerFunctions.isLess(value, total, dtype) ? value : total
            }
          }
          total = IntegerFunctions.wrapped(total, to: dtype)
          y[at] = total
        }
      }
    }
  }

  static func sort(
    _ x: UnsafePointer<Int64>, _ values: UnsafeMutablePointer<Int64>,
    _ indices: UnsafeMutablePointer<Int64>, rows: Int, extent: Int, descending: Bool, _ dtype: DType
  ) {
    sortRows(x, values, indices, rows: rows, extent: extent) { a, b in
      descending
        ? IntegerFunctions.isLess(b, a, dtype) : IntegerFunctions.isLess(a, b, dtype)
    }
  }
}

@inline(__always)
private func sortRows<T: BitwiseCopyable>(
  _ x: UnsafePointer<T>, _ values: UnsafeMutablePointer<T>, _ indices: UnsafeMutablePointer<Int64>,
  rows: Int, extent: Int, _ precedes: (T, T) -> Bool
) {
  for row in 0..<rows {
    let from = x + row * extent
    let order = (0..<extent).sorted { a, b in
      if precedes(from[a], from[b]) { return true }
      if precedes(from[b], from[a]) { return false }
      return a < b
    }
    for (place, index) in order.enumerated() {
      values[row * extent + place] = from[index]
      indices[row * extent + place] = Int64(index)
    }
  }
}

import HornbillCore

/// Copies a strided tensor to a dense one.
struct StridedCopy: Sendable {
  private let loop: BroadcastLoop
  private let start: Int
  private let count: Int

  /// The copy of elements that start at `start` and are `strides` apart.
  init(shape: [Int], strides: [Int], start: Int) {
    loop = BroadcastLoop(shape: shape, strides: [strides])
    self.start = start
    count = loop.extents.reduce(1, *)
  }

  func callAsFunction<Element: BitwiseCopyable>(
    _ source: UnsafePointer<Element>, _ destination: UnsafeMutablePointer<Element>
  ) {
    if count == 0 { return }
    let extents = loop.extents
    let strides = loop.strides[0]
    let last = extents.count - 1
    if last >= 1, strides[last] != 1, strides[last - 1] == 1 {
      return copyTransposed(source, destination)
    }
    copy(source + start, destination, axis: 0)
  }

  private func copy<Element: BitwiseCopyable>(
    _ source: UnsafePointer<Element>, _ destination: UnsafeMutablePointer<Element>, axis: Int
  ) {
    let extent = loop.extents[axis]
    let stride = loop.strides[0][axis]
    if axis == loop.extents.count - 1 {
      switch stride {
      case 1: destination.update(from: source, count: extent)
      case 0: destination.update(repeating: source[0], count: extent)
      default:
        for i in 0..<extent { destination[i] = source[i * stride] }
      }
      return
    }
    let step = loop.extents[(axis + 1)...].reduce(1, *)
    if stride == 0 {
      copy(source, destination, axis: axis + 1)
      for i in 1..<extent {
        (destination + i * step).update(from: destination, count: step)
      }
      return
    }
    for i in 0..<extent {
      copy(source + i * stride, destination + i * step, axis: axis + 1)
    }
  }

  /// The copy where the next to innermost axis is dense in the source: by tiles, which stay in the cache.
  private func copyTransposed<Element: BitwiseCopyable>(
    _ source: UnsafePointer<Element>, _ destination: UnsafeMutablePointer<Element>
  ) {
    let extents = loop.extents
    let strides = loop.strides[0]
    let last = extents.count - 1
    let rows = extents[last - 1]
    let columns = extents[last]
    let stride = strides[last]
    let outer = Array(extents[..<(last - 1)])
    let outerCount = outer.reduce(1, *)
    let tile = 16
    for number in 0..<outerCount {
      var rest = number
      var offset = start
      for axis in outer.indices.reversed() {
        offset += rest % outer[axis] * strides[axis]
        rest /= outer[axis]
      }
      let from = source + offset
      let to = destination + number * rows * columns
      var row = 0
      while row < rows {
        let rowEnd = min(row + tile, rows)
        var column = 0
        while column < columns {
          let columnEnd = min(column + tile, columns)
          for i in row..<rowEnd {
            for j in column..<columnEnd { to[i * columns + j] = from[i + j * stride] }
          }
          column = columnEnd
        }
        row = rowEnd
      }
    }
  }
}

/// Adds cells around a tensor.
struct PadPlan: Sendable {
  private let outer: [Int]
  private let inputStrides: [Int]
  private let block: Int
  private let before: [Int]
  private let extents: [Int]
  private let mode: PadMode

  init(shape: [Int], before: [Int], after: [Int], mode: PadMode) {
    var axes = shape.count
    var block = 1
    while axes > 0, before[axes - 1] == 0, after[axes - 1] == 0 {
      axes -= 1
      block *= shape[axes]
    }
    self.block = block
    outer = (0..<axes).map { before[$0] + shape[$0] + after[$0] }
    var strides = [Int](repeating: 0, count: axes)
    var stride = block
    for axis in (0..<axes).reversed() {
      strides[axis] = stride
      stride *= shape[axis]
    }
    inputStrides = strides
    self.before = Array(before[..<axes])
    extents = Array(shape[..<axes])
    self.mode = mode
  }

  /// The cell of an axis that another one copies, or −1.
  private static func source(of cell: Int, extent: Int, _ mode: PadMode) -> Int {
    if (0..<extent).contains(cell) { return cell }
    switch mode {
    case .constant: return -1
    case .edge: return cell < 0 ? 0 : extent - 1
    case .reflect: return cell < 0 ? -cell : 2 * (extent - 1) - cell
    case .symmetric: return cell < 0 ? -cell - 1 : 2 * extent - 1 - cell
    }
  }

  func callAsFunction<Element: BitwiseCopyable>(
    _ source: UnsafePointer<Element>, _ destination: UnsafeMutablePointer<Element>, fill: Element
  ) {
    _ = pad(source, destination, fill, axis: 0, isOutside: false)
  }

  private func pad<Element: BitwiseCopyable>(
    _ source: UnsafePointer<Element>, _ destination: UnsafeMutablePointer<Element>, _ fill: Element,
    axis: Int, isOutside: Bool
  ) -> Int {
    if axis == outer.count {
      if isOutside {
        destination.update(repeating: fill, count: block)
      } else {
        destination.update(from: source, count: block)
      }
      return block
    }
    var written = 0
    for place in 0..<outer[axis] {
      let cell = PadPlan.source(of: place - before[axis], extent: extents[axis], mode)
      let isGap = isOutside || cell < 0
      written += pad(
        isGap ? source : source + cell * inputStrides[axis], destination + written, fill,
        axis: axis + 1, isOutside: isGap)
    }
    return written
  }
}

/// Picks slices or elements by index.
enum GatherKernel {
  /// Refuses `uint64` indices beyond `Int64`, which are held as negative numbers.
  static func checkUnsigned(
    _ indices: UnsafePointer<Int64>, count: Int, extent: Int
  ) throws(ExecutionError) {
    for i in 0..<count where indices[i] < 0 {
      throw ExecutionError("index \(UInt64(bitPattern: indices[i])) is outside 0..<\(extent)")
    }
  }

  /// Slices of `x (outer, extent, inner)`: `y (outer, indices, inner)`.
  static func slices<Element: BitwiseCopyable>(
    _ x: UnsafePointer<Element>, _ indices: UnsafePointer<Int64>,
    _ y: UnsafeMutablePointer<Element>,
    outer: Int, extent: Int, inner: Int, indexCount: Int, negative: Bool
  ) throws(ExecutionError) {
    for i in 0..<indexCount {
      _ = try position(indices[i], extent: extent, negative: negative)
    }
    copySlices(
      x, indices, y, outer: outer, extent: extent, inner: inner, indexCount: indexCount)
  }

  /// Slices by indices that are known to lie inside; negative ones count from the end.
  static func copySlices<Element: BitwiseCopyable>(
    _ x: UnsafePointer<Element>, _ indices: UnsafePointer<Int64>,
    _ y: UnsafeMutablePointer<Element>, outer: Int, extent: Int, inner: Int, indexCount: Int
  ) {
    if inner == 0 { return }
    for o in 0..<outer {
      let from = x + o * extent * inner
      let to = y + o * indexCount * inner
      for i in 0..<indexCount {
        let index = Int(indices[i])
        let cell = index < 0 ? index + extent : index
        (to + i * inner).update(from: from + cell * inner, count: inner)
      }
    }
  }

  /// Elements of `x (outer, extent, inner)` at `indices (outer, count, inner)`.
  static func elements<Element: BitwiseCopyable>(
    _ x: UnsafePointer<Element>, _ indices: UnsafePointer<Int64>,
    _ y: UnsafeMutablePointer<Element>,
    outer: Int, extent: Int, inner: Int, count: Int
  ) throws(ExecutionError) {
    for o in 0..<outer {
      for i in 0..<(count * inner) {
        let at = o * count * inner + i
        let cell = try position(indices[at], extent: extent, negative: true)
        y[at] = x[(o * extent + cell) * inner + i % inner]
      }
    }
  }

  private static func position(
    _ index: Int64, extent: Int, negative: Bool
  ) throws(ExecutionError) -> Int {
    let cell = negative && index < 0 ? index &+ Int64(extent) : index
    guard cell >= 0, cell < extent else {
      let least = negative ? -extent : 0
      throw ExecutionError("index \(index) is outside \(least)..<\(extent)")
    }
    return Int(cell)
  }
}

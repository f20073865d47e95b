import HornbillCore

/// The extents of a sliding window's operands, with the work of walking over them.
struct WindowGeometry: Sendable {
  let window: WindowSpec
  let batch: Int
  /// The spatial extents that the window slides over.
  let spatial: [Int]
  /// The window's positions per spatial axis.
  let positions: [Int]
  /// The products of the spatial extents, of the positions and of the window's cells.
  let spatialCount: Int
  let positionCount: Int
  let cellCount: Int

  init(window: WindowSpec, batch: Int, spatial: [Int], positions: [Int]) {
    self.window = window
    self.batch = batch
    self.spatial = spatial
    self.positions = positions
    spatialCount = spatial.reduce(1, *)
    positionCount = positions.reduce(1, *)
    cellCount = window.size.reduce(1, *)
  }

  /// Calls `body` with each pair of a cell of the window and the spatial place that it covers, for one position.
  @inline(__always)
  func forEachCell(
    at position: Int, _ scratch: UnsafeMutablePointer<Int>,
    _ body: (_ cell: Int, _ place: Int) -> Void
  ) {
    let rank = spatial.count
    var rest = position
    for axis in (0..<rank).reversed() {
      scratch[axis] =
        rest % positions[axis] * window.strides[axis] - window.paddingBefore[axis]
      rest /= positions[axis]
    }
    for cell in 0..<cellCount {
      var rest = cell
      var place = 0
      var step = 1
      var isInside = true
      for axis in (0..<rank).reversed() {
        let at = scratch[axis] + rest % window.size[axis] * window.dilations[axis]
        rest /= window.size[axis]
        if at < 0 || at >= spatial[axis] {
          isInside = false
          break
        }
        place += at * step
        step *= spatial[axis]
      }
      if isInside { body(cell, place) }
    }
  }
}

/// Convolution and pooling in plain Swift, for any floating-point type.
enum WindowKernels {
  /// `x (batch, spatial…, channels), kernel (cells, channels / groups, filters) → y (batch, positions…, filters)`.
  static func convolve<T: BinaryFloatingPoint>(
    _ x: UnsafePointer<T>, _ kernel: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>,
    _ geometry: WindowGeometry, channels: Int, filters: Int, groups: Int
  ) {
    let groupChannels = channels / groups
    let groupFilters = filters / groups
    withUnsafeTemporaryAllocation(of: Int.self, capacity: geometry.spatial.count) { buffer in
      guard let scratch = buffer.baseAddress else { return }
      for b in 0..<geometry.batch {
        for position in 0..<geometry.positionCount {
          let to = y + (b * geometry.positionCount + position) * filters
          for f in 0..<filters { to[f] = 0 }
          geometry.forEachCell(at: position, scratch) { cell, place in
            let from = x + (b * geometry.spatialCount + place) * channels
            for g in 0..<groups {
              for c in 0..<groupChannels {
                let factor = from[g * groupChannels + c]
                let row = kernel + (cell * groupChannels + c) * filters + g * groupFilters
                let sums = to + g * groupFilters
                for f in 0..<groupFilters { sums[f] += factor * row[f] }
              }
            }
          }
        }
      }
    }
  }

  /// `x (batch, positions…, filters), kernel (cells, channels, filters) → y (batch, spatial…, channels)`.
  static func convolveTransposed<T: BinaryFloatingPoint>(
    _ x: UnsafePointer<T>, _ kernel: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>,
    _ geometry: WindowGeometry, channels: Int, filters: Int
  ) {
    let count = geometry.batch * geometry.spatialCount * channels
    for i in 0..<count { y[i] = 0 }
    withUnsafeTemporaryAllocation(of: Int.self, capacity: geometry.spatial.count) { buffer in
      guard let scratch = buffer.baseAddress else { return }
      for b in 0..<geometry.batch {
        for position in 0..<geometry.positionCount {
          let from = x + (b * geometry.positionCount + position) * filters
          geometry.forEachCell(at: position, scratch) { cell, place in
            let to = y + (b * geometry.spatialCount + place) * channels
            for c in 0..<channels {
              let row = kernel + (cell * channels + c) * filters
              var sum: T = 0
              for f in 0..<filters { sum += from[f] * row[f] }
              to[c] += sum
            }
          }
        }
      }
    }
  }

  /// Adds rows of patches `(cells, channels)`, one for each position, to the places that they cover.
  static func addPatches(
    _ patches: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ geometry: WindowGeometry,
    rows: Range<Int>, channels: Int
  ) {
    let width = geometry.cellCount * channels
    withUnsafeTemporaryAllocation(of: Int.self, capacity: geometry.spatial.count) { buffer in
      guard let scratch = buffer.baseAddress else { return }
      for row in rows {
        let (sample, position) = row.quotientAndRemainder(dividingBy: geometry.positionCount)
        let patch = patches + (row - rows.lowerBound) * width
        geometry.forEachCell(at: position, scratch) { cell, place in
          let from = patch + cell * channels
          let to = y + (sample * geometry.spatialCount + place) * channels
          for c in 0..<channels { to[c] += from[c] }
        }
      }
    }
  }

  static func pool<T: BinaryFloatingPoint>(
    _ kind: PoolKind, _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>,
    _ geometry: WindowGeometry, channels: Int
  ) {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: geometry.spatial.count) { buffer in
      guard let scratch = buffer.baseAddress else { return }
      for b in 0..<geometry.batch {
        for position in 0..<geometry.positionCount {
          let to = y + (b * geometry.positionCount + position) * channels
          for c in 0..<channels { to[c] = kind == .maximum ? -.infinity : 0 }
          var covered = 0
          geometry.forEachCell(at: position, scratch) { _, place in
            covered += 1
            let from = x + (b * geometry.spatialCount + place) * channels
            if kind == .maximum {
              for c in 0..<channels { to[c] = greater(to[c], from[c]) }
            } else {
              for c in 0..<channels { to[c] += from[c] }
            }
          }
          if kind == .average { for c in 0..<channels { to[c] /= T(covered) } }
        }
      }
    }
  }

  /// Pooling of integers; an average is truncated towards zero.
  static func pool(
    _ kind: PoolKind, _ x: UnsafePointer<Int64>, _ y: UnsafeMutablePointer<Int64>,
    _ geometry: WindowGeometry, channels: Int, _ dtype: DType
  ) {
    let least = IntegerFunctions.range(dtype).least
    withUnsafeTemporaryAllocation(of: Int.self, capacity: geometry.spatial.count) { buffer in
      guard let scratch = buffer.baseAddress else { return }
      for b in 0..<geometry.batch {
        for position in 0..<geometry.positionCount {
          let to = y + (b * geometry.positionCount + position) * channels
          for c in 0..<channels { to[c] = kind == .maximum ? least : 0 }
          var covered: Int64 = 0
          geometry.forEachCell(at: position, scratch) { _, place in
            covered += 1
            let from = x + (b * geometry.spatialCount + place) * channels
            for c in 0..<channels {
              if kind == .average {
                to[c] = to[c] &+ from[c]
              } else if IntegerFunctions.isLess(to[c], from[c], dtype) {
                to[c] = from[c]
              }
            }
          }
          if kind == .average, covered > 0 {
            for c in 0..<channels {
              to[c] =
                dtype == .uint64
                ? Int64(bitPattern: UInt64(bitPattern: to[c]) / UInt64(covered)) : to[c] / covered
            }
          }
        }
      }
    }
  }
}

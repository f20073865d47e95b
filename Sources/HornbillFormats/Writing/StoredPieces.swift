import HornbillHDF5

extension WeightFile {
  /// The bytes that are read at once from elements that lie in one piece.
  private static let pieceSize = 1 << 20
  /// The same for elements in chunks, which are better read many at a time.
  private static let chunkedPieceSize = 1 << 23

  /// Hands over the bytes of all elements of a dataset as they are stored, in order, a few at a time.
  func forEachPiece(
    of weight: StoredWeight, _ body: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
  ) throws(ArchiveError) {
    let dataset = try dataset(of: weight)
    guard dataset.count > 0 else { return }
    let isChunked = dataset.storage == .chunked
    let blocks = BlockWalk(
      shape: dataset.shape, elementSize: dataset.type.size,
      rowMultiple: dataset.chunkShape?.first ?? 1,
      limit: isChunked ? WeightFile.chunkedPieceSize : WeightFile.pieceSize)
    try attempt { () throws(HDF5.Error) in
      try dataset.requirePiece(of: blocks.maximumByteCount)
    }
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: blocks.maximumByteCount, alignment: 64)
    defer { memory.deallocate() }
    try blocks.forEach { (start, count, byteCount) throws(ArchiveError) in
      let piece = UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount])
      try attempt { () throws(HDF5.Error) in
        try dataset.readRawHyperslab(start: start, count: count, into: piece)
      }
      try body(UnsafeRawBufferPointer(piece))
    }
  }
}

/// Divides an array into blocks that follow each other in memory.
struct BlockWalk {
  private let shape: [Int]
  private let elementSize: Int
  /// The axis along which blocks are cut; before it they are one thick, after it whole.
  private let axis: Int
  /// The extent of a block along the axis.
  private let thickness: Int
  private let rowBytes: Int

  /// The bytes of the largest block.
  var maximumByteCount: Int { max(thickness * rowBytes, elementSize) }

  /// Plans the blocks.
  ///
  /// - Parameters:
  ///   - shape: the extents, none of them 0; their product times `elementSize` can be counted.
  ///   - rowMultiple: blocks along the first axis are multiples of this many rows, even when that exceeds the limit.
  ///   - limit: the bytes that a block may have when it is thicker than one row.
  init(shape: [Int], elementSize: Int, rowMultiple: Int, limit: Int) {
    self.shape = shape
    self.elementSize = elementSize
    var rowBytes = elementSize * shape.dropFirst().reduce(1, *)
    var axis = 0
    while rowMultiple == 1, axis + 1 < shape.count, rowBytes > limit {
      axis += 1
      rowBytes /= shape[axis]
    }
    self.axis = axis
    self.rowBytes = rowBytes
    let rows = max(1, limit / max(rowBytes, 1))
    let multiple = max(1, rowMultiple)
    thickness = min(shape.isEmpty ? 1 : shape[axis], max(rows / multiple, 1) * multiple)
  }

  /// Visits the blocks in order.
  func forEach(
    _ body: (_ start: [Int], _ count: [Int], _ byteCount: Int) throws(ArchiveError) -> Void
  ) throws(ArchiveError) {
    guard !shape.isEmpty else {
      try body([], [], elementSize)
      return
    }
    var start = [Int](repeating: 0, count: shape.count)
    var count = [Int](repeating: 1, count: axis) + shape[axis...]
    repeat {
      count[axis] = min(thickness, shape[axis] - start[axis])
      try body(start, count, count[axis] * rowBytes)
      start[axis] += count[axis]
    } while carry(&start)
  }

  /// Moves on to the next rows of the outer axes; false at the end.
  private func carry(_ start: inout [Int]) -> Bool {
    var position = axis
    while start[position] == shape[position] {
      guard position > 0 else { return false }
      start[position] = 0
      position -= 1
      start[position] += 1
    }
    return true
  }
}

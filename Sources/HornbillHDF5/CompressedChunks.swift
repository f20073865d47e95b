import CHDF5
import CHornbillChunks

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Reads compressed chunks as they are stored and inflates several of them at a time.
///
/// The library itself inflates one after the other. Whatever is unusual is left to it: other filters than gzip after
/// an optional shuffle, chunks that are missing and mean the fill value, and damage, which it reports.
///
/// - Precondition: the library is entered for all that a value does. Other threads only see bytes.
struct CompressedChunks {
  private let dataset: HDF5.Dataset
  private let chunkShape: [Int]
  private let chunkBytes: Int
  private let start: [Int]
  private let count: [Int]
  /// How many chunks overlap the block in each dimension.
  private let chunkCounts: [Int]
  /// The bits by which a chunk says that it has not gone through a filter.
  private let deflateBit: UInt32
  private let shuffleBit: UInt32

  /// Less than this is not worth a thread.
  private static let minimumBytes = 1 << 18
  /// Larger chunks take too much memory, as each thread needs twice their size.
  private static let maximumChunkBytes = 1 << 24
  /// The stored bytes that are held at a time, unless one chunk has more.
  private static let batchBytes = 1 << 24
  private static let batchCount = 512
  private static let threads = min(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1), 8)

  /// Prepares reading; `nil` for what is better left to the library.
  init?(_ dataset: HDF5.Dataset, _ selection: Selection) throws(HDF5.Error) {
    let rank = dataset.shape.count
    guard CompressedChunks.threads > 1, !dataset.reference.context.isWritable,
      dataset.storage == .chunked, let chunkShape = dataset.chunkShape, chunkShape.count == rank,
      (1...Int(hb_chunk_maximum_rank())).contains(rank), !dataset.type.hasReferences,
      let chunkBytes = product([dataset.type.size] + chunkShape),
      (1...CompressedChunks.maximumChunkBytes).contains(chunkBytes),
      let bytes = product([dataset.type.size, selection.count]),
      bytes >= CompressedChunks.minimumBytes, bytes > chunkBytes
    else { return nil }
    let filters = dataset.filters
    guard case .deflate = filters.last, filters.count <= 2,
      filters.count == 1 || filters.first == .shuffle
    else { return nil }
    var start = [Int](repeating: 0, count: rank)
    var count = dataset.shape
    if let block = selection.block {
      guard block.stride.allSatisfy({ $0 == 1 }) else { return nil }
      start = block.start.map { Int($0) }
      count = block.count.map { Int($0) }
    }
    guard count.allSatisfy({ $0 > 0 }) else { return nil }
    chunkCounts = zip(zip(start, count), chunkShape).map { block, chunk in
      (block.0 + block.1 - 1) / chunk - block.0 / chunk + 1
    }
    self.start = start
    self.count = count
    self.dataset = dataset
    self.chunkShape = chunkShape
    self.chunkBytes = chunkBytes
    deflateBit = filters.count == 1 ? 1 : 2
    shuffleBit = filters.count == 1 ? 0 : 1
    guard try isAsExpected() else { return nil }
  }

  /// Whether whole elements are shuffled, and the chunks at the edges are filtered like the others.
  private func isAsExpected() throws(HDF5.Error) -> Bool {
    let action = "reading how the dataset is stored"
    let list = try dataset.reference.adopt(
      H5Dget_create_plist(try dataset.reference.id()), action)
    var options: UInt32 = 0
    try dataset.reference.check(H5Pget_chunk_opts(list.id, &options), action)
    guard options == 0 else { return false }
    guard shuffleBit != 0 else { return true }
    var id: Int32 = 0
    var flags: UInt32 = 0
    var valueCount = 1
    var value: UInt32 = 0
    var name: CChar = 0
    try dataset.reference.check(
      chdf5_filter(list.id, 0, &id, &flags, &valueCount, &value, 1, &name), action)
    return valueCount == 1 && Int(value) == dataset.type.size
  }

  /// Reads the block, or returns false and leaves anything in the memory.
  func read(into memory: UnsafeMutableRawBufferPointer) throws(HDF5.Error) -> Bool {
    guard let elements = memory.baseAddress else { return false }
    let rank = chunkShape.count
    var position = [Int](repeating: 0, count: rank)
    var isLast = false
    while !isLast {
      var batch = StoredBytes()
      var origins: [Int] = []
      while !isLast, batch.count < CompressedChunks.batchCount,
        batch.byteCount < CompressedChunks.batchBytes
      {
        let origin = (0..<rank).map { axis in
          (start[axis] / chunkShape[axis] + position[axis]) * chunkShape[axis]
        }
        guard try store(origin, in: &batch) else { return false }
        origins += origin
        isLast = !advance(&position)
      }
      guard decode(batch, at: origins, into: elements) else { return false }
    }
    return true
  }

  /// Moves on to the next chunk; false at the end.
  private func advance(_ position: inout [Int]) -> Bool {
    for axis in position.indices.reversed() {
      position[axis] += 1
      if position[axis] < chunkCounts[axis] { return true }
      position[axis] = 0
    }
    return false
  }

  /// Reads the stored bytes of a chunk; false when there are none, or more than the chunk can need.
  private func store(_ origin: [Int], in batch: inout StoredBytes) throws(HDF5.Error) -> Bool {
    let id = try dataset.reference.id()
    let offset = origin.map { hsize_t($0) }
    var size: hsize_t = 0
    guard H5Dget_chunk_storage_size(id, offset, &size) >= 0, size > 0,
      size <= hsize_t(chunkBytes + chunkBytes / 64 + 1024),
      let memory = malloc(Int(size))
    else { return false }
    var mask: UInt32 = 0
    let status = H5Dread_chunk(id, chdf5_default(), offset, &mask, memory)
    batch.append(memory, size: Int(size), mask: mask)
    return status >= 0
  }

  /// Inflates the chunks into the block; false when one is damaged.
  private func decode(
    _ batch: borrowing StoredBytes, at origins: [Int], into elements: UnsafeMutableRawPointer
  ) -> Bool {
    let rank = chunkShape.count
    // One array, so that one address serves all.
    let numbers = chunkShape + start + count + origins
    return numbers.withUnsafeBufferPointer { numbers in
      guard let base = numbers.baseAddress else { return false }
      var block = hb_chunk_block(
        rank: Int32(rank), element_size: dataset.type.size, chunk: base, start: base + rank,
        count: base + 2 * rank, elements: elements.assumingMemoryBound(to: UInt8.self))
      let chunks = (0..<batch.count).map { index in
        let (bytes, size, mask) = batch[index]
        return hb_stored_chunk(
          origin: base + (3 + index) * rank,
          bytes: UnsafePointer(bytes.assumingMemoryBound(to: UInt8.self)), size: size,
          is_deflated: mask & deflateBit == 0 ? 1 : 0,
          is_shuffled: shuffleBit != 0 && mask & shuffleBit == 0 ? 1 : 0)
      }
      return hb_chunks_decode(&block, chunks, chunks.count, Int32(CompressedChunks.threads)) == 0
    }
  }
}

/// The stored bytes of some chunks.
private struct StoredBytes: ~Copyable {
  private var pieces: [(bytes: UnsafeMutableRawPointer, size: Int, mask: UInt32)] = []
  /// The bytes of all of them.
  private(set) var byteCount = 0

  init() {}

  deinit {
    for piece in pieces { free(piece.bytes) }
  }

  var count: Int { pieces.count }

  subscript(index: Int) -> (bytes: UnsafeMutableRawPointer, size: Int, mask: UInt32) {
    pieces[index]
  }

  /// Takes over memory that `malloc` has given.
  mutating func append(_ bytes: UnsafeMutableRawPointer, size: Int, mask: UInt32) {
    pieces.append((bytes, size, mask))
    byteCount += size
  }
}

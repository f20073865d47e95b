import Testing

@testable import HornbillHDF5

/// Chunks that are inflated several at a time.
@Suite struct CompressedChunksTests {
  private static let gzip = HDF5.Filter.deflate(level: 1)

  private func makeDataset(
    _ type: HDF5.DataType, _ shape: [Int], _ chunk: [Int], _ filters: [HDF5.Filter],
    _ values: [some HDF5.NativeValue], in folder: TemporaryFolder, as name: String = "a.h5"
  ) throws -> HDF5.Dataset {
    let path = folder.file(name)
    let file = try HDF5.File(creating: path)
    let dataset = try file.root.createDataset(
      at: "a", type: type, shape: shape, storage: .chunked(chunk, filters: filters))
    if !values.isEmpty { try dataset.write(values) }
    try file.close()
    return try HDF5.File(reading: path, policy: .strict).root.dataset(at: "a")
  }

  /// Whole numbers of 0 to 127, which compress well or not at all.
  private func values(_ count: Int, random: Bool = false) -> [Int64] {
    var state: UInt64 = 1
    return (0..<count).map { index in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int64(random ? state >> 57 : UInt64(index / 5 % 128))
    }
  }

  /// What is read at once, or `nil` when it is left to the library.
  private func readAtOnce(_ dataset: HDF5.Dataset) throws -> [UInt8]? {
    Library.enter()
    defer { Library.leave() }
    guard let chunks = try CompressedChunks(dataset, Selection(wholeOf: dataset)) else {
      return nil
    }
    var bytes = [UInt8](repeating: 0, count: try dataset.rawByteCount())
    let isRead = try bytes.withUnsafeMutableBytes { try chunks.read(into: $0) }
    return isRead ? bytes : nil
  }

  @Test(arguments: [
    ([700_000], [100_000]), ([1000, 700], [64, 300]), ([1000, 700], [100, 700]),
    ([30, 80, 301], [7, 80, 301]), ([9, 200, 301], [2, 33, 301]),
    ([3, 5, 7, 6000], [2, 5, 3, 999]),
  ])
  func everyShape(shape: [Int], chunk: [Int]) throws {
    let folder = try TemporaryFolder()
    let values = values(shape.reduce(1, *)).map { Float($0) }
    for (index, filters) in [[Self.gzip], [.shuffle, Self.gzip]].enumerated() {
      let dataset = try makeDataset(
        .float32, shape, chunk, filters, values, in: folder, as: "\(index).h5")
      #expect(try readAtOnce(dataset) == (values.withUnsafeBytes { [UInt8]($0) }))
      #expect(try dataset.read() == values)
    }
  }

  @Test(arguments: [
    HDF5.DataType.uint8, .int16, .int32, .int64, .float16, .float64,
    HDF5.DataType(.floatingPoint(.float32, .big)),
  ])
  func everyType(type: HDF5.DataType) throws {
    let folder = try TemporaryFolder()
    let values = values(300_001)
    let doubles = values.map { Double($0) }
    let filters = [.shuffle, Self.gzip]
    let dataset =
      type.isFloatingPoint
      ? try makeDataset(type, [300_001], [20_000], filters, doubles, in: folder)
      : try makeDataset(type, [300_001], [20_000], filters, values, in: folder)
    #expect(try readAtOnce(dataset) != nil)
    #expect(try dataset.read() == doubles)
  }

  @Test func blocksAreReadFromTheChunksThatTheyTouch() throws {
    let folder = try TemporaryFolder()
    let values = values(1_400_000).map { Float($0) }
    let dataset = try makeDataset(
      .float32, [1000, 1400], [64, 300], [.shuffle, Self.gzip], values, in: folder)
    for (start, count) in [
      ([0, 0], [1000, 100]), ([63, 299], [300, 302]), ([999, 0], [1, 1400]),
    ] {
      let expected = (start[0]..<start[0] + count[0]).flatMap { row in
        values[row * 1400 + start[1]..<row * 1400 + start[1] + count[1]]
      }
      #expect(try dataset.readHyperslab(start: start, count: count) == expected)
    }
    let some: [Float] = try dataset.readHyperslab(
      start: [1, 0], count: [300, 700], stride: [3, 2])
    #expect(some[701] == values[4 * 1400 + 2])
  }

  /// A chunk that would grow is stored without the filter, and says so.
  @Test func chunksThatDoNotCompressAreRead() throws {
    let folder = try TemporaryFolder()
    let random = values(1_000_000, random: true).map { $0 &* 0x1E37_79B9_7F4A_7C15 }
    let dataset = try makeDataset(
      .int64, [1_000_000], [50_000], [.shuffle, Self.gzip], random, in: folder)
    #expect(try readAtOnce(dataset) != nil)
    #expect(try dataset.read() == random)
  }

  @Test func checksumsAreLeftToTheLibrary() throws {
    let folder = try TemporaryFolder()
    let values = values(400_000)
    let dataset = try makeDataset(
      .int32, [400_000], [50_000], [.shuffle, Self.gzip, .fletcher32], values, in: folder)
    #expect(try readAtOnce(dataset) == nil)
    #expect(try dataset.read() == values)
  }

  @Test func chunksThatWereNeverWrittenAreLeftToTheLibrary() throws {
    let folder = try TemporaryFolder()
    let dataset = try makeDataset(.int32, [400_000], [50_000], [Self.gzip], [Int32](), in: folder)
    #expect(try readAtOnce(dataset) == nil)
    #expect(try dataset.read() == [Int32](repeating: 0, count: 400_000))
  }

  @Test func aDamagedChunkIsAnError() throws {
    let folder = try TemporaryFolder()
    let values = values(400_000, random: true)
    let whole = try makeDataset(
      .int32, [400_000], [50_000], [.shuffle, Self.gzip], values, in: folder)
    let image = try bytes(of: folder.file("a.h5"))
    try #require(image.count > 300_000)
    var failures = 0
    for place in stride(from: 8000, to: image.count, by: 19_997) {
      var damaged = image
      for index in place..<min(place + 64, image.count) { damaged[index] ^= 0x5A }
      let error = failure { () throws(HDF5.Error) in
        try HDF5.File(reading: damaged, name: "damaged", policy: .strict).root.dataset(at: "a")
          .readBytes()
      }
      if error != nil { failures += 1 }
    }
    #expect(failures > 10)
    #expect(try whole.read() == values)
  }
}

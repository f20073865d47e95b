import HornbillHDF5
import Testing

@Suite struct StorageTests {
  private let root: HDF5.Group
  private let expected = (0..<60).map { Float($0) }

  init() throws { root = try HDF5.File(reading: fixture("storage.h5"), policy: .strict).root }

  @Test(arguments: ["compact", "contiguous", "chunked", "gzip", "all"])
  func everyStorageReads(name: String) throws {
    let dataset = try root.dataset(at: name)
    #expect(try dataset.read() == expected)
    #expect(try dataset.read() == expected.map { Double($0) })
    let block: [Float] = try dataset.readHyperslab(start: [1, 2], count: [2, 3], stride: [3, 2])
    #expect(block == [12, 14, 16, 42, 44, 46])
    #expect(try dataset.readHyperslab(start: [6, 0], count: [0, 10], as: Float.self) == [])
    #expect(try dataset.storedBytes() > 0)
  }

  @Test func layoutsAreDescribed() throws {
    let all = try root.dataset(at: "all")
    #expect(all.storage == .chunked)
    #expect(all.chunkShape == [4, 4])
    #expect(all.filters == [.shuffle, .deflate(level: 4), .fletcher32])
    #expect(all.maximumShape == [nil, 10])
    #expect(try root.dataset(at: "compact").storage == .compact)
    let contiguous = try root.dataset(at: "contiguous")
    #expect(contiguous.storage == .contiguous && contiguous.chunkShape == nil)
    let offset = Int(try #require(try contiguous.byteOffset()))
    #expect(
      try Array(bytes(of: fixture("storage.h5"))[offset..<offset + 240]) == contiguous.readBytes())
    #expect(try root.dataset(at: "chunked").byteOffset() == nil)
    let unwritten = try root.dataset(at: "unwritten")
    #expect(try unwritten.byteOffset() == nil)
    #expect(try unwritten.storedBytes() == 0)
    #expect(try unwritten.read() == [Float](repeating: 0, count: 4))
  }

  @Test(arguments: [
    ([0], [1], [1]), ([0, 0], [7, 1], [1, 1]), ([6, 0], [1, 1], [1, 1]),
    ([-1, 0], [1, 1], [1, 1]),
    ([0, 0], [2, 2], [6, 1]), ([0, 0], [1, 1], [0, 1]), ([0, 0], [Int.max, 2], [Int.max, 1]),
    ([Int.max, 0], [1, 1], [1, 1]), ([0, 0], [-1, 1], [1, 1]),
  ])
  func blocksOutsideAreRefused(start: [Int], count: [Int], stride: [Int]) throws {
    let dataset = try root.dataset(at: "gzip")
    let error = failure { () throws(HDF5.Error) in
      try dataset.readHyperslab(start: start, count: count, stride: stride, as: Float.self)
    }
    #expect(error?.code == .invalidArgument)
  }

  @Test func aWrongFletcher32IsAChecksumError() throws {
    var image = try bytes(of: fixture("storage.h5"))
    let all = try root.dataset(at: "all")
    #expect(try all.read() == expected)
    // Some of the changed bytes lie in the chunks; gzip never sees them, as fletcher32 comes first.
    var checksums: [HDF5.Error] = []
    for index in stride(from: 512, to: image.count, by: 8) {
      image[index] ^= 0x01
      let error = failure { () throws(HDF5.Error) in
        // A chunk that claims not to be compressed is refused by the strict policy only.
        try HDF5.File(reading: image, name: "image", policy: .strict).root.dataset(at: "all")
          .read(as: Float.self)
      }
      image[index] ^= 0x01
      if let error, error.code == .checksum { checksums.append(error) }
    }
    #expect(checksums.count > 10)
    #expect(checksums.allSatisfy { $0.object == "/all" })
  }
}

import Foundation
import HornbillHDF5
import Testing

@Suite struct MappedBytesTests {
  /// A file with one dataset in each storage.
  private func makeFile(in folder: TemporaryFolder) throws -> String {
    let path = folder.file("a.h5")
    let file = try HDF5.File(creating: path)
    let values = (0..<5000).map { Float($0) }
    try file.root.createDataset(at: "plain", type: .float32, shape: [5000]).write(values)
    try file.root.createDataset(
      at: "chunks", type: .float32, shape: [5000], storage: .chunked([100])
    ).write(values)
    try file.close()
    return path
  }

  @Test func bytesAreThoseOfTheFile() throws {
    let folder = try TemporaryFolder()
    let file = try HDF5.File(reading: makeFile(in: folder), policy: .strict)
    let dataset = try file.root.dataset(at: "plain")
    let mapped = try #require(try dataset.mappedBytes())
    #expect(mapped.count == 20_000)
    #expect(mapped.withUnsafeBytes { [UInt8]($0) } == (try dataset.readBytes()))
    #expect(try file.root.dataset(at: "chunks").mappedBytes() == nil)
  }

  @Test(arguments: [0..<0, 0..<20_000, 1..<19_999, 4096..<16_384, -1..<9, 0..<20_001])
  func bytesThatAreLetGoStayReadable(range: Range<Int>) throws {
    let folder = try TemporaryFolder()
    let file = try HDF5.File(reading: makeFile(in: folder), policy: .strict)
    let dataset = try file.root.dataset(at: "plain")
    let mapped = try #require(try dataset.mappedBytes())
    let before = mapped.withUnsafeBytes { [UInt8]($0) }
    mapped.letGo(range)
    #expect(mapped.withUnsafeBytes { [UInt8]($0) } == before)
  }

  @Test func onlyFilesUnderAStrictPolicyAreMapped() throws {
    let folder = try TemporaryFolder()
    let file = try HDF5.File(reading: makeFile(in: folder))
    #expect(try file.root.dataset(at: "plain").mappedBytes() == nil)
  }

  @Test func aPartOfAFileIsMapped() throws {
    let folder = try TemporaryFolder()
    let inner = try bytes(of: makeFile(in: folder))
    let outer = try folder.write([7, 7, 7] + inner + [7], to: "outer")
    let file = try HDF5.File(
      readingPart: outer, offset: 3, length: UInt64(inner.count), policy: .strict)
    let dataset = try file.root.dataset(at: "plain")
    let mapped = try #require(try dataset.mappedBytes())
    #expect(mapped.withUnsafeBytes { [UInt8]($0) } == (try dataset.readBytes()))
  }

  @Test func aUserBlockIsSkipped() throws {
    let dataset = try HDF5.File(reading: fixture("user_block.h5"), policy: .strict).root
      .dataset(at: "w")
    let mapped = try #require(try dataset.mappedBytes())
    #expect(mapped.withUnsafeBytes { [UInt8]($0) } == (try dataset.readBytes()))
  }

  @Test func bytesInMemoryAreNotMapped() throws {
    let folder = try TemporaryFolder()
    let image = try bytes(of: makeFile(in: folder))
    let file = try HDF5.File(reading: image, name: "image", policy: .strict)
    #expect(try file.root.dataset(at: "plain").mappedBytes() == nil)
  }

  @Test func bytesOutliveTheFile() throws {
    let folder = try TemporaryFolder()
    let path = try makeFile(in: folder)
    let file = try HDF5.File(reading: path, policy: .strict)
    let mapped = try #require(try file.root.dataset(at: "plain").mappedBytes())
    try file.close()
    try FileManager.default.removeItem(atPath: path)
    let last = mapped.withUnsafeBytes {
      $0.loadUnaligned(fromByteOffset: $0.count - 4, as: Float.self)
    }
    #expect(last == 4999)
  }

  @Test func aFileCutShortIsNotMapped() throws {
    let folder = try TemporaryFolder()
    let path = try makeFile(in: folder)
    let file = try HDF5.File(reading: path, policy: .strict)
    let dataset = try file.root.dataset(at: "plain")
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    try handle.truncate(atOffset: 4096)
    try handle.close()
    #expect(try dataset.mappedBytes() == nil)
    #expect(failure { () throws(HDF5.Error) in try dataset.readBytes() } != nil)
  }
}

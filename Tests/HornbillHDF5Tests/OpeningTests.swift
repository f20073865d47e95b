import Foundation
import HornbillHDF5
import Testing

@Suite struct OpeningTests {
  @Test func aFileAndItsBytesReadTheSame() throws {
    let path = fixture("strings.h5")
    let fromPath = try inventory(HDF5.File(reading: path))
    let fromBytes = try inventory(HDF5.File(reading: bytes(of: path), name: "bytes"))
    #expect(fromPath == fromBytes)
    #expect(fromPath.count > 15)
  }

  @Test func aPartOfAFileReadsTheSame() throws {
    let folder = try TemporaryFolder()
    let image = try bytes(of: fixture("storage.h5"))
    let outer = try folder.write(
      [UInt8](repeating: 7, count: 1234) + image + [UInt8](repeating: 9, count: 99), to: "outer")
    let file = try HDF5.File(
      readingPart: outer, offset: 1234, length: UInt64(image.count), policy: .strict)
    #expect(try inventory(file) == inventory(HDF5.File(reading: fixture("storage.h5"))))
    let dataset = try file.root.dataset(at: "contiguous")
    let offset = try #require(try dataset.byteOffset())
    let stored = try bytes(of: outer)[Int(offset)..<Int(offset) + 240]
    #expect(Array(stored) == (try dataset.readBytes()))
  }

  @Test func twoImagesOfOneNameStayApart() throws {
    let first = try HDF5.File(reading: bytes(of: fixture("storage.h5")), name: "same")
    let second = try HDF5.File(reading: bytes(of: fixture("strings.h5")), name: "same")
    #expect(try first.root.contains("contiguous"))
    #expect(try !second.root.contains("contiguous"))
  }

  @Test func aPartBeyondTheFileIsTruncated() throws {
    let size = UInt64(try bytes(of: fixture("storage.h5")).count)
    for (offset, length) in [(0, size + 1), (size + 1, 0), (UInt64.max, 8), (8, UInt64.max)] {
      let error = failure { () throws(HDF5.Error) in
        try HDF5.File(readingPart: fixture("storage.h5"), offset: offset, length: length)
      }
      #expect(error?.code == .truncated)
    }
  }

  @Test(arguments: [
    ([UInt8](), "it is empty"),
    (Array("<!doctype html>".utf8), "HTML"),
    (Array("version https://git-lfs.github.com/spec/v1".utf8), "git lfs pull"),
    ([0x80, 0x04, 0x95, 0, 0, 0, 0, 0, 0], "pickle"),
    ([0x50, 0x4B, 0x03, 0x04, 0, 0, 0, 0, 0], "zip"),
    ([1, 2, 3], "01 02 03"),
  ])
  func whatIsNotHDF5IsNamed(content: [UInt8], expected: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(content, to: "model.h5")
    #expect(try !HDF5.isHDF5(path: path))
    #expect(!HDF5.isHDF5(bytes: content))
    for error in [
      failure({ () throws(HDF5.Error) in try HDF5.File(reading: path) }),
      failure({ () throws(HDF5.Error) in try HDF5.File(updating: path) }),
      failure({ () throws(HDF5.Error) in try HDF5.File(reading: content, name: "model.h5") }),
    ] {
      #expect(error?.code == .notHDF5)
      #expect(error?.description.contains(expected) == true)
      #expect(error?.description.contains("\n") == false)
    }
  }

  @Test func whatIsNoRegularFileIsRefused() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.file("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    for path in [folder.path, pipe] {
      #expect(failure { () throws(HDF5.Error) in try HDF5.File(reading: path) }?.code == .io)
      #expect(
        failure { () throws(HDF5.Error) in try HDF5.File(creating: path, overwriting: true) }?.code
          == .exists)
    }
    #expect(
      failure { () throws(HDF5.Error) in try HDF5.File(reading: folder.file("absent")) }?.code
        == .notFound)
  }

  @Test func aUserBlockIsSkipped() throws {
    let file = try HDF5.File(reading: fixture("user_block.h5"), policy: .strict)
    let dataset = try file.root.dataset(at: "w")
    #expect(try dataset.read() == [Int32(0), 1, 2, 3])
    let offset = Int(try #require(try dataset.byteOffset()))
    #expect(try bytes(of: fixture("user_block.h5"))[offset + 4] == 1)
  }

  @Test func theLatestFormatReads() throws {
    let file = try HDF5.File(reading: fixture("latest.h5"), policy: .strict)
    #expect(try file.root.group(at: "g").links().map(\.name) == ["a", "m", "z"])
    #expect(try file.root.dataset(at: "g/z").read() == [Float(0), 1, 2])
  }

  @Test func afterClosingEverythingSaysSo() throws {
    let file = try HDF5.File(reading: fixture("storage.h5"))
    let dataset = try file.root.dataset(at: "contiguous")
    let attribute = try HDF5.File(reading: fixture("strings.h5")).root.attribute("names")
    try file.close()
    #expect(failure { () throws(HDF5.Error) in try file.close() }?.code == .closed)
    #expect(failure { () throws(HDF5.Error) in try file.root.links() }?.code == .closed)
    #expect(
      failure { () throws(HDF5.Error) in try dataset.read(as: Float.self) }?.code == .closed)
    #expect(try attribute.readStrings() == ["dense_1", "dense_12"])
  }

  @Test func aFileOpenForReadingIsNotChanged() throws {
    let root = try HDF5.File(reading: fixture("storage.h5")).root
    let dataset = try root.dataset(at: "contiguous")
    let errors = [
      failure { () throws(HDF5.Error) in try root.createGroup(at: "g") },
      failure { () throws(HDF5.Error) in
        try root.createDataset(at: "d", type: .int8, shape: [1])
      },
      failure { () throws(HDF5.Error) in try root.delete("gzip") },
      failure { () throws(HDF5.Error) in try root.setAttribute("a", .integer(1)) },
      failure { () throws(HDF5.Error) in try root.createSoftLink(at: "s", target: "/") },
      failure { () throws(HDF5.Error) in try root.copy("gzip", to: root, as: "copy") },
      failure { () throws(HDF5.Error) in try dataset.write([Float](repeating: 0, count: 60)) },
    ]
    #expect(errors.map { $0?.code } == [HDF5.Error.Code?](repeating: .readOnly, count: 7))
  }
}

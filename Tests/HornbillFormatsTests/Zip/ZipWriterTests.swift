import HornbillFormats
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite struct ZipWriterTests {
  private func write(to path: String, overwriting: Bool = false, _ text: String = "x") throws {
    var writer = try ZipWriter(path: path, overwriting: overwriting)
    try writer.beginMember("a.txt")
    try writer.write(Array(text.utf8))
    try writer.finish()
  }

  @Test(arguments: [1, 2, 64, 4096])
  func readsBackWhatItWrites(alignment: Int) throws {
    let folder = try TemporaryFolder()
    let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    var writer = try ZipWriter(path: folder["a.zip"], overwriting: false)
    try writer.beginMember("first", alignment: alignment)
    try writer.write(Array(large[..<1_000_001]))
    try writer.write(Array(large[1_000_001...]))
    try writer.beginMember("empty|é", alignment: alignment)
    try writer.beginMember("third", alignment: alignment)
    try writer.write([1, 2, 3])
    try writer.finish()
    #expect(folder.names == ["a.zip"])
    let archive = try ZipArchive(path: folder["a.zip"])
    #expect(archive.members.map(\.name) == ["first", "empty|é", "third"])
    #expect(archive.members.allSatisfy { $0.dataOffset % alignment == 0 })
    #expect(try archive.read(archive.members[0]) == large)
    #expect(try archive.read(archive.members[1]) == [])
    #expect(try archive.read(archive.members[2]) == [1, 2, 3])
  }

  @Test func dataNeverBeginWhereHDF5LooksForItsSignature() throws {
    let folder = try TemporaryFolder()
    for alignment in [1, 64] {
      for length in 918...923 {
        let path = folder["\(alignment)-\(length).zip"]
        var writer = try ZipWriter(path: path, overwriting: false)
        try writer.beginMember("a")
        try writer.write([UInt8](repeating: 0, count: length))
        try writer.beginMember("b", alignment: alignment)
        try writer.write([1])
        try writer.finish()
        let member = try #require(try ZipArchive(path: path)["b"])
        #expect(member.dataOffset.nonzeroBitCount > 1)
        #expect(member.dataOffset % alignment == 0)
      }
    }
  }

  @Test func writesTheSameBytesAgain() throws {
    let folder = try TemporaryFolder()
    try write(to: folder["a.zip"])
    try write(to: folder["b.zip"])
    #expect(try contents(of: folder["a.zip"]) == contents(of: folder["b.zip"]))
  }

  @Test func anUnfinishedArchiveLeavesNothing() throws {
    let folder = try TemporaryFolder()
    do {
      var writer = try ZipWriter(path: folder["a.zip"], overwriting: false)
      try writer.beginMember("a")
      try writer.write([1])
      #expect(folder.names.count == 1)
    }
    #expect(folder.names == [])
  }

  @Test func refusesNamesThatItWouldNotRead() throws {
    let folder = try TemporaryFolder()
    for name in ["", "../a", "/a", "a\\b", "a\0"] {
      expectError(.unsupported, object: name) {
        var writer = try ZipWriter(path: folder["a.zip"], overwriting: false)
        try writer.beginMember(name)
      }
    }
    expectError(.unsupported, object: "a") {
      var writer = try ZipWriter(path: folder["a.zip"], overwriting: false)
      try writer.beginMember("a")
      try writer.beginMember("a")
    }
    #expect(folder.names == [])
  }

  @Test func overwritesOnlyWhenAsked() throws {
    let folder = try TemporaryFolder()
    try write(to: folder["a.zip"], "old")
    let old = try contents(of: folder["a.zip"])
    expectError(.cannotCreate) { try write(to: folder["a.zip"], "new") }
    #expect(try contents(of: folder["a.zip"]) == old)
    try #require(chmod(folder["a.zip"], 0o640) == 0)
    try write(to: folder["a.zip"], overwriting: true, "new")
    #expect(try contents(of: folder["a.zip"]) != old)
    var status = stat()
    try #require(stat(folder["a.zip"], &status) == 0)
    #expect(status.st_mode & 0o777 == 0o640)
    #expect(folder.names == ["a.zip"])
  }

  @Test func aFileThatAppearsMeanwhileIsKept() throws {
    let folder = try TemporaryFolder()
    expectError(.cannotCreate) {
      var writer = try ZipWriter(path: folder["a.zip"], overwriting: false)
      try writer.beginMember("a")
      try folder.write([7], as: "a.zip")
      try writer.finish()
    }
    #expect(try contents(of: folder["a.zip"]) == [7])
    #expect(folder.names == ["a.zip"])
  }

  @Test func aFailureAtTheEndKeepsTheOldFile() throws {
    let folder = try TemporaryFolder()
    try folder.write([7], as: "a.zip")
    expectError(.cannotCreate) {
      var writer = try ZipWriter(path: folder["a.zip"], overwriting: true)
      try writer.beginMember("a")
      let temporary = try #require(folder.names.first { $0.hasSuffix(".tmp") })
      try #require(unlink(folder[temporary + "/payload"]) == 0)
      try writer.finish()
    }
    #expect(try contents(of: folder["a.zip"]) == [7])
    #expect(folder.names == ["a.zip"])
  }

  @Test func followsASymbolicLink() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], as: "real.zip")
    try #require(symlink("real.zip", folder["link.zip"]) == 0)
    try write(to: folder["link.zip"], overwriting: true)
    #expect(try ZipArchive(path: folder["real.zip"]).members.count == 1)
    #expect(folder.names == ["link.zip", "real.zip"])
  }

  @Test func namesWhatCannotBeWritten() throws {
    let folder = try TemporaryFolder()
    expectError(.cannotCreate) { try write(to: folder.path, overwriting: true) }
    expectError(.cannotCreate) { try write(to: folder["no/such/a.zip"]) }
    expectError(.cannotCreate) { try write(to: "") }
    expectError(.cannotCreate) {
      try write(to: folder[String(repeating: "n", count: 300) + ".zip"])
    }
    #expect(folder.names == [])
  }
}

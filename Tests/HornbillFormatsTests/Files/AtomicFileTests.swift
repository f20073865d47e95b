import Testing

@testable import HornbillFormats

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite struct AtomicFileTests {
  static func save(
    _ bytes: [UInt8], to path: String, overwriting: Bool = false
  ) throws(ArchiveError) {
    var file = try AtomicFile(path: path, overwriting: overwriting)
    try file.write(bytes)
    try file.commit()
  }

  static func status(_ path: String) throws -> stat {
    var status = stat()
    try #require(lstat(path, &status) == 0)
    return status
  }

  @Test func piecesOfEverySizeArriveInOrder() throws {
    let folder = try TemporaryFolder()
    let bytes = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 4) }
    var file = try AtomicFile(path: folder["a"], overwriting: false)
    var start = 0
    for size in [0, 1, 65_535, 65_536, 3, 200_000, 7, 65_537] {
      #expect(file.position == start)
      try bytes[start..<start + size].withUnsafeBytes { try file.write($0) }
      start += size
    }
    try file.write(bytes[start...])
    try file.overwrite(at: 2, with: [9, 9])
    try file.commit()
    var expected = bytes
    expected.replaceSubrange(2..<4, with: [9, 9])
    #expect(try contents(of: folder["a"]) == expected)
    #expect(folder.names == ["a"])
  }

  @Test func bytesWrittenByPathBecomeTheFile() throws {
    let folder = try TemporaryFolder()
    let file = try AtomicFile(path: folder["a"], overwriting: false)
    let stream = try #require(fopen(file.temporaryPath, "wb"))
    fputs("by path", stream)
    fclose(stream)
    try file.commit()
    #expect(try contents(of: folder["a"]) == Array("by path".utf8))
  }

  @Test func permissionsOfTheOldFileStay() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], as: "a")
    try #require(chmod(folder["a"], 0o4751) == 0)
    try Self.save([2], to: folder["a"], overwriting: true)
    #expect(try Self.status(folder["a"]).st_mode & 0o7777 == 0o4751)
    try Self.save([2], to: folder["b"])
    let mask = umask(0)
    umask(mask)
    #expect(try Self.status(folder["b"]).st_mode & 0o777 == 0o666 & ~mask)
  }

  @Test func ownerOfTheOldFileStays() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], as: "a")
    // Only the superuser may give files away.
    guard chown(folder["a"], 1234, 2345) == 0 else { return }
    try Self.save([2], to: folder["a"], overwriting: true)
    #expect(try Self.status(folder["a"]).st_uid == 1234)
    #expect(try Self.status(folder["a"]).st_gid == 2345)
  }

  @Test(arguments: ["real", "sub/real"])
  func aLinkStaysAndItsDestinationIsWritten(destination: String) throws {
    let folder = try TemporaryFolder()
    try #require(mkdir(folder["sub"], 0o700) == 0)
    try #require(mkdir(folder["links"], 0o700) == 0)
    try #require(symlink("../" + destination, folder["links/second"]) == 0)
    try #require(symlink("links/second", folder["first"]) == 0)
    let path = folder[destination]
    try Self.save([1], to: folder["first"])
    #expect(try contents(of: path) == [1])
    try Self.save([2], to: folder["first"], overwriting: true)
    #expect(try contents(of: path) == [2])
    #expect(try Self.status(folder["first"]).st_mode & S_IFMT == S_IFLNK)
    #expect(try Self.status(folder["links/second"]).st_mode & S_IFMT == S_IFLNK)
    let expected = ["first", "links", "sub"] + (destination == "real" ? ["real"] : [])
    #expect(folder.names == expected.sorted())
  }

  @Test func aLinkToItselfIsAnError() throws {
    let folder = try TemporaryFolder()
    try #require(symlink("loop", folder["loop"]) == 0)
    expectError(.cannotCreate) { try Self.save([1], to: folder["loop"], overwriting: true) }
  }

  @Test func aFolderOrPipeIsNotReplaced() throws {
    let folder = try TemporaryFolder()
    try #require(mkdir(folder["d"], 0o700) == 0)
    try #require(mkfifo(folder["p"], 0o600) == 0)
    for name in ["d", "d/", "p", "e/"] {
      expectError(.cannotCreate) { try Self.save([1], to: folder[name], overwriting: true) }
    }
    #expect(folder.names == ["d", "p"])
  }

  @Test func aFailedWriteKeepsTheOldFile() throws {
    let folder = try TemporaryFolder()
    try folder.write([7], as: "a")
    do {
      var file = try AtomicFile(path: folder["a"], overwriting: true)
      try file.write([1, 2, 3])
      #expect(folder.names.count == 2)
    }
    #expect(try contents(of: folder["a"]) == [7])
    #expect(folder.names == ["a"])
  }
}

@Suite struct StagingFolderTests {
  private static let dead = ".hornbill-0123456789abcdef.tmp"

  /// Makes what a killed process leaves.
  private func leave(_ name: String, in folder: TemporaryFolder) throws {
    try #require(mkdir(folder[name], 0o700) == 0)
    try #require(mkdir(folder[name + "/payload"], 0o700) == 0)
    try folder.write([1, 2], as: name + "/payload/config.json")
    try #require(symlink("nowhere", folder[name + "/payload/link"]) == 0)
    try folder.write([], as: name + "/lock")
  }

  @Test func whatTheDeadLeaveIsRemoved() throws {
    let folder = try TemporaryFolder()
    try leave(Self.dead, in: folder)
    try #require(mkdir(folder[".hornbill-fedcba9876543210.tmp"], 0o700) == 0)
    try AtomicFileTests.save([1], to: folder["a"])
    #expect(folder.names == ["a"])
  }

  private static func makeFiles(_ count: Int, in folder: String) async {
    for number in 0..<count {
      let descriptor = open("\(folder)/\(number)", O_WRONLY | O_CREAT | O_EXCL, 0o600)
      if descriptor < 0 { return }
      close(descriptor)
    }
  }

  @Test func whatIsMadeDuringARemovalIsRemovedToo() async throws {
    // Which of the two is faster depends on the machine, so there are several rounds.
    for _ in 0..<30 {
      let folder = try TemporaryFolder()
      try leave(Self.dead, in: folder)
      let path = folder[Self.dead]
      async let maker: Void = Self.makeFiles(1000, in: path)
      while access(path + "/0", F_OK) != 0 { await Task.yield() }
      StagingFolder.remove(path)
      await maker
      try #require(folder.names.isEmpty)
    }
  }

  @Test func whatALivingProcessUsesStays() throws {
    let folder = try TemporaryFolder()
    try leave(Self.dead, in: folder)
    let lock = open(folder[Self.dead + "/lock"], O_RDWR)
    try #require(flock(lock, LOCK_EX | LOCK_NB) == 0)
    try AtomicFileTests.save([1], to: folder["a"])
    #expect(folder.names == [Self.dead, "a"])
    close(lock)
    try AtomicFileTests.save([1], to: folder["b"])
    #expect(folder.names == ["a", "b"])
  }

  @Test func twoWritesOfOneProcessLeaveEachOtherAlone() throws {
    let folder = try TemporaryFolder()
    var first = try AtomicFile(path: folder["a"], overwriting: false)
    try first.write([1])
    try AtomicFileTests.save([2], to: folder["b"])
    try first.commit()
    #expect(try contents(of: folder["a"]) == [1])
    #expect(folder.names == ["a", "b"])
  }

  @Test(arguments: [
    ".hornbill-0123456789abcdeg.tmp", ".hornbill-0123456789abcde.tmp",
    ".hornbill-0123456789ABCDEF.tmp", "hornbill-0123456789abcdef.tmp", ".hornbill-.tmp",
  ])
  func otherNamesStay(name: String) throws {
    let folder = try TemporaryFolder()
    try leave(name, in: folder)
    try AtomicFileTests.save([1], to: folder["a"])
    #expect(folder.names == [name, "a"].sorted())
  }

  @Test func aLinkOfSuchANameIsNotFollowed() throws {
    let folder = try TemporaryFolder()
    try leave("precious", in: folder)
    try #require(symlink("precious", folder[Self.dead]) == 0)
    try AtomicFileTests.save([1], to: folder["a"])
    #expect(folder.names == [Self.dead, "a", "precious"])
    #expect(try contents(of: folder["precious/payload/config.json"]) == [1, 2])
  }
}

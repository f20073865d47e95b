import HornbillFormats
import Testing

@Suite struct ZipArchiveTests {
  private let hello = Array("hello".utf8)

  private func open(_ builder: ZipBuilder) throws -> ZipArchive {
    try ZipArchive(bytes: builder.bytes, name: "a.zip")
  }

  @Test func readsStoredMembers() throws {
    let archive = try open(
      ZipBuilder([.init("a/b.txt", hello), .init("folder/", []), .init("é|:#", [])]))
    #expect(archive.members.map(\.name) == ["a/b.txt", "folder/", "é|:#"])
    let member = try #require(archive["a/b.txt"])
    #expect(member.dataOffset == 37)
    #expect(member.method == .stored)
    #expect(try archive.read(member) == hello)
    #expect(try archive.prefix(of: member, count: 2) == Array("he".utf8))
    #expect(archive["folder/"]?.isDirectory == true)
    #expect(archive["c"] == nil)
  }

  @Test func readsAnEmptyArchiveAndAComment() throws {
    var builder = ZipBuilder([])
    builder.comment = Array("made by hand PK\u{5}\u{6}".utf8)
    #expect(try open(builder).members.isEmpty)
  }

  @Test func readsInflatedMembersWithinTheLimits() throws {
    // "hello" in one raw DEFLATE block with fixed codes.
    var member = ZipBuilder.Member("a", hello)
    member.data = [0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]
    member.storedSize = 7
    member.method = 8
    let archive = try open(ZipBuilder([member]))
    #expect(try archive.read(archive.members[0]) == hello)
    try archive.verify(archive.members[0])
  }

  @Test(arguments: [
    "../x", "a/../x", "..", "/etc/passwd", "a\\b", "C:\\x", "a\0b", "",
  ])
  func refusesUnsafeNames(name: String) {
    expectError(.refused, object: name) { try open(ZipBuilder([.init(name, hello)])) }
  }

  @Test func refusesNamesThatAreNotUTF8() {
    var member = ZipBuilder.Member("x", hello)
    member.name = [0xFF, 0xFE]
    expectError(.unsupported) { try open(ZipBuilder([member])) }
  }

  @Test func refusesSymbolicLinks() {
    var member = ZipBuilder.Member("link", Array("/etc/passwd".utf8))
    member.attributes = 0o120777 << 16
    expectError(.refused, object: "link") { try open(ZipBuilder([member])) }
  }

  @Test func refusesDuplicateNames() {
    expectError(.refused, object: "a") {
      try open(ZipBuilder([.init("a", hello), .init("a", [])]))
    }
  }

  @Test func refusesOverlappingMembers() {
    var second = ZipBuilder.Member("a", hello)
    second.name = Array("b".utf8)
    second.localName = Array("b".utf8)
    var first = ZipBuilder.Member("a", [])
    // The first member's data reach over the whole second member.
    first.data = []
    first.size = 36
    first.storedSize = 36
    expectError(.refused) { try open(ZipBuilder([first, second])) }
  }

  @Test func refusesTwoRecordsForTheSameBytes() {
    var second = ZipBuilder.Member("a", hello)
    second.offset = 0
    let error = expectError(.refused) { try open(ZipBuilder([.init("a", hello), second])) }
    #expect(error?.detail.contains("two members") == true)
  }

  @Test(arguments: [UInt16(0x0001), 0x0041, 0x2000])
  func refusesEncryption(flags: UInt16) {
    var member = ZipBuilder.Member("a", hello)
    member.flags = flags
    expectError(.unsupported, object: "a") { try open(ZipBuilder([member])) }
  }

  @Test(arguments: [UInt16(1), 9, 12, 14, 93, 99])
  func refusesOtherMethods(method: UInt16) {
    var member = ZipBuilder.Member("a", hello)
    member.method = method
    let error = expectError(.unsupported, object: "a") { try open(ZipBuilder([member])) }
    #expect(error?.detail.contains("found \(method)") == true)
  }

  @Test func refusesBombs() {
    var member = ZipBuilder.Member("a", [0])
    member.method = 8
    member.size = 1101
    expectError(.refused, object: "a") { try open(ZipBuilder([member])) }
    member.size = 1100
    #expect(throws: Never.self) { try open(ZipBuilder([member])) }
  }

  @Test func refusesAStoredMemberOfTwoSizes() {
    var member = ZipBuilder.Member("a", hello)
    member.size = 4
    expectError(.malformed, object: "a") { try open(ZipBuilder([member])) }
  }

  @Test func checksTheChecksum() throws {
    let archive = try open(ZipBuilder([.init("a", hello, crc: 1)]))
    expectError(.malformed, object: "a") { try archive.read(archive.members[0]) }
    expectError(.malformed, object: "a") { try archive.verify(archive.members[0]) }
  }

  @Test func refusesDamagedDeflateData() throws {
    var member = ZipBuilder.Member("a", hello)
    member.data = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
    member.storedSize = 7
    member.method = 8
    let archive = try open(ZipBuilder([member]))
    expectError(.malformed, object: "a") { try archive.read(archive.members[0]) }
  }

  @Test func refusesADeflatedMemberThatIsShorterOrLongerThanItSays() throws {
    for size in [UInt32(4), 6] {
      var member = ZipBuilder.Member("a", hello)
      member.data = [0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]
      member.storedSize = 7
      member.method = 8
      member.size = size
      let archive = try open(ZipBuilder([member]))
      #expect(throws: ArchiveError.self) { try archive.read(archive.members[0]) }
    }
  }

  @Test func refusesHeadersThatDiffer() {
    var member = ZipBuilder.Member("a", hello)
    member.localName = Array("b".utf8)
    expectError(.malformed, object: "a") { try open(ZipBuilder([member])) }
    member.localName = nil
    member.localFlags = 1
    expectError(.malformed, object: "a") { try open(ZipBuilder([member])) }
  }

  @Test(arguments: [UInt32(40), 0x10_0000, 0xFFFF_FFFE])
  func refusesPositionsOutsideTheFile(offset: UInt32) {
    var member = ZipBuilder.Member("a", hello)
    member.offset = offset
    expectError(.malformed, object: "a") { try open(ZipBuilder([member])) }
  }

  @Test func refusesZip64LiesAndAbsence() {
    var member = ZipBuilder.Member("a", hello)
    member.size = .max
    expectError(.malformed, object: "a") { try open(ZipBuilder([member])) }
    member.extra = [1, 0, 8, 0] + [UInt8](repeating: 0xFF, count: 8)
    expectError(.malformed, object: "a") { try open(ZipBuilder([member])) }
    member.extra = [1, 0, 4, 0, 1, 2, 3, 4]
    expectError(.malformed, object: "a") { try open(ZipBuilder([member])) }
  }

  @Test func readsZip64() throws {
    var builder = ZipBuilder([.init("a", hello), .init("b", hello + hello)])
    builder.isZip64 = true
    let archive = try open(builder)
    #expect(archive.members.map(\.size) == [5, 10])
    #expect(try archive.read(archive.members[1]) == hello + hello)
    for position in [UInt32(0), 3, 1000, .max] {
      builder.zip64Position = position
      expectError(.malformed) { try open(builder) }
    }
  }

  @Test func refusesBytesAfterTheEnd() {
    var builder = ZipBuilder([.init("a", hello)])
    builder.trailer = [0]
    expectError(.malformed) { try open(builder) }
  }

  @Test func refusesALyingEndRecord() {
    var builder = ZipBuilder([.init("a", hello)])
    builder.count = 2
    expectError(.malformed) { try open(builder) }
    builder.count = 0
    expectError(.malformed) { try open(builder) }
    builder.count = nil
    builder.listOffset = 0
    expectError(.malformed) { try open(builder) }
    builder.listOffset = nil
    builder.listSize = 10
    expectError(.malformed) { try open(builder) }
    builder.listSize = nil
    builder.diskNumber = 1
    expectError(.unsupported) { try open(builder) }
  }

  @Test func limitsTheNumberOfMembers() {
    let members = (0...10_000).map { ZipBuilder.Member("m\($0)", []) }
    expectError(.limit) { try open(ZipBuilder(members)) }
  }

  @Test func everyPrefixIsRefused() {
    let bytes = ZipBuilder([.init("a", hello), .init("b", hello)]).bytes
    for length in 0..<bytes.count {
      #expect(throws: ArchiveError.self) {
        try ZipArchive(bytes: Array(bytes.prefix(length)), name: "a.zip")
      }
    }
  }

  @Test func noFlippedBitCrashesTheReader() {
    let bytes = ZipBuilder([.init("a", hello), .init("b", hello)]).bytes
    for index in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[index] ^= 1 << UInt8(bit)
        do throws(ArchiveError) {
          let archive = try ZipArchive(bytes: damaged, name: "a.zip")
          for member in archive.members {
            let read = try archive.read(member)
            #expect(read == hello)
          }
        } catch {
          #expect(!error.detail.isEmpty)
        }
      }
    }
  }

  @Test func refusesWhatIsNoZip() throws {
    expectError(.notAModel) { try ZipArchive(bytes: Array("nonsense".utf8), name: "x") }
    expectError(.truncated) { try ZipArchive(bytes: [], name: "x") }
    expectError(.unreadable) { try ZipArchive(path: "/nonexistent/x.zip") }
    expectError(.unreadable) { try ZipArchive(path: "/tmp") }
    expectError(.unreadable) { try ZipArchive(path: "/dev/null") }
  }
}

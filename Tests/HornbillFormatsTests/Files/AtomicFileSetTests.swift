import HornbillFormats
import HornbillHDF5
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite struct AtomicFileSetTests {
  /// Saves a set of files, each with one group `layers/<text><number>`.
  private func save(
    _ text: String, count: Int, to path: String, overwriting: Bool = false
  ) throws {
    var set = try AtomicFileSet(index: path, overwriting: overwriting)
    var entries: [String] = []
    for number in 0..<count {
      let part = try set.addPart()
      let file = try HDF5.File(creating: part.temporaryPath)
      let values = try file.root.createDataset(
        at: "layers/\(text)\(number)/vars/0", type: .float32, shape: [1])
      try values.write([Float(number)])
      try file.close()
      entries.append("\"/layers/\(text)\(number)/vars\": \"\(part.name)\"")
    }
    let json = "{\"metadata\": {}, \"weight_map\": {\(entries.joined(separator: ", "))}}"
    try set.commit(index: Array(json.utf8))
  }

  private func layers(_ path: String) throws -> [String] {
    guard case .objectPaths(let objects) = try ModelArchive.open(path).weights else { return [] }
    return objects.groups.filter { !$0.variables.isEmpty }.map(\.objectPath)
  }

  private func shards(_ numbers: ClosedRange<Int>) -> [String] {
    numbers.map { "m_0000\($0).weights.h5" }
  }

  @Test func aFirstSetHasTheNamesOfKeras() throws {
    let folder = try TemporaryFolder()
    let path = folder["m.weights.json"]
    try save("a", count: 3, to: path)
    #expect(folder.names == ["m.weights.json"] + shards(0...2))
    #expect(try layers(path) == ["layers/a0", "layers/a1", "layers/a2"])
    expectError(.cannotCreate) { try save("b", count: 1, to: path) }
  }

  @Test func aSetThatReplacesOneUsesNoNameOfIt() throws {
    let folder = try TemporaryFolder()
    let path = folder["m.weights.json"]
    try save("a", count: 2, to: path)
    try save("b", count: 3, to: path, overwriting: true)
    #expect(folder.names == ["m.weights.json", "m_00000.weights.h5"] + shards(2...4))
    #expect(try layers(path) == ["layers/b0", "layers/b1", "layers/b2"])
    // Keras opens the first file before it reads the index.
    #expect(try HDF5.File(reading: folder["m_00000.weights.h5"]).root.links().isEmpty)
    try save("c", count: 1, to: path, overwriting: true)
    #expect(folder.names == ["m.weights.json"] + shards(0...1))
    #expect(try layers(path) == ["layers/c0"])
  }

  @Test func filesOfOthersStay() throws {
    let folder = try TemporaryFolder()
    let path = folder["m.weights.json"]
    try folder.write([1], as: "other.weights.h5")
    try folder.write([2], as: "m_00003.weights.h5")
    try folder.write(
      Array("{\"weight_map\": {\"/a/vars\": [\"other.weights.h5\", \"m_1.weights.h5\"]}}".utf8),
      as: "m.weights.json")
    try folder.write([3], as: "m_1.weights.h5")
    try save("a", count: 3, to: path, overwriting: true)
    #expect(
      folder.names == ["m.weights.json"] + shards(0...4) + ["m_1.weights.h5", "other.weights.h5"])
    #expect(try contents(of: folder["other.weights.h5"]) == [1])
    #expect(try contents(of: folder["m_00003.weights.h5"]) == [2])
    #expect(try layers(path) == ["layers/a0", "layers/a1", "layers/a2"])
  }

  @Test func aFirstFileWithoutIndexIsReplacedOnlyWhenAsked() throws {
    let folder = try TemporaryFolder()
    let path = folder["m.weights.json"]
    try folder.write([1], as: "m_00000.weights.h5")
    expectError(.cannotCreate, object: "m_00000.weights.h5") { try save("a", count: 1, to: path) }
    try save("a", count: 1, to: path, overwriting: true)
    #expect(folder.names == ["m.weights.json"] + shards(0...1))
    #expect(try layers(path) == ["layers/a0"])
  }

  /// Readers seek the files beside the link, not where it leads.
  @Test(arguments: [false, true])
  func anIndexThatIsALinkIsRefused(overwriting: Bool) throws {
    let folder = try TemporaryFolder()
    try #require(mkdir(folder["sub"], 0o700) == 0)
    try #require(symlink("sub/m.weights.json", folder["m.weights.json"]) == 0)
    if overwriting { try save("a", count: 1, to: folder["sub/m.weights.json"]) }
    let error = expectError(.cannotCreate) {
      try save("b", count: 1, to: folder["m.weights.json"], overwriting: overwriting)
    }
    #expect(error?.detail.contains("'\(folder["sub/m.weights.json"])'") == true)
    #expect(folder.names == ["m.weights.json", "sub"])
    if overwriting { #expect(try layers(folder["sub/m.weights.json"]) == ["layers/a0"]) }
  }

  @Test func aFailureKeepsTheOldSet() throws {
    let folder = try TemporaryFolder()
    let path = folder["m.weights.json"]
    try save("a", count: 2, to: path)
    let names = folder.names
    expectError(.io) {
      var set = try AtomicFileSet(index: path, overwriting: true)
      _ = try set.addPart()
      try set.commit(index: [])
    }
    expectError(.cannotCreate) {
      var set = try AtomicFileSet(index: path, overwriting: true)
      for _ in 0..<2 {
        let part = try set.addPart()
        try HDF5.File(creating: part.temporaryPath).close()
      }
      try folder.write([5], as: "m_00003.weights.h5")
      try set.commit(index: [])
    }
    #expect(folder.names == names + ["m_00003.weights.h5"])
    #expect(try contents(of: folder["m_00003.weights.h5"]) == [5])
    #expect(try layers(path) == ["layers/a0", "layers/a1"])
  }

  /// Where a process was killed: before the index was renamed, or after it.
  @Test(arguments: [false, true])
  func theDeadAreSettled(isCommitted: Bool) throws {
    let folder = try TemporaryFolder()
    let dead = ".hornbill-0123456789abcdef.tmp"
    try #require(mkdir(folder[dead], 0o700) == 0)
    try folder.write([], as: dead + "/lock")
    if !isCommitted { try folder.write([], as: dead + "/payload") }
    try folder.write([9], as: dead + "/placeholder")
    var journal = ""
    for (role, name) in [("added", "n"), ("superseded", "o"), ("emptied", "e")] {
      try folder.write([1], as: name)
      let number = try AtomicFileTests.status(folder[name]).st_ino
      journal += "\(role)\u{0}\(number)\u{0}\(name)\u{0}"
      // The same name, but another file.
      try folder.write([1], as: name + "2")
      journal += "\(role)\u{0}\(number)\u{0}\(name)2\u{0}"
    }
    try folder.write(Array(journal.utf8), as: dead + "/journal")
    try AtomicFileTests.save([1], to: folder["a"])
    let kept = isCommitted ? ["e", "n"] : ["e", "o"]
    #expect(folder.names == (["a", "e2", "n2", "o2"] + kept).sorted())
    #expect(try contents(of: folder["e"]) == (isCommitted ? [9] : [1]))
  }

  @Test(arguments: [
    "added\u{0}X\u{0}../victim\u{0}", "added\u{0}X\u{0}victim", "added\u{0}\u{0}victim\u{0}",
    "remove\u{0}X\u{0}victim\u{0}", "added\u{0}X\u{0}", "\u{0}", "",
  ])
  func aBrokenJournalDoesNothing(text: String) throws {
    let folder = try TemporaryFolder()
    let dead = ".hornbill-0123456789abcdef.tmp"
    try #require(mkdir(folder[dead], 0o700) == 0)
    try folder.write([], as: dead + "/lock")
    try folder.write([], as: dead + "/payload")
    try folder.write([1], as: "victim")
    let number = try AtomicFileTests.status(folder["victim"]).st_ino
    let parts = text.split(separator: "X", omittingEmptySubsequences: false)
    try folder.write(Array(parts.joined(separator: "\(number)").utf8), as: dead + "/journal")
    try AtomicFileTests.save([1], to: folder["a"])
    #expect(folder.names == ["a", "victim"])
  }
}

import HornbillFormats
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite struct AtomicFolderTests {
  private func save(_ text: String, to path: String, overwriting: Bool = false) throws {
    let folder = try AtomicFolder(
      path: path, overwriting: overwriting, replacing: ["config.json", "assets"])
    try folder.write(Array(text.utf8), to: "config.json")
    try folder.write([1], to: "assets/layers/words.txt")
    try folder.commit()
  }

  @Test func makesAFolder() throws {
    let folder = try TemporaryFolder()
    try save("new", to: folder["m.keras"])
    #expect(folder.names == ["m.keras"])
    #expect(try contents(of: folder["m.keras/config.json"]) == Array("new".utf8))
    #expect(try contents(of: folder["m.keras/assets/layers/words.txt"]) == [1])
  }

  @Test func replacesAFolderOnlyWhenAsked() throws {
    let folder = try TemporaryFolder()
    try save("old", to: folder["m.keras"])
    try #require(chmod(folder["m.keras"], 0o750) == 0)
    expectError(.cannotCreate) { try save("new", to: folder["m.keras"]) }
    #expect(try contents(of: folder["m.keras/config.json"]) == Array("old".utf8))
    try save("new", to: folder["m.keras"], overwriting: true)
    #expect(try contents(of: folder["m.keras/config.json"]) == Array("new".utf8))
    #expect(try AtomicFileTests.status(folder["m.keras"]).st_mode & 0o777 == 0o750)
    #expect(folder.names == ["m.keras"])
  }

  @Test func takesTheNameOfAnEmptyFolderAndOfALinksDestination() throws {
    let folder = try TemporaryFolder()
    try #require(mkdir(folder["empty"], 0o700) == 0)
    try #require(symlink("empty", folder["link"]) == 0)
    try save("new", to: folder["link"])
    #expect(try contents(of: folder["empty/config.json"]) == Array("new".utf8))
    #expect(folder.names == ["empty", "link"])
  }

  @Test func aFolderWithOtherFilesIsKept() throws {
    let folder = try TemporaryFolder()
    try save("old", to: folder["m.keras"])
    try folder.write([1], as: "m.keras/notes.txt")
    expectError(.cannotCreate, object: "notes.txt") {
      try save("new", to: folder["m.keras"], overwriting: true)
    }
    #expect(try contents(of: folder["m.keras/config.json"]) == Array("old".utf8))
    #expect(folder.names == ["m.keras"])
  }

  /// A file that nobody has allowed to replace, in a folder that was empty when the save began.
  @Test(arguments: [(false, "config.json"), (true, "notes.txt")])
  func whatArrivesBeforeTheCommitIsKept(overwriting: Bool, name: String) throws {
    let folder = try TemporaryFolder()
    try #require(mkdir(folder["m.keras"], 0o700) == 0)
    expectError(.cannotCreate) {
      let new = try AtomicFolder(
        path: folder["m.keras"], overwriting: overwriting, replacing: ["config.json"])
      try new.write([1], to: "config.json")
      try folder.write([2], as: "m.keras/" + name)
      try new.commit()
    }
    #expect(try contents(of: folder["m.keras/" + name]) == [2])
    #expect(folder.names == ["m.keras"])
  }

  @Test func aFileIsNotReplaced() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], as: "m.keras")
    expectError(.cannotCreate) { try save("new", to: folder["m.keras"], overwriting: true) }
    #expect(folder.names == ["m.keras"])
  }

  /// The superuser may write everywhere.
  @Test(.enabled(if: geteuid() != 0))
  func aFolderThatMayNotBeWrittenIsNotReplaced() throws {
    let folder = try TemporaryFolder()
    try save("old", to: folder["m.keras"])
    try #require(chmod(folder["m.keras"], 0o555) == 0)
    expectError(.cannotCreate) { try save("new", to: folder["m.keras"], overwriting: true) }
    try #require(chmod(folder["m.keras"], 0o755) == 0)
    #expect(try contents(of: folder["m.keras/config.json"]) == Array("old".utf8))
    #expect(folder.names == ["m.keras"])
  }

  @Test func aReplacedFolderThatMayNotBeWrittenGoesAway() throws {
    let folder = try TemporaryFolder()
    try save("old", to: folder["m.keras"])
    try #require(chmod(folder["m.keras/assets/layers"], 0o555) == 0)
    try save("new", to: folder["m.keras"], overwriting: true)
    #expect(folder.names == ["m.keras"])
  }

  @Test func foldersDeeperThanReadersLookAreRefused() throws {
    let folder = try TemporaryFolder()
    let new = try AtomicFolder(path: folder["m"], overwriting: false, replacing: [])
    let inner = String(repeating: "a/", count: 64) + "b"
    try new.write([1], to: "assets/" + inner)
    let deeper = "assets/a/" + inner
    expectError(.limit, object: deeper) { try new.write([1], to: deeper) }
  }

  @Test(arguments: ["../a", "/a", "a/../b", ""])
  func namesThatLeadOutAreRefused(name: String) throws {
    let folder = try TemporaryFolder()
    let new = try AtomicFolder(path: folder["m"], overwriting: false, replacing: [])
    expectError(.unsupported, object: name) { try new.write([1], to: name) }
  }
}

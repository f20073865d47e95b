import HornbillCore
import HornbillTestSupport
import Testing

@Suite("The manifest of the fixtures")
struct ManifestTests {
  @Test("every fixture is listed with its hash and where it comes from")
  func files() throws {
    let json = try Fixture.json("MANIFEST.json")
    let entries = try #require(json["files"]?.array)
    let found = Fixture.files().filter {
      !$0.hasPrefix("generate/") && $0 != "MANIFEST.json" && $0 != "record.py"
        && !$0.contains("__pycache__")
    }
    #expect(try entries.map { try #require($0["file"]?.string) } == found)
    let generators = Set(Fixture.files(below: "generate"))
    for entry in entries {
      let file = try #require(entry["file"]?.string)
      let hash = try SHA256.digest(Fixture.bytes(file))
      #expect(hash == entry["sha256"]?.string, "\(file) is not the file that was made")
      let generator = try #require(entry["generator"]?.string)
      #expect(generators.contains("generate/\(generator)"), "\(file): no \(generator)")
      if let keras = entry["keras"]?.string {
        #expect(["3.15.1", "2.15.0"].contains(keras), "\(file)")
        #expect(entry["backend"]?.string == "tensorflow", "\(file)")
      }
    }
  }

  @Test("the fixtures stay below 8 MB")
  func size() throws {
    let total = try Fixture.files().filter { !$0.contains("__pycache__") }
      .reduce(0) { try $0 + Fixture.bytes($1).count }
    #expect(total < 8_000_000)
  }

  @Test(
    "the hash is that of FIPS 180-4",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func hash(text: String, expected: String) {
    #expect(SHA256.digest([UInt8](text.utf8)) == expected)
  }
}

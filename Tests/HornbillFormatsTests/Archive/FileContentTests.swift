import HornbillCore
import HornbillFormats
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite struct FileContentTests {
  private static let cases: [([UInt8], String)] = [
    (Array("<!DOCTYPE html><html>".utf8), "HTML"),
    (Array("\n <html><body>".utf8), "HTML"),
    (Array("version https://git-lfs.github.com/spec/v1\noid sha256:".utf8), "git lfs pull"),
    ([0x80, 0x04, 0x95], "pickle"),
    ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "PNG"),
    ([0x1F, 0x8B, 0x08], "gzip"),
    (Array("\u{1c}\0\0\0TFL3".utf8), "TensorFlow Lite"),
    ([8, 0, 0, 0, 0, 0, 0, 0] + Array("{\"a\":1}".utf8), "safetensors"),
    // Only the length tells these from text and from a pickle.
    (Array("model = {\"a\": 1}".utf8), "a text"),
    ([0x80, 2, 0, 0, 0, 0, 0, 0] + Array("{}".utf8), "safetensors"),
    ([UInt8](repeating: 0, count: 600), "zero bytes"),
    (Array("class_name: Sequential\n".utf8), "YAML"),
    (Array("hello".utf8), "a text"),
    ([0xAB, 0xCD], "unknown kind"),
  ]

  @Test(arguments: cases)
  func saysWhatAFileIs(bytes: [UInt8], words: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, as: "model.h5")
    let error = expectError(.notAModel) { try ModelArchive.open(path) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test func refusesWhatCannotBeRead() throws {
    let folder = try TemporaryFolder()
    let empty = expectError(.truncated) { try ModelArchive.open(folder.write([], as: "e.h5")) }
    #expect(empty?.detail.contains("empty") == true)
    expectError(.unreadable) { try ModelArchive.open(folder["missing.h5"]) }
    expectError(.unreadable) { try ModelArchive.open("a\0b") }
    expectError(.unreadable) { try ModelArchive.open("/dev/zero") }
    try #require(mkfifo(folder["pipe"], 0o600) == 0)
    let pipe = expectError(.unreadable) { try ModelArchive.open(folder["pipe"]) }
    #expect(pipe?.detail.contains("pipe") == true)
    try #require(symlink("nowhere", folder["link"]) == 0)
    expectError(.unreadable) { try ModelArchive.open(folder["link"]) }
  }

  /// The bytes of a member may begin where HDF5 looks for its signature.
  @Test func anArchiveIsNotTakenForItsMember() throws {
    let folder = try TemporaryFolder()
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    var bytes: [UInt8] = [0x50, 0x4B, 0x03, 0x04] + [UInt8](repeating: 0, count: 508)
    bytes += signature + [UInt8](repeating: 0, count: 100)
    let path = try folder.write(bytes, as: "a.keras")
    let error = #expect(throws: ArchiveError.self) { try ModelArchive.open(path) }
    #expect(error?.detail.contains("zip") == true, "\(error?.description ?? "")")
  }

  @Test func escapesNamesInErrors() throws {
    let folder = try TemporaryFolder()
    let error = expectError(.unreadable) {
      try ModelArchive.open(folder["\u{1B}[31m\u{202E}.h5"])
    }
    #expect(error?.description.contains("\\u{1b}[31m\\u{202e}.h5") == true)
  }
}

@Suite struct ArchitectureJSONTests {
  private func open(_ text: String) throws -> ModelArchive {
    let folder = try TemporaryFolder()
    return try ModelArchive.open(folder.write(Array(text.utf8), as: "a.json"))
  }

  @Test func readsWhatKerasWrites() throws {
    let archive = try ModelArchive.open(fixture("formats/small.json"))
    #expect(archive.format == .architecture)
    #expect(archive.architecture?["class_name"]?.string == "Functional")
    #expect(archive.weights.all.isEmpty)
  }

  @Test(arguments: [
    (#"{"class_name": "Sequential", "config": []}"#, "Sequential"),
    (#"{"layers": [], "name": "x"}"#, "Sequential"),
    (#"{"layers": [], "input_layers": [], "output_layers": []}"#, "Functional"),
    (#"[{"class_name": "Dense", "config": {}}]"#, "Sequential"),
    (#""{\"class_name\": \"Model\", \"config\": {}}""#, "Model"),
  ])
  func acceptsEveryForm(text: String, className: String) throws {
    #expect(try open(text).architecture?["class_name"]?.string == className)
    #expect(try open(text).architecture?["config"] != nil)
  }

  @Test func readsVersionAndBackend() throws {
    let archive = try open(
      #"{"class_name": "Model", "config": {}, "keras_version": "2.1.6", "backend": "theano"}"#)
    #expect(archive.kerasVersion == "2.1.6")
    #expect(archive.backend == "theano")
  }

  @Test(arguments: [
    ("{}", ArchiveError.Code.notAModel), ("[]", .notAModel), ("[1]", .notAModel),
    (#"{"modelTopology": {}}"#, .notAModel), ("{", .malformed), (#""{""#, .malformed),
    (String(repeating: "[", count: 600), .limit),
  ])
  func refusesOtherJSON(text: String, code: ArchiveError.Code) {
    expectError(code) { try open(text) }
  }
}

import HornbillCore
import HornbillFormats
import Testing

@Suite struct ShardedArchiveTests {
  private func write(_ text: String, to folder: TemporaryFolder) throws -> String {
    for name in ["small_00000.weights.h5", "small_00001.weights.h5"] {
      try folder.write(contents(of: fixture("formats/" + name)), as: name)
    }
    return try folder.write(Array(text.utf8), as: "small.weights.json")
  }

  @Test func readsTheSize() throws {
    let archive = try ModelArchive.open(fixture("formats/small.weights.json"))
    #expect(archive.format == .shardedWeights)
    #expect(archive.metadata?["total_size"]?.number == 308)
    #expect(archive.weights.all.map(\.byteCount).reduce(0, +) == 308)
  }

  @Test(arguments: [
    (#"{"weight_map": []}"#, ArchiveError.Code.malformed, "object"),
    (#"{"weight_map": {"/layers/dense/vars": 1}}"#, .malformed, "name of a file"),
    (#"{"weight_map": {"/layers/dense/vars": [null]}}"#, .malformed, "name of a file"),
    (#"{"weight_map": {"/layers/dense/vars": "../small_00000.weights.h5"}}"#, .refused, "beside"),
    (#"{"weight_map": {"/layers/dense/vars": "/etc/passwd"}}"#, .refused, "beside"),
    (#"{"weight_map": {"/layers/dense/vars": ["a.h5", "a.h5"]}}"#, .malformed, "twice"),
    (
      #"{"weight_map": {"/a/vars": ["x.h5", "small_00000.weights.h5", "y.h5"]}}"#, .missing,
      "2 of 3"
    ),
    (#"{"weight_map": {"/layers/none/vars": "small_00000.weights.h5"}}"#, .missing, "group"),
  ])
  func refusesByName(text: String, code: ArchiveError.Code, words: String) throws {
    let folder = try TemporaryFolder()
    let path = try write(text, to: folder)
    let error = expectError(code) { try ModelArchive.open(path) }
    #expect(error?.detail.contains(words) == true)
  }

  @Test func refusesAVariableInTwoShards() throws {
    let folder = try TemporaryFolder()
    let path = try write(
      #"{"weight_map": {"/layers/dense/vars": ["small_00000.weights.h5", "copy.h5"]}}"#, to: folder)
    try folder.write(contents(of: folder["small_00000.weights.h5"]), as: "copy.h5")
    let error = expectError(.malformed) { try ModelArchive.open(path) }
    #expect(error?.detail.contains("twice") == true)
  }
}

import HornbillCore
import HornbillFormats
import HornbillTestSupport
import Testing

/// Runs `hornbill edit` and looks at what it wrote.
struct EditFiles {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  /// Edits a file of the fixtures, or one in the folder, and expects it to be written.
  ///
  /// - Returns: the path of the new file, and what the command said.
  func edit(
    _ file: String, to name: String, status: Int32 = 0, _ edits: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> (path: String, outcome: Outcome) {
    let output = folder.path(name)
    let outcome = try Command.run(["edit", input(file), "-o", output] + edits, in: folder)
    #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: sourceLocation)
    return (output, outcome)
  }

  func input(_ file: String) -> String {
    file.hasPrefix("/") ? file : Fixture.path(file)
  }

  /// Expects an edit to be refused with one line, and nothing to be written.
  static func expectRefusal(
    _ file: String, _ edits: [String], status: Int32, says words: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let path = file.hasPrefix("/") ? file : Fixture.path(file)
    let ending =
      file.hasSuffix(".weights.h5") ? "weights.h5" : String(file.split(separator: ".").last ?? "")
    try expectFailure(
      ["edit", path, "-o", "out.\(ending)", "--quiet"] + edits, status: status, says: words,
      sourceLocation: sourceLocation)
  }
}

extension ModelArchive {
  /// The names of the weights with their numbers.
  func tensors() throws -> [(name: String, tensor: Tensor)] {
    try weights.all.filter { $0.dtype != nil }.map { (name: $0.path, tensor: try $0.read()) }
  }

  func weight(_ path: String) throws -> StoredWeight {
    try #require(weights.all.first { $0.path == path }, "\(weights.all.map(\.path))")
  }
}

/// Expects two files to hold the same but for what is told.
func expectSame(
  _ one: ModelArchive, _ other: ModelArchive, but changed: Set<String> = [],
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let (first, second) = (try one.tensors(), try other.tensors())
  #expect(first.map(\.name) == second.map(\.name), sourceLocation: sourceLocation)
  for (a, b) in zip(first, second) where !changed.contains(a.name) {
    #expect(a.tensor == b.tensor, "\(a.name)", sourceLocation: sourceLocation)
  }
  #expect(one.format == other.format, sourceLocation: sourceLocation)
  #expect(one.kerasVersion == other.kerasVersion, sourceLocation: sourceLocation)
  #expect(
    one.optimizerWeights.map(\.name) == other.optimizerWeights.map(\.name),
    sourceLocation: sourceLocation)
  #expect(one.assets.map(\.path) == other.assets.map(\.path), sourceLocation: sourceLocation)
  #expect(one.metadata == other.metadata, sourceLocation: sourceLocation)
}

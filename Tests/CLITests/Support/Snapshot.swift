import Foundation
import HornbillTestSupport
import Testing

/// Texts that are kept in `Tests/CLITests/Snapshots`.
enum Snapshot {
  private static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Snapshots")

  /// Expects a text to be the kept one; with `HORNBILL_RECORD=1` in the environment keeps it.
  static func expect(
    _ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let url = folder.appending(path: name)
    if ProcessInfo.processInfo.environment["HORNBILL_RECORD"] == "1" {
      try text.write(to: url, atomically: true, encoding: .utf8)
    }
    let kept = try String(contentsOf: url, encoding: .utf8)
    #expect(text == kept, "Snapshots/\(name)", sourceLocation: sourceLocation)
  }
}

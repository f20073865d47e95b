import Foundation

/// Writes texts for the tests of conversions.
enum Scratchpad {
  static func write(_ text: String, to path: String) throws {
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }
}

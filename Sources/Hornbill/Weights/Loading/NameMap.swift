import HornbillCore
import HornbillFormats

/// Which names of one file stand for which names of another: of layers, or of single weights.
package struct NameMap: Sendable {
  /// The pairs in order; each old name is there once.
  package private(set) var pairs: [(old: String, new: String)] = []
  private var positions: [String: Int] = [:]

  /// An empty map: every name stands for itself.
  package init() {}

  /// A map of a dictionary.
  package init(_ names: [String: String]) {
    for (old, new) in names.sorted(by: { $0.key < $1.key }) { _ = add(old, new) }
  }

  package var isEmpty: Bool { pairs.isEmpty }

  /// The new name of an old one; `nil` when the map does not list it.
  package subscript(old: String) -> String? { positions[old].map { pairs[$0].new } }

  private mutating func add(_ old: String, _ new: String) -> Bool {
    guard positions[old] == nil else { return false }
    positions[old] = pairs.count
    pairs.append((old, new))
    return true
  }

  /// Reads a map: a JSON object of old and new names, or lines of an old name, a tab and a new one.
  ///
  /// In the second form, empty lines and lines that begin with `#` are left out.
  ///
  /// - Throws: ``ArchiveError`` for a file of another form, or one that lists an old name twice.
  package init(contentsOf path: String) throws(ArchiveError) {
    let bytes = try WholeFile.bytes(of: path, limit: 64 << 20)
    if bytes.first(where: { !$0.isSpace }) == UInt8(ascii: "{") {
      try self.init(json: bytes, path: path)
    } else {
      try self.init(lines: bytes, path: path)
    }
    guard !isEmpty else { throw ArchiveError(.malformed, path: path, "the map lists no names") }
  }

  private init(json bytes: [UInt8], path: String) throws(ArchiveError) {
    let json: JSON
    do throws(JSONError) {
      json = try JSON(parsing: bytes)
    } catch {
      throw ArchiveError(.malformed, path: path, error.description)
    }
    for (old, value) in json.object?.pairs ?? [] {
      guard let new = value.string, !new.isEmpty, !old.isEmpty else {
        throw ArchiveError(
          .malformed, path: path, object: old, "expected the new name as text")
      }
      _ = add(old, new)
    }
  }

  private init(lines bytes: [UInt8], path: String) throws(ArchiveError) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ArchiveError(.malformed, path: path, "expected text in UTF-8")
    }
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() where !line.isEmpty && !line.hasPrefix("#") {
      let names = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard names.count == 2, !names[0].isEmpty, !names[1].isEmpty else {
        throw ArchiveError(
          .malformed, path: path, object: "line \(index + 1)",
          "expected an old name, a tab and a new name")
      }
      guard add(String(names[0]), String(names[1])) else {
        throw ArchiveError(
          .malformed, path: path, object: "line \(index + 1)",
          "the name '\(names[0])' is listed twice")
      }
    }
  }
}

extension UInt8 {
  fileprivate var isSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
}

import HornbillCore
import HornbillHDF5

/// An open group of a file with weights.
struct WeightGroup: Sendable {
  /// The file of the group.
  let file: WeightFile
  /// The path from the root.
  let path: String
  private let group: HDF5.Group

  init(file: WeightFile, group: HDF5.Group, path: String) {
    self.file = file
    self.group = group
    self.path = path
  }

  /// The path of a member from the root.
  func path(of name: String) -> String {
    path == "/" ? "/" + name : path + "/" + name
  }

  /// The names of the members; links that are not hard links are refused.
  func memberNames() throws(ArchiveError) -> [String] {
    let links = try file.attempt { () throws(HDF5.Error) in try group.links() }
    for link in links where link.kind != .hard {
      throw file.error(
        .refused, path(of: link.name),
        "it is \(link.kind.summary), which no Keras file has; refused")
    }
    return links.map(\.name)
  }

  /// Whether a member is a dataset.
  func isDataset(_ name: String) throws(ArchiveError) -> Bool {
    try file.attempt { () throws(HDF5.Error) in try group.objectKind(at: name) == .dataset }
  }

  /// Opens a member that is a group.
  func group(at name: String) throws(ArchiveError) -> WeightGroup {
    let inner = try file.attempt { () throws(HDF5.Error) in try group.group(at: name) }
    return WeightGroup(file: file, group: inner, path: path(of: name))
  }

  /// Describes a member that is a dataset; `nil` when it is something else.
  func weightIfPresent(at key: String, name: String) throws(ArchiveError) -> StoredWeight? {
    try file.weightIfPresent(at: key, of: group, path: path(of: key), name: name)
  }

  /// Describes a dataset of the group; its name is safe or comes from ``memberNames()``.
  func weight(at relative: String, name: String) throws(ArchiveError) -> StoredWeight {
    try file.weight(at: relative, of: group, path: path(of: relative), name: name)
  }

  /// Checks a name that may have parts: names in model files are never trusted as paths.
  func requireSafe(_ name: String) throws(ArchiveError) {
    guard name.isSafeLinkPath else {
      throw file.error(
        .refused, path, "the name '\(name.escapedForDisplay)' could lead elsewhere; refused")
    }
  }

  /// A text attribute; `nil` when it is absent.
  func text(_ name: String) throws(ArchiveError) -> String? {
    try file.attempt { () throws(HDF5.Error) in
      guard try group.hasAttribute(name) else { return nil }
      return try group.attribute(name).readString()
    }
  }

  /// How the texts of an attribute are stored; `nil` when it is absent or holds none.
  func textFormat(_ name: String) throws(ArchiveError) -> HDF5.StringFormat? {
    try file.attempt { () throws(HDF5.Error) in
      guard try group.hasAttribute(name) else { return nil }
      return try group.attribute(name).type.stringFormat
    }
  }

  /// A whole-number attribute; `nil` when it is absent.
  func integer(_ name: String) throws(ArchiveError) -> Int? {
    let values: [Int64]? = try file.attempt { () throws(HDF5.Error) in
      guard try group.hasAttribute(name) else { return nil }
      return try group.attribute(name).readIntegers()
    }
    guard let values else { return nil }
    guard values.count == 1, let value = Int(exactly: values[0]) else {
      throw file.error(.malformed, "\(path)@\(name)", "expected one number, found \(values.count)")
    }
    return value
  }

  /// A list of texts, whole or in numbered parts as Keras splits long ones; `nil` when it is absent.
  func list(_ name: String) throws(ArchiveError) -> [String]? {
    if let whole = try texts(name) { return whole }
    let names = Set(try file.attempt { () throws(HDF5.Error) in try group.attributeNames() })
    let numbers = names.compactMap { part -> Int? in
      guard part.hasPrefix(name) else { return nil }
      let digits = part.dropFirst(name.count)
      // Only the spelling that Keras writes: no sign, no leading zero.
      guard let number = Int(digits), number >= 0, String(number) == digits else { return nil }
      return number
    }
    guard let last = numbers.max() else { return nil }
    var result: [String] = []
    for number in 0...last {
      guard let part = try texts("\(name)\(number)") else {
        throw file.error(
          .missing, "\(path)@\(name)\(number)",
          "the list '\(name)' has parts up to \(last), but this one is missing")
      }
      result += part
    }
    return result
  }

  private func texts(_ name: String) throws(ArchiveError) -> [String]? {
    try file.attempt { () throws(HDF5.Error) in
      guard try group.hasAttribute(name) else { return nil }
      return try group.attribute(name).readStrings()
    }
  }
}

extension String {
  /// Whether every part between slashes names a member of a group, and none leads elsewhere.
  var isSafeLinkPath: Bool {
    let parts = utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return !utf8.contains(0)
      && parts.allSatisfy {
        !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8)
      }
  }
}

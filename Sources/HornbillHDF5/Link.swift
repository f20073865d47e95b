import CHDF5

extension HDF5 {
  /// An entry of a group: a name, and what it leads to.
  public struct Link: Hashable, Sendable {
    /// The entry's name in its group.
    public let name: String
    /// What the entry leads to.
    public let kind: Kind

    /// Makes the description of a link.
    public init(name: String, kind: Kind) {
      self.name = name
      self.kind = kind
    }

    /// The kinds of links.
    public enum Kind: Hashable, Sendable {
      /// An object of the same file.
      case hard
      /// A path in the same file, which need not exist.
      case soft(target: String)
      /// A path in another file.
      case external(file: String, object: String)
      /// A link of a class that the program which wrote it has defined.
      case userDefined(Int)

      /// The kind in words, with the target.
      public var summary: String {
        switch self {
        case .hard: "a hard link"
        case .soft(let target): "a soft link to '\(target)'"
        case .external(let file, let object): "an external link to '\(object)' in '\(file)'"
        case .userDefined(let number): "a user-defined link of class \(number)"
        }
      }
    }
  }
}

extension HDF5.ObjectReference {
  /// The largest count of links that a group may have.
  private static var maximumLinkCount: Int { 1_000_000 }

  /// The kind of the link at a path, without following it.
  ///
  /// - Precondition: the library is entered.
  func linkKind(at path: String, shownAs shown: String) throws(HDF5.Error) -> HDF5.Link.Kind {
    var info = H5L_info_t()
    try context.check(chdf5_link_info(try id(), path, &info), "looking up the link", at: shown)
    let kind = info.type.rawValue
    if kind == H5L_TYPE_HARD.rawValue { return .hard }
    let value = try linkValue(at: path, size: info.u.val_size, shownAs: shown)
    if kind == H5L_TYPE_SOFT.rawValue {
      return .soft(target: terminatedText(value))
    }
    guard kind == H5L_TYPE_EXTERNAL.rawValue else { return .userDefined(Int(kind)) }
    var flags: UInt32 = 0
    var file: UnsafePointer<CChar>?
    var object: UnsafePointer<CChar>?
    // The two names point into `value`, so they are copied while it is pinned.
    let names = value.withUnsafeBytes { bytes -> (String, String)? in
      guard H5Lunpack_elink_val(bytes.baseAddress, bytes.count, &flags, &file, &object) >= 0,
        let file, let object
      else { return nil }
      return (String(cString: file), String(cString: object))
    }
    guard let names else {
      throw context.error(.damaged, at: shown, "the external link's target cannot be decoded")
    }
    return .external(file: names.0, object: names.1)
  }

  private func linkValue(
    at path: String, size: Int, shownAs shown: String
  ) throws(HDF5.Error) -> [CChar] {
    guard size > 0 else { return [] }
    guard size <= 1 << 20 else {
      throw context.error(.sizeLimit, at: shown, "the link's target has \(size) bytes")
    }
    var value = [CChar](repeating: 0, count: size)
    try context.check(
      H5Lget_val(try id(), path, &value, size, chdf5_default()), "reading the link's target",
      at: shown)
    return value
  }

  /// Whether there is a hard link at a path.
  ///
  /// - Precondition: the library is entered.
  func hasHardLink(at path: String) throws(HDF5.Error) -> Bool {
    var info = H5L_info_t()
    return chdf5_link_info(try id(), path, &info) >= 0 && info.type == H5L_TYPE_HARD
  }

  /// The names of the links of a group, in the order of their bytes, and whether they are hard ones.
  ///
  /// - Precondition: the library is entered, and the object is a group.
  func linkNames() throws(HDF5.Error) -> [(name: String, isHard: Bool)] {
    let group = try id()
    // A group with few links is listed by a table even in stored order. Looking for a name that
    // nobody can have foreseen decodes every link first, and fails cleanly when one is damaged.
    try check(H5Lexists(group, unforeseeableName, chdf5_default()), "listing the group")
    var names: [(name: String, isHard: Bool)] = []
    let status = withUnsafeMutablePointer(to: &names) { target in
      chdf5_iterate_links(
        group,
        { _, name, info, context in
          guard let name, let info, let context else { return -1 }
          let target = context.assumingMemoryBound(to: [(name: String, isHard: Bool)].self)
          guard target.pointee.count < HDF5.ObjectReference.maximumLinkCount else { return 1 }
          target.pointee.append((String(cString: name), info.pointee.type == H5L_TYPE_HARD))
          return 0
        }, target)
    }
    try check(status, "listing the group")
    guard status == 0 else {
      throw error(.sizeLimit, "the group has more than \(Self.maximumLinkCount) links")
    }
    return names.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}

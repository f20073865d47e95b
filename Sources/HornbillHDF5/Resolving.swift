import CHDF5

extension HDF5.Group {
  /// An object that was found, but not opened.
  struct Resolved {
    let path: String
    let kind: HDF5.ObjectKind
    let address: haddr_t
    let fileNumber: UInt
  }

  /// Follows a path link by link, and refuses what the policy forbids before it is followed.
  ///
  /// - Precondition: the library is entered.
  func resolve(_ path: String) throws(HDF5.Error) -> Resolved {
    let shown = try checkLinks(path)
    var info = chdf5_object_info()
    let target = path.isEmpty ? "." : path
    let status = chdf5_object_info_by_name(try reference.id(), target, &info)
    let context = reference.context
    guard status >= 0 else {
      let failure = context.failure("opening the object", at: shown)
      // The last link exists, so an object that does not is the target of a link to nowhere.
      guard failure.code == .notFound, let kind = try danglingLink(path, shown) else {
        throw failure
      }
      throw context.error(.notFound, at: shown, "it is \(kind.summary), which does not exist")
    }
    guard let kind = HDF5.ObjectKind(info.kind) else {
      throw context.error(.damaged, at: shown, "the object is neither group, dataset nor data type")
    }
    return Resolved(
      path: shown, kind: kind, address: info.address, fileNumber: UInt(info.file_number))
  }

  /// Checks each link on the way to an object, and returns the object's path from the root.
  ///
  /// - Throws: `notFound` with the first link that is missing.
  func checkLinks(_ path: String) throws(HDF5.Error) -> String {
    let context = reference.context
    let id = try reference.id()
    try context.requireName(path, "the path", at: self.path)
    var prefix = isAbsolute(path) ? "/" : ""
    var shown = isAbsolute(path) ? "/" : self.path
    for part in pathParts(path) {
      let parent = shown
      if !prefix.isEmpty && prefix != "/" { prefix += "/" }
      prefix += part
      shown = joined(shown, part)
      if context.policy.isStrict, try reference.hasHardLink(at: prefix) { continue }
      let found = H5Lexists(id, prefix, chdf5_default())
      if found < 0 { throw context.failure("looking up '\(part)' in \(parent)", at: shown) }
      guard found > 0 else {
        throw context.error(.notFound, at: shown, "\(parent) has no '\(part)'")
      }
      guard context.policy.isStrict else { continue }
      let kind = try reference.linkKind(at: prefix, shownAs: shown)
      guard kind == .hard else {
        throw context.error(
          .refusedByPolicy, at: shown, "it is \(kind.summary), which the strict policy refuses")
      }
    }
    return shown
  }

  private func danglingLink(_ path: String, _ shown: String) throws(HDF5.Error) -> HDF5.Link.Kind? {
    guard !pathParts(path).isEmpty else { return nil }
    let kind = try reference.linkKind(at: path, shownAs: shown)
    return kind == .hard ? nil : kind
  }
}

extension HDF5.ObjectKind {
  /// The kind with a number of `H5O_type_t`.
  init?(_ number: Int32) {
    switch number {
    case Int32(H5O_TYPE_GROUP.rawValue): self = .group
    case Int32(H5O_TYPE_DATASET.rawValue): self = .dataset
    case Int32(H5O_TYPE_NAMED_DATATYPE.rawValue): self = .namedDatatype
    default: return nil
    }
  }
}

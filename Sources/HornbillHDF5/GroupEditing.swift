import CHDF5

extension HDF5.Group {
  /// Creates a group.
  ///
  /// - Parameters:
  ///   - path: Where to create it.
  ///   - intermediate: Whether groups that are missing on the way are created too.
  /// - Throws: ``HDF5/Error``: `exists`, `readOnly`, and `notFound` for a missing group on the way.
  @discardableResult
  public func createGroup(
    at path: String, intermediate: Bool = true
  ) throws(HDF5.Error) -> HDF5.Group {
    Library.enter()
    defer { Library.leave() }
    let shown = try requireFree(path, intermediate: intermediate)
    let list = try reference.linkList(intermediate: intermediate)
    let handle = try reference.context.adopt(
      H5Gcreate2(try reference.id(), path, list.id, chdf5_default(), chdf5_default()),
      "creating the group", at: shown)
    return HDF5.Group(
      reference: HDF5.ObjectReference(handle, context: reference.context, path: shown))
  }

  /// Removes a link; an object that no link leads to any more is gone.
  ///
  /// A soft or external link is removed itself, not what it leads to. The bytes of a removed
  /// object stay in the file until it is copied.
  ///
  /// - Throws: ``HDF5/Error``: `notFound`, `readOnly`, `refusedByPolicy` for a link on the way.
  public func delete(_ path: String) throws(HDF5.Error) {
    Library.enter()
    defer { Library.leave() }
    try reference.context.requireWritable(self.path)
    var parts = pathParts(path)
    guard let name = parts.popLast() else {
      throw reference.error(.invalidArgument, "a group cannot remove itself")
    }
    let parent = (isAbsolute(path) ? "/" : "") + parts.joined(separator: "/")
    let shown = joined(try checkLinks(parent), name)
    let found = H5Lexists(try reference.id(), path, chdf5_default())
    try reference.context.check(found, "looking up the link", at: shown)
    guard found > 0 else {
      throw reference.context.error(.notFound, at: shown, "there is nothing to remove")
    }
    try reference.context.check(
      H5Ldelete(try reference.id(), path, chdf5_default()), "removing the link", at: shown)
  }

  /// Copies an object with everything below it, into the same file or another one.
  ///
  /// Soft and external links are copied as links. Under a strict policy every object below is
  /// checked first.
  ///
  /// - Throws: ``HDF5/Error``: `notFound`, `exists`, `readOnly`, `refusedByPolicy`; `locked` when the
  ///   source is open for writing and a compressed dataset of it is in use.
  public func copy(
    _ path: String, to destination: HDF5.Group, as name: String
  ) throws(HDF5.Error) {
    Library.enter()
    defer { Library.leave() }
    let shown = try destination.requireFree(name, intermediate: true)
    let source = try resolve(path)
    if reference.context.policy.isStrict {
      switch source.kind {
      case .dataset: _ = try dataset(at: path)
      case .namedDatatype: break
      case .group:
        let group = try group(at: path)
        for entry in try group.walk() where entry.object == .dataset {
          _ = try group.dataset(at: entry.path)
        }
      }
    }
    try forgetChunks()
    let list = try destination.reference.linkList(intermediate: true)
    try destination.reference.context.check(
      H5Ocopy(
        try reference.id(), path.isEmpty ? "." : path, try destination.reference.id(), name,
        chdf5_default(), list.id), "copying \(source.path)", at: shown)
  }

  /// Drops the chunks that open datasets of the file keep in memory.
  ///
  /// Up to 1.10 the library copies such a chunk into a buffer of its compressed size.
  ///
  /// - Precondition: the library is entered.
  private func forgetChunks() throws(HDF5.Error) {
    let action = "looking for open datasets"
    let file = try reference.context.id()
    let count = try reference.check(H5Fget_obj_count(file, UInt32(H5F_OBJ_DATASET)), action)
    guard count > 0 else { return }
    var ids = [hid_t](repeating: 0, count: count)
    let found = try reference.check(
      H5Fget_obj_ids(file, UInt32(H5F_OBJ_DATASET), ids.count, &ids), action)
    for id in ids.prefix(found) {
      let list = try reference.adopt(H5Dget_create_plist(id), action)
      guard H5Pget_nfilters(list.id) > 0 else { continue }
      guard !reference.context.isWritable else {
        throw reference.error(
          .locked, "a compressed dataset of the file is in use; let go of it before copying")
      }
      try reference.check(H5Drefresh(id), "dropping the chunks of an open dataset")
    }
  }

  /// Creates a link to an object of the same file by its path, which need not exist.
  public func createSoftLink(at path: String, target: String) throws(HDF5.Error) {
    Library.enter()
    defer { Library.leave() }
    let shown = try requireFree(path, intermediate: true)
    try reference.context.requireName(target, "the target", at: shown)
    let list = try reference.linkList(intermediate: true)
    try reference.context.check(
      H5Lcreate_soft(target, try reference.id(), path, list.id, chdf5_default()),
      "creating the soft link", at: shown)
  }

  /// Creates a link to an object of another file, which need not exist.
  public func createExternalLink(
    at path: String, file: String, object: String
  ) throws(HDF5.Error) {
    Library.enter()
    defer { Library.leave() }
    let shown = try requireFree(path, intermediate: true)
    try reference.context.requireName(file, "the file's name", at: shown)
    try reference.context.requireName(object, "the object's path", at: shown)
    let list = try reference.linkList(intermediate: true)
    try reference.context.check(
      H5Lcreate_external(file, object, try reference.id(), path, list.id, chdf5_default()),
      "creating the external link", at: shown)
  }

  /// Gives an object another name.
  ///
  /// - Throws: ``HDF5/Error``: `notFound` unless `target` leads to an object, `exists`.
  public func createHardLink(at path: String, target: String) throws(HDF5.Error) {
    Library.enter()
    defer { Library.leave() }
    let shown = try requireFree(path, intermediate: true)
    _ = try resolve(target)
    let list = try reference.linkList(intermediate: true)
    let id = try reference.id()
    try reference.context.check(
      H5Lcreate_hard(id, target, id, path, list.id, chdf5_default()), "creating the hard link",
      at: shown)
  }

  /// Checks that an object can be created at a path, and returns the path from the root.
  ///
  /// - Precondition: the library is entered.
  func requireFree(_ path: String, intermediate: Bool) throws(HDF5.Error) -> String {
    let context = reference.context
    try context.requireWritable(self.path)
    let parts = pathParts(path)
    guard !parts.isEmpty else { throw reference.error(.exists, "the group itself is there") }
    var prefix = isAbsolute(path) ? "/" : ""
    for index in parts.indices {
      let parent = prefix
      prefix = parent.isEmpty ? parts[index] : joined(parent, parts[index])
      do throws(HDF5.Error) {
        let shown = try checkLinks(prefix)
        if index == parts.count - 1 {
          throw context.error(.exists, at: shown, "the name is taken")
        }
      } catch {
        guard error.code == .notFound else { throw error }
        if index < parts.count - 1 && !intermediate { throw error }
        return joined(isAbsolute(path) ? "/" : self.path, parts.joined(separator: "/"))
      }
    }
    return self.path
  }
}

extension HDF5.ObjectReference {
  /// A link creation list: names are UTF-8.
  ///
  /// - Precondition: the library is entered.
  func linkList(intermediate: Bool) throws(HDF5.Error) -> Handle {
    let action = "preparing the link"
    let list = try adopt(H5Pcreate(chdf5_class_link_create()), action)
    try check(H5Pset_char_encoding(list.id, H5T_CSET_UTF8), action)
    try check(H5Pset_create_intermediate_group(list.id, intermediate ? 1 : 0), action)
    return list
  }
}

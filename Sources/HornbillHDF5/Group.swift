import CHDF5

extension HDF5 {
  /// A group: a set of named links to other objects.
  ///
  /// Paths are relative to the group unless they begin with `/`; their parts are separated by `/`.
  public struct Group: Object {
    /// The open object behind the value.
    public let reference: ObjectReference

    init(reference: ObjectReference) { self.reference = reference }

    /// Lists the links of the group in the order of their names' bytes, without following them.
    public func links() throws(HDF5.Error) -> [Link] {
      Library.enter()
      defer { Library.leave() }
      var links: [Link] = []
      for name in try reference.linkNames() {
        let kind = try reference.linkKind(at: name, shownAs: joined(path, name))
        links.append(Link(name: name, kind: kind))
      }
      return links
    }

    /// Tells what a path leads to.
    ///
    /// - Throws: ``Error``: `notFound`, and `refusedByPolicy` for a link that the policy forbids.
    public func objectKind(at path: String) throws(HDF5.Error) -> ObjectKind {
      Library.enter()
      defer { Library.leave() }
      return try resolve(path).kind
    }

    /// Opens the group at a path.
    ///
    /// - Throws: ``Error``: `notFound`, `wrongKind`, `refusedByPolicy`, `damaged`.
    public func group(at path: String) throws(HDF5.Error) -> Group {
      Library.enter()
      defer { Library.leave() }
      let found = try resolve(path)
      try require(found, .group)
      let handle = try reference.context.adopt(
        H5Gopen2(try reference.id(), path, chdf5_default()), "opening the group", at: found.path)
      return Group(
        reference: ObjectReference(handle, context: reference.context, path: found.path))
    }

    /// Opens the dataset at a path.
    ///
    /// - Throws: ``Error``: `notFound`, `wrongKind`, `damaged`; under a strict policy
    ///   `refusedByPolicy` for storage outside the file and virtual datasets, and
    ///   `unsupportedFilter` for uncommon filters.
    public func dataset(at path: String) throws(HDF5.Error) -> Dataset {
      Library.enter()
      defer { Library.leave() }
      let found = try resolve(path)
      try require(found, .dataset)
      let handle = try reference.context.adopt(
        H5Dopen2(try reference.id(), path, chdf5_default()), "opening the dataset",
        at: found.path)
      return try Dataset(
        ObjectReference(handle, context: reference.context, path: found.path))
    }

    /// Opens the named data type at a path, and says what it is.
    public func namedDatatype(at path: String) throws(HDF5.Error) -> DataType {
      Library.enter()
      defer { Library.leave() }
      let found = try resolve(path)
      try require(found, .namedDatatype)
      let handle = try reference.context.adopt(
        H5Topen2(try reference.id(), path, chdf5_default()), "opening the data type",
        at: found.path)
      return try DataType(reading: handle.id, context: reference.context, object: found.path)
    }

    /// Tells whether a path leads to an object; a soft link to nowhere does not.
    public func contains(_ path: String) throws(HDF5.Error) -> Bool {
      do {
        _ = try objectKind(at: path)
        return true
      } catch {
        guard error.code == .notFound else { throw error }
        return false
      }
    }

    private func require(_ found: Resolved, _ kind: ObjectKind) throws(HDF5.Error) {
      guard found.kind == kind else {
        throw reference.context.error(
          .wrongKind, at: found.path, "expected a \(kind.rawValue), found a \(found.kind.rawValue)")
      }
    }
  }
}

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
      for (name, isHard) in try reference.linkNames() {
        let kind = isHard ? .hard : try reference.linkKind(at: name, shownAs: joined(path, name))
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
      let shown = try checkLinks(path)
      let id = H5Gopen2(try reference.id(), path, chdf5_default())
      guard id >= 0 else {
        let failure = reference.context.failure("opening the group", at: shown)
        try require(resolve(path), .group)
        throw failure
      }
      return Group(
        reference: ObjectReference(
          Handle(adopting: id), context: reference.context, path: shown))
    }

    /// Opens the dataset at a path.
    ///
    /// - Throws: ``Error``: `notFound`, `wrongKind`, `damaged`; under a strict policy
    ///   `refusedByPolicy` for storage outside the file and virtual datasets, and
    ///   `unsupportedFilter` for uncommon filters.
    public func dataset(at path: String) throws(HDF5.Error) -> Dataset {
      Library.enter()
      defer { Library.leave() }
      if let dataset = try datasetIfPresent(at: path) { return dataset }
      let found = try resolve(path)
      try require(found, .dataset)
      throw reference.context.error(.damaged, at: found.path, "it changes while it is read")
    }

    /// Opens the dataset at a path as ``dataset(at:)`` does; nil when the path leads to an object of another kind.
    package func datasetIfPresent(at path: String) throws(HDF5.Error) -> Dataset? {
      Library.enter()
      defer { Library.leave() }
      let shown = try checkLinks(path)
      let id = H5Dopen2(try reference.id(), path, chdf5_default())
      guard id >= 0 else {
        let failure = reference.context.failure("opening the dataset", at: shown)
        if try resolve(path).kind != .dataset { return nil }
        throw failure
      }
      return try Dataset(
        ObjectReference(Handle(adopting: id), context: reference.context, path: shown))
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

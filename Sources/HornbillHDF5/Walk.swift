import CHDF5

extension HDF5 {
  /// What a walk finds below a group.
  public struct WalkEntry: Hashable, Sendable {
    /// The path from the root of the file.
    public let path: String
    /// The kind of the link that leads here.
    public let link: Link.Kind
    /// The kind of the object; nil for a link that is not a hard one, as it is not followed.
    public let object: ObjectKind?
    /// The path under which the same object was met before; nil for the first time.
    ///
    /// A group that is met again is not walked again, so that a cycle ends.
    public let firstPath: String?
    /// How many links lead here from the group where the walk began.
    public let depth: Int
  }

  /// How a walk goes on.
  public enum WalkStep: Hashable, Sendable {
    /// With the members of the group, if it is one.
    case descend
    /// Without them.
    case skip
    /// Not at all.
    case stop
  }
}

extension HDF5.Group {
  /// The largest count of objects and links that a walk visits.
  private static var maximumEntryCount: Int { 1_000_000 }
  /// The largest depth of groups under a strict policy.
  private static var maximumStrictDepth: Int { 64 }

  /// Visits everything below the group, each group before its members, in the order of names.
  ///
  /// Depth takes no stack, and only hard links are followed. Every link is visited; an object with
  /// several of them says so in ``HDF5/WalkEntry/firstPath``.
  ///
  /// - Throws: ``HDF5/Error``: `sizeLimit` for more than a million entries, or more than 64 levels
  ///   under a strict policy; `damaged`; and what `visit` throws.
  public func walk(
    _ visit: (HDF5.WalkEntry) throws(HDF5.Error) -> HDF5.WalkStep
  ) throws(HDF5.Error) {
    var visited = [try identity(of: ""): path]
    var pending = [Level(group: self, links: try links())]
    var entryCount = 0
    while let level = pending.last {
      guard level.next < level.links.count else {
        pending.removeLast()
        continue
      }
      let link = level.links[level.next]
      pending[pending.count - 1].next += 1
      entryCount += 1
      guard entryCount <= Self.maximumEntryCount else {
        throw reference.error(.sizeLimit, "more than \(Self.maximumEntryCount) objects below it")
      }
      let group = level.group
      let path = joined(group.path, link.name)
      var kind: HDF5.ObjectKind?
      var firstPath: String?
      if link.kind == .hard {
        let identity = try group.identity(of: link.name)
        kind = identity.kind
        firstPath = visited[identity]
        if firstPath == nil { visited[identity] = path }
      }
      let step = try visit(
        HDF5.WalkEntry(
          path: path, link: link.kind, object: kind, firstPath: firstPath, depth: pending.count))
      if step == .stop { return }
      guard step == .descend, kind == .group, firstPath == nil else { continue }
      guard !reference.context.policy.isStrict || pending.count < Self.maximumStrictDepth else {
        throw reference.context.error(
          .sizeLimit, at: path, "groups are nested more than \(Self.maximumStrictDepth) deep")
      }
      let child = try group.group(at: link.name)
      pending.append(Level(group: child, links: try child.links()))
    }
  }

  /// Lists everything below the group, in the order of ``walk(_:)``.
  public func walk() throws(HDF5.Error) -> [HDF5.WalkEntry] {
    var entries: [HDF5.WalkEntry] = []
    try walk { entry in
      entries.append(entry)
      return .descend
    }
    return entries
  }

  /// What tells an object from all others.
  private struct Identity: Hashable {
    let fileNumber: UInt
    let address: haddr_t
    let kind: HDF5.ObjectKind
  }

  /// A group whose members are being visited.
  private struct Level {
    let group: HDF5.Group
    let links: [HDF5.Link]
    var next = 0
  }

  private func identity(of name: String) throws(HDF5.Error) -> Identity {
    Library.enter()
    defer { Library.leave() }
    let found = try resolve(name)
    return Identity(fileNumber: found.fileNumber, address: found.address, kind: found.kind)
  }
}

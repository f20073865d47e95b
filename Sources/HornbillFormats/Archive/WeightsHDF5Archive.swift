/// HDF5 files with weights by object path (`.weights.h5`, also inside `.keras`).
enum WeightsHDF5Archive {
  /// Opens a file of its own.
  static func open(_ file: WeightFile) throws(ArchiveError) -> ModelArchive {
    let objects = try StoredObjects(of: file)
    guard !objects.isEmpty else {
      let names = try file.group(at: "/").memberNames().prefix(8).joined(separator: ", ")
      throw ArchiveError(
        .notAModel, path: file.path,
        "an HDF5 file, but not one of Keras: expected 'model_config', 'layer_names' or groups 'vars', "
          + (names.isEmpty ? "found nothing" : "found \(names)"))
    }
    var archive = ModelArchive(path: file.path, format: .weightsHDF5)
    objects.store(in: &archive)
    return archive
  }
}

/// The objects of one or more files and their variables, by path.
struct StoredObjects {
  private struct Object {
    var layerName: String?
    var variables: [(key: String, weight: StoredWeight)] = []
  }

  private var objects: [String: Object] = [:]

  /// Collects the objects of one file.
  init(of file: WeightFile) throws(ArchiveError) {
    try add(file)
  }

  /// Starts without objects.
  init() {}

  /// Whether no object was found.
  var isEmpty: Bool { objects.isEmpty }

  /// The paths of the objects.
  var paths: Set<String> { Set(objects.keys) }

  /// The deepest nesting of groups; a link that leads back to a group above it would nest without end.
  private static let maximumDepth = 64
  private static let maximumCount = 1_000_000

  /// Adds the objects of another file.
  mutating func add(_ file: WeightFile) throws(ArchiveError) {
    var pending: [(name: String, parent: WeightGroup?, depth: Int)] = [("/", nil, 0)]
    var visited = 0
    while let (name, parent, depth) = pending.popLast() {
      guard depth <= StoredObjects.maximumDepth else {
        throw file.error(
          .malformed, parent?.path(of: name) ?? name,
          "groups are nested deeper than \(StoredObjects.maximumDepth); is it a cycle of links?")
      }
      let group: WeightGroup
      if let parent { group = try parent.group(at: name) } else { group = try file.group(at: name) }
      let members = try group.memberNames()
      visited += members.count
      guard visited <= StoredObjects.maximumCount else {
        throw file.error(
          .limit, group.path, "the file has more than \(StoredObjects.maximumCount) objects")
      }
      var groups: [String] = []
      if let parent, name == "vars" {
        groups = try addVariables(members, of: group, object: parent.path)
      } else {
        for member in members where try !group.isDataset(member) { groups.append(member) }
      }
      for inner in groups { pending.append((inner, group, depth + 1)) }
    }
  }

  /// Adds the datasets among the members of a group to an object; returns the other members.
  private mutating func addVariables(
    _ members: [String], of group: WeightGroup, object: String
  ) throws(ArchiveError) -> [String] {
    // Keras 2.12 and 2.13 named the list of layers after an attribute for checkpoints.
    let path = object.split(separator: "/")
      .map { $0 == "_layer_checkpoint_dependencies" ? "layers" : $0 }.joined(separator: "/")
    var entry = objects[path] ?? Object()
    entry.layerName = try group.text("name") ?? entry.layerName
    let known = Set(entry.variables.map(\.key))
    var others: [String] = []
    for key in members {
      let name = path.isEmpty ? "vars/\(key)" : "\(path)/vars/\(key)"
      guard let weight = try group.weightIfPresent(at: key, name: name) else {
        others.append(key)
        continue
      }
      guard !known.contains(key) else {
        throw group.file.error(.malformed, group.path(of: key), "the variable is stored twice")
      }
      entry.variables.append((key, weight))
    }
    objects[path] = entry
    return others
  }

  /// Gives the objects to an archive, each to its part.
  func store(in archive: inout ModelArchive) {
    var groups: [ObjectPathWeights.Group] = []
    for (path, object) in objects {
      let variables = object.variables.sorted { StoredObjects.order($0.key, $1.key) }
      groups.append(
        ObjectPathWeights.Group(
          objectPath: path, layerName: object.layerName, variables: variables))
    }
    var model: [ObjectPathWeights.Group] = []
    for group in ObjectPathWeights.sorted(groups) {
      switch group.objectPath.split(separator: "/").first {
      case "optimizer":
        archive.optimizerWeights += group.variables.map(\.weight)
        archive.stateObjects.append((group.objectPath, group.layerName))
      case "metrics", "_metrics", "compile_metrics", "_compile_metrics", "loss_tracker",
        "_loss_tracker", "_compile_loss":
        archive.otherEntries += group.variables.map(\.weight)
        archive.stateObjects.append((group.objectPath, group.layerName))
      default: model.append(group)
      }
    }
    archive.weights = .objectPaths(ObjectPathWeights(sorted: model))
  }

  /// Numbers by value, then names.
  private static func order(_ one: String, _ other: String) -> Bool {
    switch (Int(one), Int(other)) {
    case (let a?, let b?): a < b
    case (_?, nil): true
    case (nil, _?): false
    case (nil, nil): one < other
    }
  }
}

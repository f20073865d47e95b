import HornbillFormats

/// Pairs the arrays of two files as they stand there, without knowing the layers that they belong to.
struct DraftPairing {
  private(set) var draft: ArchiveDraft
  let rules: LoadRules
  private var entries: [LoadReport.Entry] = []

  init(_ draft: ArchiveDraft, rules: LoadRules) {
    self.draft = draft
    self.rules = rules
  }

  /// Pairs everything.
  ///
  /// - Throws: ``ArchiveError`` with the code `unsupported` when the files are arranged differently.
  mutating func run(with other: ModelArchive) throws(ArchiveError) -> LoadReport {
    try checkMap(other)
    switch (draft.weights, other.weights) {
    case (.legacy(var groups), .legacy(let layers)):
      pair(&groups, with: layers)
      draft.weights = .legacy(groups)
    case (.objectPaths(var objects), .objectPaths(let others)):
      pair(&objects, with: others)
      draft.weights = .objectPaths(objects)
    case (_, .none):
      throw ArchiveError(.missing, path: other.path, "\(other.format) holds no weights")
    default:
      throw ArchiveError(
        .unsupported, path: other.path,
        "its weights are arranged in another way, and without an architecture that Hornbill knows whole nothing says which is which"
      )
    }
    return LoadReport(file: other.path, entries: entries)
  }

  /// Checks that the map lists nothing that is not there: here it can only speak of layers.
  private func checkMap(_ other: ModelArchive) throws(ArchiveError) {
    let names: [String] =
      switch other.weights {
      case .none: []
      case .legacy(let layers): layers.map(\.name)
      case .objectPaths(let objects): objects.groups.compactMap(\.layerName)
      }
    for (old, _) in rules.map.pairs where !names.contains(old) {
      throw ArchiveError(
        .missing, path: other.path,
        NearestName.message("no layer '\(old)', which the map lists", old, among: names))
    }
  }

  private mutating func pair(_ groups: inout [DraftLayer], with layers: [LegacyLayerWeights]) {
    let own = groups.indices.filter { !groups[$0].weights.isEmpty }
    let filled = layers.filter { !$0.weights.isEmpty }
    let pairing = LayerPairing(
      filled.map { (name: rules.map[$0.name] ?? $0.name, counterpart: $0) })
    let names = own.map { groups[$0].name }
    let placed: [LegacyLayerWeights?]? =
      rules.byName ? pairing.named(names) : pairing.placed(names)
    let chosen = placed ?? Array(repeating: nil, count: names.count)
    var used: Set<String> = []
    for (group, layer) in zip(own, chosen) {
      let name = groups[group].name
      guard let layer else {
        for weight in groups[group].weights {
          entries.append(.init(.missing, weight: "\(name)/\(weight.name)", expected: weight.shape))
        }
        continue
      }
      guard layer.weights.count == groups[group].weights.count else {
        let reason =
          "the layer has \(groups[group].weights.count) arrays, that of the file \(layer.weights.count)"
        for weight in groups[group].weights {
          entries.append(
            .init(
              .skipped, weight: "\(name)/\(weight.name)", expected: weight.shape, reason: reason))
        }
        continue
      }
      used.insert(layer.name)
      for (index, weight) in layer.weights.enumerated() {
        let path = "\(name)/\(groups[group].weights[index].name)"
        replace(&groups[group].weights[index], path, with: weight, named: layer.path(of: weight))
      }
    }
    for layer in filled where !used.contains(layer.name) {
      for weight in layer.weights {
        entries.append(.init(.extra, source: layer.path(of: weight), found: weight.shape))
      }
    }
  }

  private mutating func pair(_ objects: inout [DraftObject], with others: ObjectPathWeights) {
    var used: Set<String> = []
    let places = places(of: objects, in: others)
    for index in objects.indices where !objects[index].variables.isEmpty {
      let group = places[index].flatMap { others[$0] }
      for variable in objects[index].variables.indices {
        let (key, weight) = objects[index].variables[variable]
        guard let group, let other = group[key] else {
          entries.append(.init(.missing, weight: weight.name, expected: weight.shape))
          continue
        }
        used.insert(other.name)
        replace(
          &objects[index].variables[variable].weight, weight.name, with: other, named: other.name)
      }
    }
    for group in others.groups {
      for (_, weight) in group.variables where !used.contains(weight.name) {
        entries.append(.init(.extra, source: weight.name, found: weight.shape))
      }
    }
  }

  /// For each object the path that its counterpart has in the other file.
  private func places(of objects: [DraftObject], in others: ObjectPathWeights) -> [String?] {
    guard rules.byName else { return objects.map(\.path) }
    var byName: [String: String] = [:]
    for group in others.groups where group.objectPath.split(separator: "/").count == 2 {
      if let name = group.layerName { byName[rules.map[name] ?? name] = group.objectPath }
    }
    var names: [String: String] = [:]
    for object in objects { names[object.path] = object.layerName }
    return objects.map { object in
      let parts = object.path.split(separator: "/")
      guard parts.count >= 2, let name = names[parts.prefix(2).joined(separator: "/")],
        let place = byName[name]
      else { return nil }
      return ([Substring(place)] + parts.dropFirst(2)).joined(separator: "/")
    }
  }

  private mutating func replace(
    _ weight: inout DraftWeight, _ path: String, with other: StoredWeight, named name: String
  ) {
    let isKindred =
      weight.dtype == other.dtype
      || weight.dtype?.isFloatingPoint == true && other.dtype?.isFloatingPoint == true
    guard weight.shape == other.shape, isKindred else {
      let types =
        isKindred
        ? nil : "expected \(weight.dtype?.rawValue ?? "its type"), found \(other.storedType)"
      entries.append(
        .init(
          .misshapen, weight: path, source: name, expected: weight.shape, found: other.shape,
          reason: types))
      return
    }
    entries.append(
      .init(.matched, weight: path, source: name, expected: weight.shape, found: other.shape))
    let own = weight.name
    var result = DraftWeight(other)
    result.name = own
    if let dtype = weight.dtype, dtype != other.dtype {
      result = WeightCast.cast(result, to: dtype)
    }
    weight = result
  }
}

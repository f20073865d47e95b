import HornbillFormats

extension ModelEditor {
  mutating func rename(_ old: String, to new: String) throws(EditError) {
    let layers = layers
    let found = layers?.layers(named: old) ?? []
    let all = addresses
    let weights = ModelEditor.matches(old, among: all)
    guard found.count + weights.count < 2 else {
      throw ModelEditor.ambiguous(
        old, found.map { "layer \($0.path)" } + weights.map { "weight \($0.path)" })
    }
    if let layers, let layer = found.first {
      try rename(layer, to: new, among: layers)
    } else if let weight = weights.first {
      try rename(weight, spelled: old, to: new)
    } else if try renameGroup(old, to: new) {
      return
    } else {
      throw noMatch(
        "no layer or weight '\(old)'", old,
        among: (layers?.all.map(\.path) ?? groupNames) + all.flatMap(\.spellings))
    }
  }

  private mutating func rename(
    _ layer: ArchitectureLayers.Layer, to new: String, among layers: ArchitectureLayers
  ) throws(EditError) {
    if layer.name == new {
      step.notes.append("layer \(layer.path) has that name already")
      return
    }
    let renaming = LayerRenaming(layer: layer, new: new)
    try renaming.check(among: layers)
    var weights = WeightRenaming(layer, to: new)
    try weights.apply(to: &draft)
    if var architecture = draft.architecture {
      if var training = draft.trainingConfig {
        renaming.apply(toTraining: &training, of: architecture)
        draft.trainingConfig = training
      }
      renaming.apply(to: &architecture)
      draft.architecture = architecture
    }
    let kind = layer.standing == .root ? "model" : "layer"
    step.changes.append(.init(.renamed, kind, layer.path, new))
    for name in weights.renamed {
      step.changes.append(.init(.renamed, "weight", name.old, name.new))
    }
  }

  /// The groups and objects of a file without an architecture.
  private var groupNames: [String] {
    switch draft.weights {
    case .none: []
    case .legacy(let groups): groups.map(\.name)
    case .objectPaths(let objects): objects.map(\.path).filter { !$0.isEmpty }
    }
  }

  /// Renames the group of a layer in a file of weights alone, or moves an object of a `.weights.h5` file.
  private mutating func renameGroup(_ old: String, to new: String) throws(EditError) -> Bool {
    let (old, new) = (old.trimmingSlash, new.trimmingSlash)
    switch draft.weights {
    case .none: return false
    case .legacy(var groups):
      guard let index = groups.firstIndex(where: { $0.name == old }) else { return false }
      try check(path: new)
      guard !groups.contains(where: { $0.name == new }) else {
        throw EditError(.badName, "the file has weights of a layer '\(new)' already")
      }
      groups[index].name = new
      for weight in groups[index].weights.indices {
        let name = groups[index].weights[weight].name
        if let renamed = WeightRenaming.replacing(old, by: new, in: name) {
          groups[index].weights[weight].name = renamed
        }
      }
      draft.weights = .legacy(groups)
    case .objectPaths(var objects):
      let moved = objects.indices.filter {
        objects[$0].path == old || objects[$0].path.hasPrefix(old + "/")
      }
      guard !moved.isEmpty else { return false }
      try check(path: new)
      let taken = objects.contains { $0.path == new || $0.path.hasPrefix(new + "/") }
      guard !taken, !new.hasPrefix(old + "/") else {
        throw EditError(.badName, "the file has objects at '\(new)' already")
      }
      for index in moved {
        objects[index].path = new + objects[index].path.dropFirst(old.count)
        for variable in objects[index].variables.indices {
          let key = objects[index].variables[variable].key
          objects[index].variables[variable].weight.name = "\(objects[index].path)/vars/\(key)"
        }
      }
      draft.weights = .objectPaths(objects)
    }
    step.changes.append(.init(.renamed, "group", old, new))
    return true
  }

  /// Renames one array; it stays in the group of its layer, or goes to another object.
  private mutating func rename(
    _ address: WeightAddress, spelled old: String, to new: String
  ) throws(EditError) {
    let (old, new) = (old.trimmingSlash, new.trimmingSlash)
    try check(path: new)
    switch address.place {
    case .layer(let group, let index):
      guard case .legacy(var groups) = draft.weights else { return }
      let own = groups[group].weights[index].name
      // The new name has the form of the old one: with or without what stands before the weight's own name.
      let scope = String(old.dropLast(own.count))
      guard new.hasPrefix(scope), new.count > scope.count else {
        throw EditError(
          .badName, "a weight stays with its layer: expected a new name that begins with '\(scope)'"
        )
      }
      let name = String(new.dropFirst(scope.count))
      guard !groups[group].weights.contains(where: { $0.name == name }) else {
        throw EditError(.badName, "the layer has a weight '\(name)' already")
      }
      groups[group].weights[index].name = name
      draft.weights = .legacy(groups)
    case .object(let index, let variable):
      guard case .objectPaths(var objects) = draft.weights else { return }
      let scope = old.dropLast("vars/\(objects[index].variables[variable].key)".count)
      let isFull = old == address.path
      let isSame = new.hasPrefix(scope + "vars/")
      let parts = (isSame ? new.dropFirst(scope.count) : Substring(new)).split(separator: "/")
      guard isSame || isFull, parts.count >= 2, parts[parts.count - 2] == "vars" else {
        throw EditError(
          .badName,
          "expected a path like the old one, which ends in vars/NAME, found '\(new)'")
      }
      let path = isSame ? objects[index].path : parts.dropLast(2).joined(separator: "/")
      let key = String(parts[parts.count - 1])
      var entry = objects[index].variables.remove(at: variable)
      entry.key = key
      entry.weight.name = path.isEmpty ? "vars/\(key)" : "\(path)/vars/\(key)"
      var target = objects.firstIndex { $0.path == path }
      if target == nil {
        objects.append(DraftObject(path: path, variables: []))
        target = objects.count - 1
      }
      if let target {
        guard !objects[target].variables.contains(where: { $0.key == key }) else {
          throw EditError(.badName, "there is a weight '\(entry.weight.name)' already")
        }
        let place = target == index ? variable : objects[target].variables.count
        objects[target].variables.insert(entry, at: place)
      }
      draft.weights = .objectPaths(objects)
    case .optimizer, .other:
      throw EditError(.unsupported, "only weights of the model can be renamed")
    }
    step.changes.append(.init(.renamed, "weight", address.path, new))
  }

  /// Checks that a text can be a path in an HDF5 file.
  private func check(path: String) throws(EditError) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard !path.utf8.contains(0), parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
    else { throw EditError(.badName, "'\(path)' cannot be a name in an HDF5 file") }
  }
}

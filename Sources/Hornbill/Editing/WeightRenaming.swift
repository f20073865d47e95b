import HornbillFormats

/// Gives the weights of a renamed layer the names that they have under its new one.
struct WeightRenaming {
  let layer: ArchitectureLayers.Layer
  let new: String
  /// The old and new names of weights, without the `:0` of TensorFlow.
  private(set) var renamed: [(old: String, new: String)] = []

  init(_ layer: ArchitectureLayers.Layer, to new: String) {
    self.layer = layer
    self.new = new
  }

  /// Renames groups and weights.
  ///
  /// - Throws: ``EditError`` with the code `badName` when a group or weight of the new name is there already.
  mutating func apply(to draft: inout ArchiveDraft) throws(EditError) {
    switch draft.weights {
    case .none: break
    case .legacy(var layers):
      try rename(in: &layers)
      draft.weights = .legacy(layers)
    case .objectPaths(var objects):
      rename(in: &objects)
      draft.weights = .objectPaths(objects)
    }
    for index in draft.optimizerWeights.indices {
      draft.optimizerWeights[index].name = slotName(draft.optimizerWeights[index].name)
    }
  }

  private mutating func rename(in groups: inout [DraftLayer]) throws(EditError) {
    if layer.standing == .root {
      for group in groups.indices {
        for index in groups[group].weights.indices {
          let name = groups[group].weights[index].name
          let scope = "\(layer.name)/\(groups[group].name)/"
          guard name.hasPrefix(scope) else { continue }
          set(&groups[group].weights[index], new + name.dropFirst(layer.name.count))
        }
      }
      return
    }
    // The outermost layer that has a group: the branches of a Merge have groups of their own.
    guard
      let owner = layer.names.firstIndex(where: { name in
        groups.contains { $0.name == name && !$0.isTopLevel }
      }),
      let index = groups.firstIndex(where: { $0.name == layer.names[owner] && !$0.isTopLevel })
    else { return }
    for weight in groups[index].weights.indices {
      let name = groups[index].weights[weight].name
      if let renamed = WeightRenaming.replacing(layer.name, by: new, in: name) {
        set(&groups[index].weights[weight], renamed)
      }
    }
    var names: Set<String> = []
    for weight in groups[index].weights where !names.insert(weight.name).inserted {
      throw EditError(.badName, "the layer has a weight '\(weight.name)' already")
    }
    guard owner == layer.names.count - 1 else { return }
    guard !groups.contains(where: { $0.name == new }) else {
      throw EditError(.badName, "the file has weights of a layer '\(new)' already")
    }
    groups[index].name = new
  }

  private mutating func set(_ weight: inout DraftWeight, _ name: String) {
    renamed.append((WeightRenaming.bare(weight.name), WeightRenaming.bare(name)))
    weight.name = name
  }

  /// Objects have places; the name of their layer is only noted beside them.
  private func rename(in objects: inout [DraftObject]) {
    for index in objects.indices
    where objects[index].path == layer.objectPath && objects[index].layerName == layer.name {
      objects[index].layerName = new
    }
  }

  /// A weight's name with a layer's name in it replaced; `nil` when it is not there.
  ///
  /// The layer's name is a part between slashes: the first one that is it. Keras 1 begins the name with it.
  static func replacing(_ old: String, by new: String, in name: String) -> String? {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let wanted = old.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    if parts.count == 1, name.hasPrefix(old + "_") { return new + name.dropFirst(old.count) }
    guard parts.count > wanted.count else { return nil }
    for start in 0..<(parts.count - wanted.count)
    where parts[start..<start + wanted.count].elementsEqual(wanted) {
      var result = parts
      result.replaceSubrange(start..<start + wanted.count, with: [new])
      return result.joined(separator: "/")
    }
    return nil
  }

  /// The name of an optimizer's array with the name of a weight in it replaced: as a path, or with underscores as Keras 3 writes it.
  private func slotName(_ name: String) -> String {
    for (old, new) in renamed {
      let range = ("/" + name + "/").range(of: "/" + old, until: ["/", ":"])
      if let range {
        var result = "/" + name + "/"
        result.replaceSubrange(range, with: "/" + new)
        return String(result.dropFirst().dropLast())
      }
      let flat = (old: old.replacing("/", with: "_"), new: new.replacing("/", with: "_"))
      if let slash = name.lastIndex(of: "/") {
        let last = name[name.index(after: slash)...]
        if last.hasPrefix(flat.old + "_") {
          return name[...slash] + flat.new + last.dropFirst(flat.old.count)
        }
      }
    }
    return name
  }

  private static func bare(_ name: String) -> String {
    name.hasSuffix(":0") ? String(name.dropLast(2)) : name
  }
}

extension String {
  /// Where a text stands that one of some characters follows.
  fileprivate func range(of text: String, until ends: Set<Character>) -> Range<String.Index>? {
    ranges(of: text).first { range in
      range.upperBound < endIndex && ends.contains(self[range.upperBound])
    }
  }
}

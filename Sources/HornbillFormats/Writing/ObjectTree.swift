import HornbillHDF5

/// What a `.weights.h5` file holds, in the order in which it is written.
struct ObjectTree {
  /// The objects, each once.
  let objects: [DraftObject]
  /// Arrays whose names are not positions in the object graph.
  let misplaced: [DraftWeight]

  /// Gathers the objects of a model, of its optimizer and of its metrics.
  ///
  /// - Returns: `nil` when the draft's weights are kept by layer name.
  init?(_ draft: ArchiveDraft) {
    var objects: [DraftObject] = []
    switch draft.weights {
    case .none: break
    case .legacy: return nil
    case .objectPaths(let known): objects = known
    }
    var misplaced: [DraftWeight] = []
    var byPath: [String: Int] = [:]
    for (index, object) in objects.enumerated() { byPath[object.path] = index }
    var state: [DraftObject] = []
    for object in draft.stateObjects
    where byPath[object.path] == nil && object.isWanted(by: draft) {
      byPath[object.path] = objects.count + state.count
      state.append(DraftObject(path: object.path, layerName: object.name, variables: []))
    }
    objects += state
    for weight in draft.optimizerWeights + draft.otherEntries {
      guard let (path, key) = ObjectTree.position(of: weight.name) else {
        misplaced.append(weight)
        continue
      }
      if let index = byPath[path] {
        objects[index].variables.append((key, weight))
      } else {
        byPath[path] = objects.count
        objects.append(DraftObject(path: path, variables: [(key, weight)]))
      }
    }
    self.objects = objects
    self.misplaced = misplaced
  }

  /// The object and the key in a name such as `optimizer/vars/0`.
  private static func position(of name: String) -> (path: String, key: String)? {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard let index = parts.lastIndex(of: "vars"), index == parts.count - 2 else { return nil }
    return (parts[..<index].joined(separator: "/"), String(parts[index + 1]))
  }
}

extension ArchiveDraft.StateObject {
  /// Whether the draft still has what the object belongs to: an optimizer without state is none.
  fileprivate func isWanted(by draft: ArchiveDraft) -> Bool {
    path.split(separator: "/").first == "optimizer" ? !draft.optimizerWeights.isEmpty : true
  }
}

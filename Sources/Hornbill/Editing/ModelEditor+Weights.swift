import HornbillCore
import HornbillFormats
import HornbillLayers

extension ModelEditor {
  mutating func set(_ path: String, to file: String) throws(EditError) {
    let address = try address(path)
    let old = draft[address.place]
    let tensor: Tensor
    do throws(ArchiveError) {
      tensor = try Npy.read(file)
    } catch {
      throw EditError(error)
    }
    guard tensor.shape == old.shape else {
      throw EditError(
        .misfit,
        "\(file): expected shape \(Shape(old.shape)), found \(Shape(tensor.shape))")
    }
    guard let dtype = old.dtype else {
      throw EditError(.unsupported, "'\(address.path)' has a type that cannot be written anew")
    }
    // NumPy has no bfloat16; its numbers come as float32.
    let isExact =
      tensor.dtype == .float32 && dtype == .bfloat16
      && tensor.converted(to: .bfloat16).floats == tensor.floats
    guard tensor.dtype == dtype || isExact else {
      let hint =
        dtype == .bfloat16
        ? "float32 numbers that bfloat16 holds exactly"
        : "\(dtype); save the array so, or cast the weight first"
      throw EditError(.misfit, "\(file): expected \(hint), found \(tensor.dtype)")
    }
    draft[address.place] = DraftWeight(name: old.name, tensor.converted(to: dtype))
    step.changes.append(.init(.set, "weight", address.path, file))
  }

  mutating func cast(_ pattern: String, to dtype: DType) throws(EditError) {
    let all = addresses
    let chosen = addresses(matching: pattern, among: all)
    guard !chosen.isEmpty else {
      throw noMatch(
        "no weight that '\(pattern)' stands for", pattern, among: all.flatMap(\.spellings))
    }
    let floating = chosen.filter { draft[$0.place].dtype?.isFloatingPoint == true }
    guard !floating.isEmpty else {
      throw EditError(
        .noMatch, "none of the \(chosen.count) weights holds floating-point numbers")
    }
    for address in floating {
      let old = draft[address.place]
      guard old.dtype != dtype else { continue }
      let overflows = try WeightCast.overflows(old, dtype)
      if overflows > 0 {
        step.notes.append(
          "\(overflows) numbers of \(address.path) are beyond \(dtype) and become infinite")
      }
      draft[address.place] = WeightCast.cast(old, to: dtype)
      step.changes.append(.init(.cast, "weight", address.path, dtype.rawValue))
    }
    if step.changes.isEmpty {
      step.notes.append("all \(floating.count) weights are \(dtype) already")
    }
    if floating.count < chosen.count {
      step.notes.append(
        "\(chosen.count - floating.count) weights without floating-point numbers stay as they are")
    }
    noteTypesThatKerasLacks(dtype)
  }

  /// Says where Keras cannot load what is written: bfloat16 from an `.h5` file, and in Keras 2 from any.
  private mutating func noteTypesThatKerasLacks(_ dtype: DType) {
    guard dtype == .bfloat16, !step.changes.isEmpty else { return }
    let major = KerasGeneration.major(
      version: draft.kerasVersion, architecture: draft.architecture)
    if archive.format == .legacyModel || archive.format == .legacyWeights {
      step.notes.append("Keras cannot load bfloat16 weights of an .h5 file")
    } else if draft.architecture != nil, major < 3 {
      step.notes.append("Keras 2 cannot load bfloat16 weights")
    }
  }

  /// The arrays that a pattern stands for: those of the model, and others only when the pattern begins with their folder.
  private func addresses(
    matching pattern: String, among all: [WeightAddress]
  ) -> [WeightAddress] {
    let glob = GlobPattern(pattern.trimmingSlash)
    let exact = ModelEditor.matches(pattern, among: all)
    if !exact.isEmpty { return exact }
    return all.filter { address in
      if !address.place.isWeight {
        let folder = address.path.prefix { $0 != "/" } + "/"
        guard glob.literalPrefix.hasPrefix(folder) else { return false }
      }
      return address.spellings.contains { spelling in
        glob.matches(spelling) || ModelEditor.folders(of: spelling).contains { glob.matches($0) }
      }
    }
  }

  /// The paths of the groups around an array.
  private static func folders(of path: String) -> [String] {
    path.indices.filter { path[$0] == "/" }.map { String(path[..<$0]) }
  }

  mutating func delete(_ path: String) throws(EditError) {
    let path = path.trimmingSlash
    let all = addresses
    let exact = ModelEditor.matches(path, among: all)
    guard exact.count < 2 else { throw ModelEditor.ambiguous(path, exact.map(\.path)) }
    if let address = exact.first {
      delete([address])
      return
    }
    if deleteAssets(path) { return }
    if try deleteGroup(path, among: all) { return }
    let glob = GlobPattern(path)
    if !glob.isLiteral {
      let chosen = addresses(matching: path, among: all)
      delete(chosen)
      let hasAssets = deleteAssets(matching: glob)
      if !chosen.isEmpty || hasAssets { return }
    }
    throw noMatch(
      "no weight, layer, group or asset '\(path)'", path,
      among: (layers?.all.filter { $0.standing != .root }.map(\.path) ?? [])
        + all.flatMap(\.spellings) + draft.assets.map { "assets/" + $0.path })
  }

  private mutating func delete(_ chosen: [WeightAddress]) {
    for address in chosen {
      let kind = address.place.isWeight ? "weight" : "array"
      step.changes.append(.init(.deleted, kind, address.path))
    }
    draft.remove(Set(chosen.map(\.place)))
    if draft.optimizerWeights.isEmpty, chosen.contains(where: { !$0.place.isWeight }) {
      draft.removeOptimizerObjects()
    }
  }

  /// Deletes the assets at a path or below it.
  private mutating func deleteAssets(_ path: String) -> Bool {
    deleteAssets { $0 == path || "assets/" + $0 == path || ("assets/" + $0).hasPrefix(path + "/") }
  }

  private mutating func deleteAssets(matching glob: GlobPattern) -> Bool {
    deleteAssets { glob.matches($0) || glob.matches("assets/" + $0) }
  }

  private mutating func deleteAssets(where isChosen: (String) -> Bool) -> Bool {
    let chosen = draft.assets.filter { isChosen($0.path) }
    guard !chosen.isEmpty else { return false }
    draft.assets.removeAll { asset in chosen.contains { $0.path == asset.path } }
    for asset in chosen { step.changes.append(.init(.deleted, "asset", asset.path)) }
    return true
  }

  /// Deletes the arrays below a path, or those of a layer, with the groups that held them.
  private mutating func deleteGroup(
    _ path: String, among all: [WeightAddress]
  ) throws(EditError) -> Bool {
    let layers = layers?.layers(named: path) ?? []
    guard layers.count < 2 else { throw ModelEditor.ambiguous(path, layers.map(\.path)) }
    let layer = layers.first { $0.standing != .root }
    let chosen = all.filter { address in
      if address.isBelow(path) { return true }
      guard let layer else { return false }
      return owns(layer, address)
    }
    delete(chosen)
    let removed = removeGroups(path, layer)
    if !chosen.isEmpty { return true }
    for group in removed { step.changes.append(.init(.deleted, "group", group)) }
    if removed.isEmpty, let layer {
      throw EditError(.noMatch, "layer '\(layer.path)' has no weights")
    }
    return !removed.isEmpty
  }

  /// Whether an array is one of a layer's.
  private func owns(_ layer: ArchitectureLayers.Layer, _ address: WeightAddress) -> Bool {
    switch (address.place, draft.weights) {
    case (.layer(let group, let index), .legacy(let groups)):
      guard layer.names.contains(groups[group].name) else { return false }
      if groups[group].name == layer.name, layer.names.count == 1 { return true }
      return WeightRenaming.replacing(
        layer.name, by: layer.name, in: groups[group].weights[index].name) != nil
    case (.object(let index, _), .objectPaths(let objects)):
      guard let place = layer.objectPath else { return false }
      let path = objects[index].path
      return path == place || path.hasPrefix(place + "/")
    default: return false
    }
  }

  /// Removes the group of a layer, or the objects at a path and below, as far as they hold no arrays.
  ///
  /// - Returns: the names of the groups or the paths of the objects.
  private mutating func removeGroups(
    _ path: String, _ layer: ArchitectureLayers.Layer?
  ) -> [String] {
    switch draft.weights {
    case .none: return []
    case .legacy(var groups):
      let name = path.hasPrefix("model_weights/") ? String(path.dropFirst(14)) : path
      let isRemoved = { (group: DraftLayer) in group.name == name && group.weights.isEmpty }
      let removed = groups.filter(isRemoved).map(\.name)
      groups.removeAll(where: isRemoved)
      draft.weights = .legacy(groups)
      return removed
    case .objectPaths(var objects):
      let own = path.hasSuffix("/vars") ? String(path.dropLast(5)) : path
      // The empty path is the model's own.
      guard let place = layer.map(\.objectPath) ?? own, !place.isEmpty else { return [] }
      let isRemoved = { (object: DraftObject) in
        (object.path == place || object.path.hasPrefix(place + "/")) && object.variables.isEmpty
      }
      let removed = objects.filter(isRemoved).map(\.path)
      objects.removeAll(where: isRemoved)
      draft.weights = .objectPaths(objects)
      return removed
    }
  }
}

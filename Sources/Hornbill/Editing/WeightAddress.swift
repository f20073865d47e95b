import HornbillCore
import HornbillFormats

/// Where an array stands in a draft.
enum WeightPlace: Hashable {
  /// In the group of a layer.
  case layer(Int, weight: Int)
  /// In an object.
  case object(Int, variable: Int)
  /// In the state of the optimizer.
  case optimizer(Int)
  /// In the state of metrics.
  case other(Int)

  /// Whether it is one of the model's weights.
  var isWeight: Bool {
    switch self {
    case .layer, .object: true
    case .optimizer, .other: false
    }
  }
}

/// The names by which users may call an array.
struct WeightAddress {
  let place: WeightPlace
  /// The path that `hornbill inspect` prints, without the slash before it, then shorter and clearer ones.
  let spellings: [String]

  /// The path in messages.
  var path: String { spellings[0] }

  /// Whether one of the spellings is that of something below a path.
  func isBelow(_ path: String) -> Bool {
    spellings.contains { $0.hasPrefix(path + "/") }
  }
}

extension ArchiveDraft {
  /// The arrays of the draft with their names.
  ///
  /// - Parameter format: the kind of file, on which the paths depend.
  func addresses(in format: ArchiveFormat, layers: ArchitectureLayers?) -> [WeightAddress] {
    var result: [WeightAddress] = []
    switch weights {
    case .none: break
    case .legacy(let groups):
      let root = format == .legacyModel ? "model_weights/" : ""
      for (group, layer) in groups.enumerated() {
        for (index, weight) in layer.weights.enumerated() {
          let path = "\(layer.name)/\(weight.name)"
          let spellings = root.isEmpty ? [path, weight.name] : [root + path, path, weight.name]
          result.append(
            WeightAddress(place: .layer(group, weight: index), spellings: spellings))
        }
      }
    case .objectPaths(let objects):
      let names = layerPaths(objects, layers: layers)
      for (index, object) in objects.enumerated() {
        for (variable, entry) in object.variables.enumerated() {
          let own = "vars/\(entry.key)"
          var spellings = [object.path.isEmpty ? own : "\(object.path)/\(own)"]
          if let name = names[index] { spellings.append("\(name)/\(own)") }
          result.append(
            WeightAddress(place: .object(index, variable: variable), spellings: spellings))
        }
      }
    }
    let isByLayer = if case .legacy = weights { true } else { false }
    for (index, weight) in optimizerWeights.enumerated() {
      let isPath = !isByLayer && weight.name.hasPrefix("optimizer/")
      result.append(
        WeightAddress(
          place: .optimizer(index),
          spellings: [isPath ? weight.name : "optimizer_weights/" + weight.name]))
    }
    for (index, weight) in otherEntries.enumerated() {
      result.append(WeightAddress(place: .other(index), spellings: [weight.name]))
    }
    return result
  }

  /// For each object the names of the layers that lead to it: those of the layer whose place it is or is in.
  private func layerPaths(_ objects: [DraftObject], layers: ArchitectureLayers?) -> [String?] {
    var names: [String: String] = [:]
    for object in objects where !object.path.isEmpty {
      if let name = object.layerName, object.path.split(separator: "/").count == 2 {
        names[object.path] = name
      }
    }
    for layer in layers?.all ?? [] where layer.standing != .root {
      if let path = layer.objectPath { names[path] = layer.path }
    }
    return objects.map { object in
      var rest = Substring(object.path)
      while !rest.isEmpty {
        if let name = names[String(rest)] { return name + object.path.dropFirst(rest.count) }
        guard let slash = rest.lastIndex(of: "/") else { return nil }
        rest = rest[..<slash]
      }
      return nil
    }
  }

  /// The array at a place.
  subscript(place: WeightPlace) -> DraftWeight {
    get {
      switch (place, weights) {
      case (.layer(let group, let weight), .legacy(let groups)): groups[group].weights[weight]
      case (.object(let index, let variable), .objectPaths(let objects)):
        objects[index].variables[variable].weight
      case (.optimizer(let index), _): optimizerWeights[index]
      case (.other(let index), _): otherEntries[index]
      default: preconditionFailure("a place is one of the draft that gave it")
      }
    }
    set {
      switch (place, weights) {
      case (.layer(let group, let weight), .legacy(var groups)):
        groups[group].weights[weight] = newValue
        weights = .legacy(groups)
      case (.object(let index, let variable), .objectPaths(var objects)):
        objects[index].variables[variable].weight = newValue
        weights = .objectPaths(objects)
      case (.optimizer(let index), _): optimizerWeights[index] = newValue
      case (.other(let index), _): otherEntries[index] = newValue
      default: preconditionFailure("a place is one of the draft that gave it")
      }
    }
  }

  /// Removes the objects of the optimizer's state.
  mutating func removeOptimizerObjects() {
    stateObjects.removeAll { $0.path == "optimizer" || $0.path.hasPrefix("optimizer/") }
  }

  /// Removes arrays; groups and objects that hold none any more stay.
  mutating func remove(_ places: Set<WeightPlace>) {
    switch weights {
    case .none: break
    case .legacy(var groups):
      for group in groups.indices {
        groups[group].weights = groups[group].weights.enumerated()
          .filter { !places.contains(.layer(group, weight: $0.offset)) }.map(\.element)
      }
      weights = .legacy(groups)
    case .objectPaths(var objects):
      for index in objects.indices {
        objects[index].variables = objects[index].variables.enumerated()
          .filter { !places.contains(.object(index, variable: $0.offset)) }.map(\.element)
      }
      weights = .objectPaths(objects)
    }
    optimizerWeights = optimizerWeights.enumerated()
      .filter { !places.contains(.optimizer($0.offset)) }.map(\.element)
    otherEntries = otherEntries.enumerated()
      .filter { !places.contains(.other($0.offset)) }.map(\.element)
  }
}

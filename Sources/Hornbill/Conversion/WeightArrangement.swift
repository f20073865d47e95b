import HornbillCore
import HornbillFormats
import HornbillLayers

/// Puts the weights of a model into the two arrangements that files have.
struct WeightArrangement {
  /// Gives a variable under a name; `nil` when its numbers are not known.
  typealias Provider = (_ variable: WeightID, _ name: String, _ spec: WeightSpec) -> DraftWeight?

  let root: LayerInstance
  let walk: VariableWalk
  let weight: Provider
  /// The stored arrays of layers whose variables are not known.
  let opaque: [ObjectIdentifier: [StoredWeight]]

  /// The weights as a kind of file has them.
  ///
  /// - Parameters:
  ///   - manner: the names in a legacy file.
  ///   - current: the weights of the file from which the model comes; arrays under names keep its arrangement.
  /// - Returns: the weights, and whether some of them are wider than they were, as Keras reads no `bfloat16` from `.h5` files.
  /// - Throws: ``LayerError`` as ``objectPaths()`` and ``legacy(_:)``.
  func weights(
    for target: ConversionTarget, _ manner: VariableNames.Manner, like current: DraftWeights = .none
  ) throws(LayerError) -> (weights: DraftWeights, isWidened: Bool) {
    switch (target, current) {
    case (.json, _): return (.none, false)
    case (.keras, _), (.weightsH5, _), (.sharded, _): return (try objectPaths(), false)
    case (.h5, _), (.h5Keras2, _), (.legacyWeights, _):
      let weights = try legacy(manner)
      let widened = weights.withoutBrainFloats
      return (widened, widened.hasOtherTypes(than: weights))
    case (.npz, .objectPaths), (.safetensors, .objectPaths): return (try objectPaths(), false)
    case (.npz, _), (.safetensors, _): return (try legacy(manner), false)
    }
  }

  // MARK: By position in the object graph

  /// The variables of every layer under the path where Keras 3 looks for them.
  ///
  /// A layer in two nested models is written at both places, so that it is found whether or not Keras makes one layer of it.
  ///
  /// - Throws: ``LayerError`` for a weight that is missing, and for a layer of an unknown class whose weights have no known place.
  func objectPaths() throws(LayerError) -> DraftWeights {
    var objects: [DraftObject] = []
    try addObjects(of: root, at: "", to: &objects)
    return .objectPaths(objects)
  }

  private func addObjects(
    of instance: LayerInstance, at path: String, to objects: inout [DraftObject]
  ) throws(LayerError) {
    var variables: [(key: String, weight: DraftWeight)] = []
    let prefix = path.isEmpty ? "vars/" : path + "/vars/"
    do {
      if let stored = opaque[instance.id] {
        for (position, weight) in try ownVariables(stored, of: instance).enumerated() {
          var weight = DraftWeight(weight)
          weight.name = prefix + "\(position)"
          variables.append(("\(position)", weight))
        }
      } else {
        for (position, variable) in walk.own(instance, isTrainable: true).enumerated() {
          guard let key = instance.layer.storageKey(position, variable.spec) else { continue }
          variables.append((key, try draft(variable, named: prefix + key)))
        }
        for variable in walk.constants(instance) {
          guard let key = instance.layer.storageKey(variable.index, variable.spec),
            let weight = try constant(variable, named: prefix + key)
          else { continue }
          variables.append((key, weight))
        }
      }
    } catch {
      throw error.path.isEmpty ? error.at(instance.name) : error
    }
    objects.append(DraftObject(path: path, layerName: instance.name, variables: variables))
    guard opaque[instance.id] == nil else { return }
    for (sublayer, inner) in ObjectPaths.sublayers(of: instance, at: path) {
      try addObjects(of: sublayer, at: inner, to: &objects)
    }
  }

  /// An array that Keras stores beside the weights; `nil` when nothing gives its numbers.
  private func constant(
    _ variable: ModelVariable, named name: String
  ) throws(LayerError) -> DraftWeight? {
    if let weight = weight(variable.id, name, variable.spec) {
      return weight
    }
    // Spectral normalisation keeps its layer's kernel a second time.
    guard variable.owner.layer is SpectralNormalization,
      let inner = variable.owner.layer.sublayers.first?.instance,
      let kernel = walk.own(inner, isTrainable: true).first(where: {
        $0.spec.shape == variable.spec.shape
      })
    else { return nil }
    return try draft(kernel, named: name)
  }

  /// The arrays of a layer of an unknown class, when they are all variables of the layer itself.
  private func ownVariables(
    _ stored: [StoredWeight], of instance: LayerInstance
  ) throws(LayerError) -> [StoredWeight] {
    for weight in stored {
      let parts = weight.name.split(separator: "/")
      guard parts.count >= 2, parts[parts.count - 2] == instance.name else {
        throw LayerError(
          .unsupported,
          "where a .weights.h5 file keeps weight \"\(weight.name)\" of class \"\(instance.className)\" is not known"
        )
      }
    }
    return stored
  }

  // MARK: By layer name

  /// The variables of every layer of the model in the order in which a legacy file lists them.
  ///
  /// - Throws: ``LayerError`` for a weight that is missing, and for a layer of an unknown class whose weights have no known
  ///   order.
  func legacy(_ manner: VariableNames.Manner) throws(LayerError) -> DraftWeights {
    let names = VariableNames(root: root, walk: walk, manner: manner)
    var layers: [DraftLayer] = []
    for layer in (root.layer as? any ModelLayer)?.layers ?? [] {
      var weights: [DraftWeight] = []
      var taken: Set<String> = []
      do {
        if let unknown = firstOpaque(in: layer) {
          weights = try listed(unknown, of: layer)
        } else {
          for variable in walk.reloadedOrder(layer) {
            var name = names[variable]
            var count = 1
            while !taken.insert(name).inserted {
              name = VariableNames.numbered(names[variable], count)
              count += 1
            }
            weights.append(try draft(variable, named: name))
          }
        }
      } catch {
        throw error.path.isEmpty ? error.at(layer.name) : error
      }
      layers.append(DraftLayer(name: layer.name, weights: weights))
    }
    return .legacy(layers)
  }

  private func firstOpaque(in layer: LayerInstance) -> LayerInstance? {
    if opaque[layer.id] != nil { return layer }
    for sublayer in layer.layer.sublayers {
      if let found = firstOpaque(in: sublayer.instance) { return found }
    }
    return nil
  }

  /// The arrays of a layer of an unknown class in the order of its variables.
  private func listed(
    _ unknown: LayerInstance, of layer: LayerInstance
  ) throws(LayerError) -> [DraftWeight] {
    let stored = opaque[unknown.id] ?? []
    if stored.isEmpty, unknown.id == layer.id { return [] }
    let objects = Set(stored.map { $0.name.split(separator: "/").dropLast() })
    guard unknown.id == layer.id, objects.count == 1 else {
      throw LayerError(
        .unsupported,
        "the order in which a legacy .h5 file lists the weights of class \"\(unknown.className)\" is not known"
      )
    }
    return stored.enumerated().map { index, weight in
      var weight = DraftWeight(weight)
      weight.name = "\(layer.name)/variable_\(index)"
      return weight
    }
  }

  // MARK: One variable

  private func draft(
    _ variable: ModelVariable, named name: String
  ) throws(LayerError) -> DraftWeight {
    if let weight = weight(variable.id, name, variable.spec) {
      return weight
    }
    throw LayerError(.weights, "weight \"\(variable.spec.name)\" is missing")
  }
}

extension VariableNames {
  /// A name that is made unique by a number.
  static func numbered(_ name: String, _ number: Int) -> String {
    name.hasSuffix(":0") ? "\(name.dropLast(2))_\(number):0" : "\(name)_\(number)"
  }
}

extension WeightBindings {
  /// A variable on its way into a file; `nil` when its numbers are not known.
  func draft(of id: WeightID, named name: String, spec: WeightSpec) -> DraftWeight? {
    switch sources[id] {
    case nil:
      return nil
    case .tensor(let tensor):
      return DraftWeight(name: name, tensor)
    case .initial(let variable, let value):
      return DraftWeight(name: name, shape: variable.shape, dtype: variable.dtype) {
        () throws(ArchiveError) -> Tensor in
        do throws(LayerError) {
          return try value.values(shape: variable.shape, dtype: variable.dtype)
        } catch {
          throw ArchiveError(.unsupported, path: "", object: name, error.description)
        }
      }
    case .stored(let weight):
      var draft = DraftWeight(weight)
      draft.name = name
      return draft
    case .draft(let weight):
      var draft = weight
      draft.name = name
      return draft
    case .converted(let group, let index):
      let dtype = group.stored.first?.dtype ?? spec.dtype
      return DraftWeight(name: name, shape: spec.shape, dtype: dtype) {
        () throws(ArchiveError) -> Tensor in
        do throws(LayerError) {
          return try group.tensor(index)
        } catch {
          throw ArchiveError(.malformed, path: group.filePath, object: name, error.description)
        }
      }
    }
  }
}

extension WeightGroup {
  /// The file that holds the arrays.
  fileprivate var filePath: String { stored.first?.filePath ?? "" }
}

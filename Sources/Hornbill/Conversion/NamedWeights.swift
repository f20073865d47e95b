import HornbillCore
import HornbillFormats
import HornbillLayers

/// Arrays under names on their way into files of Keras.
struct NamedWeights {
  let path: String
  let arrays: [DraftWeight]

  /// The objects of a `.weights.h5` file, when all names are paths in one: `layers/dense/vars/0`.
  var objects: [DraftObject]? {
    var order: [String] = []
    var objects: [String: DraftObject] = [:]
    for array in arrays {
      let parts = array.name.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count >= 2, parts[parts.count - 2] == "vars" else { return nil }
      let object = parts.dropLast(2).joined(separator: "/")
      if objects[object] == nil {
        order.append(object)
        objects[object] = DraftObject(path: object, variables: [])
      }
      objects[object]?.variables.append((key: String(parts[parts.count - 1]), weight: array))
    }
    return order.compactMap { objects[$0] }
  }

  /// The numbers of a model's variables, by the names that files of Keras give to them.
  ///
  /// Known are the paths of a `.weights.h5` file, the names of legacy files with or without the layer's before them, and the paths
  /// of ``ModelWeight``.
  ///
  /// - Throws: ``LayerError`` with the code `weights` for a variable without an array, an array of another shape, and an
  ///   array that is left over.
  func sources(of model: Model) throws(LayerError) -> [WeightID: WeightBindings.Source] {
    var rest = Dictionary(arrays.map { ($0.name, $0) }) { first, _ in first }
    let names = candidates(in: model)
    var sources: [WeightID: WeightBindings.Source] = [:]
    for variable in model.walk.variables(model.root)
    where model.bindings.canonical(variable.id) == variable.id {
      guard let name = names[variable.id]?.first(where: { rest[$0] != nil }),
        let array = rest.removeValue(forKey: name)
      else {
        let example = names[variable.id]?.first ?? variable.spec.name
        throw LayerError(.weights, "the file holds no array \"\(example)\"").at(variable.owner.name)
      }
      guard array.shape == variable.spec.shape else {
        throw LayerError.shape(of: variable, found: array.shape)
      }
      sources[variable.id] = .draft(array)
    }
    if let extra = rest.keys.sorted().first {
      throw LayerError(.weights, "array \"\(extra)\" belongs to no weight of the model")
    }
    return sources
  }

  /// The names under which each variable may stand in the file.
  private func candidates(in model: Model) -> [WeightID: [String]] {
    var result: [WeightID: [String]] = [:]
    func visit(_ instance: LayerInstance, at path: String) {
      for (position, variable) in model.walk.own(instance, isTrainable: true).enumerated() {
        guard let key = instance.layer.storageKey(position, variable.spec) else { continue }
        result[variable.id, default: []].append(
          path.isEmpty ? "vars/\(key)" : "\(path)/vars/\(key)")
      }
      for (inner, path) in ObjectPaths.sublayers(of: instance, at: path) { visit(inner, at: path) }
    }
    visit(model.root, at: "")
    let paths = LayerPaths(root: model.root)
    let manners = [VariableNames.Manner.keras3, .keras2].map {
      VariableNames(root: model.root, walk: model.walk, manner: $0)
    }
    for layer in model.layers {
      for variable in model.walk.variables(layer) {
        // A name without the layer's may be that of another layer's variable.
        result[variable.id, default: []] += manners.map { "\(layer.name)/\($0[variable])" }
        result[variable.id, default: []].append(paths.path(of: variable))
        result[variable.id, default: []] += manners.map { $0[variable] }
      }
    }
    return result
  }
}

extension Conversion {
  /// Arrays under names in another kind of file; the model is needed for all but `.weights.h5` files of their paths.
  init(
    _ named: NamedWeights, to target: ConversionTarget, options: LoadOptions
  ) throws(ModelError) {
    var names: Set<String> = []
    for array in named.arrays where !names.insert(array.name).inserted {
      throw ModelError(
        .weights, file: named.path, "the file holds array \"\(array.name)\" twice")
    }
    guard let architecture = options.architecture else {
      guard let objects = named.objects,
        [.weightsH5, .sharded, .npz, .safetensors].contains(target)
      else {
        throw ModelError(
          .archive, file: named.path,
          "holds weights but no architecture; give its JSON with --config")
      }
      self.init(
        ArchiveDraft(weights: .objectPaths(objects)), from: "arrays under names", to: target)
      return
    }
    let archive: ModelArchive
    do throws(ArchiveError) {
      archive = try ModelArchive.open(architecture)
    } catch {
      throw ModelError(error)
    }
    var model = try Model(archive: archive.withoutWeights, options: options)
    do throws(LayerError) {
      model.bindings.replace(try named.sources(of: model))
    } catch {
      throw ModelError(error, file: named.path)
    }
    try self.init(model: model, to: target, options: options)
  }
}

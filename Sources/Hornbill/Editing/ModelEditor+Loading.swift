import HornbillCore
import HornbillFormats
import HornbillLayers

extension ModelEditor {
  /// Takes the weights of another file.
  ///
  /// Where both the file and the draft can be understood as models, ``WeightLoader`` says which array is which, across containers,
  /// dialects and frozen layers. Else arrays are paired as they stand in the two files, which must be arranged alike.
  mutating func loadWeights(_ file: String, rules: LoadRules) throws(EditError) {
    let report: LoadReport
    if let model = understood() {
      report = try loadWeights(file, rules: rules, as: model)
    } else {
      var pairing = DraftPairing(draft, rules: rules)
      do throws(ArchiveError) {
        report = try pairing.run(with: ModelArchive.open(file))
      } catch {
        throw EditError(error)
      }
      draft.weights = pairing.draft.weights
      step.notes.append("weights were paired as they stand in the files, not layer by layer")
    }
    if let objection = rules.objection(to: report) {
      throw EditError(.misfit, objection, loadReport: report)
    }
    step.load = report
  }

  /// The model of the draft with the place of every variable; `nil` when a part of it is not known.
  private func understood() -> (model: Model, places: [WeightID: WeightPlace])? {
    guard let architecture = draft.architecture else { return nil }
    do throws(ModelError) {
      let model = try Model(archive: archive.holding(architecture))
      guard model.root.layer is any ModelLayer, model.build.isBuilt(model.root),
        !model.layers.contains(where: { model.build.hasUnknownWeights($0) }),
        let places = VariablePlaces(model, in: draft).places
      else { return nil }
      return (model, places)
    } catch {
      // A model that cannot be understood can still be edited as what stands in the file.
      return nil
    }
  }

  private mutating func loadWeights(
    _ file: String, rules: LoadRules, as target: (model: Model, places: [WeightID: WeightPlace])
  ) throws(EditError) -> LoadReport {
    var loader: WeightLoader
    let report: LoadReport
    do throws(ModelError) {
      loader = WeightLoader(
        target.model, from: try LoadSource(file, options: LoadOptions()), rules: rules)
      report = try loader.run()
    } catch {
      throw EditError(error)
    }
    for (id, place) in target.places {
      guard let source = loader.loaded[target.model.bindings.canonical(id)] else { continue }
      let old = draft[place]
      draft[place] = ModelEditor.weight(from: source, like: old, file: file)
    }
    return report
  }

  /// The numbers of a source under the name and in the type of an array of the draft.
  private static func weight(
    from source: WeightBindings.Source, like old: DraftWeight, file: String
  ) -> DraftWeight {
    guard let dtype = old.dtype else { return old }
    if case .stored(let stored) = source, stored.dtype == dtype {
      var weight = DraftWeight(stored)
      weight.name = old.name
      return weight
    }
    return DraftWeight(name: old.name, shape: old.shape, dtype: dtype) {
      () throws(ArchiveError) in
      do throws(LayerError) {
        return WeightCast.convert(try WeightBindings.read(source), to: dtype)
      } catch {
        throw ArchiveError(.malformed, path: file, error.description)
      }
    }
  }
}

/// Where a draft has the variables of its model.
struct VariablePlaces {
  /// The places; `nil` when the arrays of the draft are not those of the variables one by one.
  let places: [WeightID: WeightPlace]?

  init(_ model: Model, in draft: ArchiveDraft) {
    switch draft.weights {
    case .none: places = nil
    case .legacy(let groups): places = VariablePlaces.places(model, groups)
    case .objectPaths(let objects): places = VariablePlaces.places(model, objects)
    }
  }

  private static func places(_ model: Model, _ groups: [DraftLayer]) -> [WeightID: WeightPlace]? {
    var result: [WeightID: WeightPlace] = [:]
    var filled = groups.indices.filter { !groups[$0].weights.isEmpty && !groups[$0].isTopLevel }
    for layer in model.layers {
      let variables = model.walk.legacyOrder(layer)
      if variables.isEmpty { continue }
      guard let position = filled.firstIndex(where: { groups[$0].name == layer.name }) else {
        return nil
      }
      let group = filled.remove(at: position)
      guard groups[group].weights.map(\.shape) == variables.map(\.spec.shape) else { return nil }
      for (index, variable) in variables.enumerated() {
        result[variable.id] = .layer(group, weight: index)
      }
    }
    return filled.isEmpty ? result : nil
  }

  private static func places(
    _ model: Model, _ objects: [DraftObject]
  ) -> [WeightID: WeightPlace]? {
    let byPath = Dictionary(objects.enumerated().map { ($1.path, $0) }) { first, _ in first }
    let paths = ObjectPlaces(root: model.root) { byPath[$0] != nil }
    var result: [WeightID: WeightPlace] = [:]
    var seen: Set<ObjectIdentifier> = []
    for variable in model.walk.variables(model.root) where seen.insert(variable.owner.id).inserted {
      let owner = variable.owner
      let object = byPath[paths[owner]]
      for (position, own) in model.walk.own(owner, isTrainable: true).enumerated() {
        guard let key = owner.layer.storageKey(position, own.spec) else { continue }
        guard let object,
          let index = objects[object].variables.firstIndex(where: { $0.key == key }),
          objects[object].variables[index].weight.shape == own.spec.shape
        else { return nil }
        result[own.id] = .object(object, variable: index)
      }
    }
    return result
  }
}

import HornbillCore
import HornbillFormats
import HornbillLayers

/// An array of a file from which weights are loaded, or what a conversion makes of some.
struct SourceArray {
  /// The names by which a map may call it, the file's own first.
  let names: [String]
  let shape: [Int]
  let numbers: WeightBindings.Source
  /// Whether it is the state of a random generator, which nobody misses.
  var isState = false
}

/// The file that weights are loaded from, as far as it can be understood.
enum LoadSource {
  /// A whole model, whose own configuration says what its arrays are.
  case model(Model, ModelArchive)
  /// Weights by layer name alone.
  case layers([LegacyLayerWeights], ModelArchive)
  /// Weights by object path alone.
  case objects(ObjectPathWeights, ModelArchive)

  /// Opens a file.
  ///
  /// - Throws: ``ModelError`` when the file cannot be read or holds no weights.
  init(_ path: String, options: LoadOptions) throws(ModelError) {
    let archive: ModelArchive
    do {
      archive = try ModelArchive.open(path)
    } catch {
      throw ModelError(error)
    }
    if let model = LoadSource.understood(archive, options: options) {
      self = .model(model, archive)
      return
    }
    switch archive.weights {
    case .none:
      throw ModelError(.weights, file: path, "\(archive.format) holds no weights")
    case .legacy(let layers): self = .layers(layers, archive)
    case .objectPaths(let objects): self = .objects(objects, archive)
    }
  }

  /// The paths of the model's layers; `nil` when the file is read without one.
  var paths: LayerPaths? {
    if case .model(let model, _) = self { LayerPaths(root: model.root) } else { nil }
  }

  /// All arrays of the file.
  ///
  /// - Parameter paths: the paths of the model's layers.
  func arrays(paths: LayerPaths?) -> [SourceArray] {
    switch self {
    case .model(let model, _):
      var result: [SourceArray] = []
      for variable in model.weightVariables {
        guard let numbers = model.bindings.sources[variable.id] else { continue }
        result.append(
          SourceArray(
            names: [paths?.path(of: variable) ?? variable.spec.name], shape: variable.spec.shape,
            numbers: numbers))
      }
      for weight in model.layers.flatMap(model.opaqueArrays) {
        result.append(
          SourceArray(names: [weight.name], shape: weight.shape, numbers: .stored(weight)))
      }
      return result
    case .layers(let groups, _):
      return groups.flatMap { group in
        group.weights.map {
          SourceArray(names: [group.path(of: $0), $0.name], shape: $0.shape, numbers: .stored($0))
        }
      }
    case .objects(let objects, _):
      return objects.groups.flatMap { group in
        group.variables.map {
          SourceArray(
            names: [$0.weight.name], shape: $0.weight.shape, numbers: .stored($0.weight),
            isState: group.objectPath.hasSuffix("seed_generator"))
        }
      }
    }
  }

  var archive: ModelArchive {
    switch self {
    case .model(_, let archive), .layers(_, let archive), .objects(_, let archive): archive
    }
  }

  /// The model of a file; `nil` when the file has none, or one that does not explain all of its arrays, so that they are taken
  /// for what they are.
  private static func understood(_ archive: ModelArchive, options: LoadOptions) -> Model? {
    if case .none = archive.weights { return nil }
    guard archive.architecture != nil else { return nil }
    do throws(ModelError) {
      let model = try Model(archive: archive, options: options)
      let isBuilt = model.root.layer is any ModelLayer && model.build.isBuilt(model.root)
      return isBuilt ? model : nil
    } catch {
      return nil
    }
  }
}

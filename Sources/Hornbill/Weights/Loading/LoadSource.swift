import HornbillCore
import HornbillFormats
import HornbillLayers

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

import HornbillCore
import HornbillHDF5

/// HDF5 files with weights by layer name: whole models and weights alone, of Keras 0 to 3.
enum LegacyHDF5Archive {
  private static let modelWeights = "/model_weights"
  private static let optimizerWeights = "/optimizer_weights"
  /// The group of weights that belong to no layer.
  static let topLevel = "top_level_model_weights"

  /// Opens a file; `nil` when it has neither a configuration nor a list of layers.
  static func open(_ file: WeightFile) throws(ArchiveError) -> ModelArchive? {
    let root = try file.group(at: "/")
    let config = try root.text("model_config")
    let hasModelWeights = try file.hasGroup(modelWeights)
    let group = hasModelWeights ? try file.group(at: modelWeights) : root
    let layers = try layerWeights(of: group)
    guard config != nil || layers != nil else {
      guard hasModelWeights else { return nil }
      throw file.error(
        .missing, modelWeights + "@layer_names", "the group has no list of its layers")
    }
    var archive = ModelArchive(
      path: file.path, format: config != nil || hasModelWeights ? .legacyModel : .legacyWeights)
    archive.weights = layers.map { .legacy($0) } ?? .none
    archive.weightsKerasVersion = try group.text("keras_version")
    archive.kerasVersion = try root.text("keras_version") ?? archive.weightsKerasVersion
    archive.backend = try root.text("backend")
    if archive.backend == nil { archive.backend = try group.text("backend") }
    archive.legacyStyle = try style(
      of: root, weights: group, layers: layers ?? [], version: archive.kerasVersion)
    if let config {
      archive.architecture = try ArchitectureJSON.parse(
        config, path: file.path, object: "/@model_config")
    }
    if let training = try root.text("training_config") {
      archive.trainingConfig = try ArchitectureJSON.parse(
        training, path: file.path, object: "/@training_config")
    }
    if try file.hasGroup(optimizerWeights) {
      archive.optimizerWeights = try weights(of: file.group(at: optimizerWeights))
    }
    return archive
  }

  /// How the file is spelled.
  private static func style(
    of root: WeightGroup, weights: WeightGroup, layers: [LegacyLayerWeights], version: String?
  ) throws(ArchiveError) -> LegacyStyle {
    var style = LegacyStyle(kerasVersion: version)
    style.rootText = try root.textFormat("keras_version") ?? style.rootText
    style.weightsVersion = try weights.text("keras_version")
    style.namesWeightsBackend = try weights.text("backend") != nil
    style.hasTopLevelGroup = try weights.file.hasGroup(weights.path(of: topLevel))
    if let format = try weights.textFormat("layer_names") {
      style.hasFixedLists = !format.isVariableLength
    } else if let named = layers.first(where: { !$0.weights.isEmpty && !$0.isTopLevel }),
      let format = try weights.file.group(at: weights.path(of: named.name))
        .textFormat("weight_names")
    {
      style.hasFixedLists = !format.isVariableLength
    }
    return style
  }

  private static func layerWeights(
    of root: WeightGroup
  ) throws(ArchiveError) -> [LegacyLayerWeights]? {
    guard let names = try root.list("layer_names") else { return try numberedLayers(of: root) }
    var layers: [LegacyLayerWeights] = []
    for name in names {
      try root.requireSafe(name)
      let group: WeightGroup
      do throws(ArchiveError) {
        group = try root.file.group(at: root.path(of: name))
      } catch {
        throw explain(
          error, "'layer_names' lists this layer, but its group is missing", in: root, name)
      }
      layers.append(LegacyLayerWeights(name: name, weights: try weights(of: group)))
    }
    if !names.contains(topLevel), try root.file.hasGroup(root.path(of: topLevel)) {
      let own = try weights(of: root.file.group(at: root.path(of: topLevel)))
      if !own.isEmpty {
        layers.append(LegacyLayerWeights(name: topLevel, weights: own, isTopLevel: true))
      }
    }
    return layers
  }

  private static func weights(of group: WeightGroup) throws(ArchiveError) -> [StoredWeight] {
    var weights: [StoredWeight] = []
    for name in try group.list("weight_names") ?? [] {
      try group.requireSafe(name)
      do throws(ArchiveError) {
        weights.append(try group.weight(at: name, name: name))
      } catch {
        throw explain(error, "'weight_names' lists this weight, but it is missing", in: group, name)
      }
    }
    return weights
  }

  /// An error with the words for a missing member, when that is what it is about.
  private static func explain(
    _ error: ArchiveError, _ words: String, in group: WeightGroup, _ name: String
  ) -> ArchiveError {
    error.code == .missing
      ? group.file.error(.missing, group.path(of: name), words) : error
  }

  /// The form from before Keras 1: `nb_layers` groups of `nb_params` arrays.
  private static func numberedLayers(
    of root: WeightGroup
  ) throws(ArchiveError) -> [LegacyLayerWeights]? {
    guard let count = try root.integer("nb_layers") else { return nil }
    guard (0...1_000_000).contains(count) else {
      throw root.file.error(.malformed, root.path + "@nb_layers", "\(count) layers are impossible")
    }
    var layers: [LegacyLayerWeights] = []
    for index in 0..<count {
      let group = try root.file.group(at: root.path(of: "layer_\(index)"))
      guard let parameters = try group.integer("nb_params"), (0...1_000_000).contains(parameters)
      else {
        throw root.file.error(
          .malformed, group.path + "@nb_params", "expected the number of arrays")
      }
      var weights: [StoredWeight] = []
      for number in 0..<parameters {
        let name = "param_\(number)"
        weights.append(try group.weight(at: name, name: name))
      }
      layers.append(LegacyLayerWeights(name: "layer_\(index)", weights: weights))
    }
    return layers
  }
}

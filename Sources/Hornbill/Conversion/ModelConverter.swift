import HornbillCore
import HornbillFormats
import HornbillLayers

/// Works out what a converted file is to hold.
struct ModelConverter {
  let archive: ModelArchive
  let target: ConversionTarget
  let options: LoadOptions
  /// The generation of Keras that wrote the file.
  let generation: Int
  private(set) var report: ConversionReport

  init(archive: ModelArchive, target: ConversionTarget, options: LoadOptions) {
    self.archive = archive
    self.target = target
    self.options = options
    generation = KerasGeneration.major(
      version: archive.kerasVersion, architecture: archive.architecture)
    let version = archive.kerasVersion.map { ", Keras \($0)" } ?? ""
    report = ConversionReport(source: "\(archive.format)\(version)", target: target)
  }

  mutating func converted() throws(ModelError) -> ArchiveDraft {
    if target.holdsArchitecture { try requireArchitecture() }
    if target == .json {
      return ArchiveDraft(
        architecture: archive.architecture, kerasVersion: archive.kerasVersion,
        backend: archive.backend)
    }
    if generation < 3, target.isKeras3Only(archive.weights) { return try upgraded() }
    return generation >= 3 && target == .h5Keras2 ? try downgraded() : try sameGeneration()
  }

  private func requireArchitecture() throws(ModelError) {
    do throws(ArchiveError) {
      _ = try archive.requireArchitecture()
    } catch {
      throw ModelError(error)
    }
  }

  // MARK: Within one generation

  /// The same model and weights in another kind of file of the same generation.
  private mutating func sameGeneration() throws(ModelError) -> ArchiveDraft {
    var draft = ArchiveDraft(archive)
    let isArranged =
      switch archive.weights {
      case .none: true
      case .legacy: !target.holdsObjectPaths
      case .objectPaths: target.holdsObjectPaths || target == .npz || target == .safetensors
      }
    if !isArranged { try rearrange(&draft) }
    convertTraining(&draft)
    if target == .h5Keras2, archive.architecture?["module"] != nil,
      let name = archive.architecture.flatMap({ ArchitectureForm.unreadableConstant(in: $0) })
    {
      throw ModelError(
        LayerError(
          .unsupported, "Keras 2.15 reads no constant of its type from .h5 files"
        ).at(name), file: archive.path)
    }
    if target.holdsArchitecture {
      draft.architecture = try embeddingVocabularies(&draft).map(respelled)
    } else {
      noteParts(of: draft)
      draft.architecture = nil
    }
    if target != .keras || archive.format == .shardedWeights { draft.metadata = nil }
    return draft
  }

  /// The weights in the arrangement of the new file.
  private mutating func rearrange(_ draft: inout ArchiveDraft) throws(ModelError) {
    let model = try Model(archive: archive, options: options)
    let arrangement = WeightArrangement(model: model)
    draft.legacyStyle = nil
    draft.stateObjects = []
    let manner: VariableNames.Manner = generation < 3 ? .keras2 : .keras3
    do throws(LayerError) {
      let isWidened: Bool
      (draft.weights, isWidened) = try arrangement.weights(for: target, manner)
      if isWidened { report.noteWidenedWeights() }
      if target.holdsObjectPaths {
        draft.optimizerWeights = OptimizerState.archive(draft.optimizerWeights)
        if let name = archive.trainingConfig?["optimizer_config"]?["config"]?["name"]?.string {
          draft.stateObjects = [ArchiveDraft.StateObject(path: "optimizer", name: name)]
        }
      } else {
        draft.optimizerWeights = OptimizerState.legacy(
          draft.optimizerWeights, optimizer: archive.architecture?["compile_config"]?["optimizer"],
          variables: arrangement.trainedNames(manner))
      }
    } catch {
      throw ModelError(error, file: archive.path)
    }
  }

  /// Optimizer, loss and metrics in the place where the new file has them.
  private mutating func convertTraining(_ draft: inout ArchiveDraft) {
    let isLegacyTarget = target == .h5 || target == .h5Keras2
    if isLegacyTarget, draft.trainingConfig == nil {
      draft.trainingConfig = TrainingConfiguration.legacy(archive.architecture?["compile_config"])
    }
    if !isLegacyTarget { draft.trainingConfig = nil }
  }

  /// The architecture, with the vocabularies that a legacy file cannot hold otherwise.
  private mutating func embeddingVocabularies(
    _ draft: inout ArchiveDraft
  ) throws(ModelError) -> JSON? {
    guard let architecture = archive.architecture, target.format == .legacyModel,
      archive.assets.contains(where: { $0.path.hasSuffix("/vocabulary.txt") })
    else { return archive.architecture }
    let model = try Model(archive: archive, options: options)
    do throws(LayerError) {
      let embedded = try EmbeddedVocabularies(architecture, of: model)
      for layer in embedded.layers {
        report.note(.upgraded, layer, "its vocabulary stands in its configuration")
      }
      draft.assets.removeAll { embedded.files.contains($0.path) }
      return embedded.architecture
    } catch {
      throw ModelError(error, file: archive.path)
    }
  }

  /// Notes what a file of weights alone does not hold.
  private mutating func noteParts(of draft: ArchiveDraft) {
    let reason = "\(target.rawValue) holds weights alone"
    if draft.architecture != nil { report.note(.dropped, "the architecture", reason) }
    guard target == .npz || target == .safetensors else { return }
    if !draft.optimizerWeights.isEmpty {
      report.note(.dropped, "the optimizer's state", reason)
    }
    for asset in draft.assets { report.note(.dropped, "the asset \(asset.path)", reason) }
  }

  /// The architecture in the form of the new file.
  private func respelled(_ architecture: JSON) -> JSON {
    let isArchiveForm = architecture["module"] != nil
    switch target {
    case .keras where !isArchiveForm:
      let context = DecodingContext(
        registry: options.registry, rules: SemanticRules(kerasMajor: generation))
      return ArchitectureForm.archive(
        architecture, compileConfig: TrainingConfiguration.archive(archive.trainingConfig),
        in: context)
    case .h5 where isArchiveForm, .h5Keras2 where isArchiveForm:
      return ArchitectureForm.legacy(architecture, isKeras3: generation >= 3)
    default:
      return architecture
    }
  }

  // MARK: Between generations

  /// The model as Keras 3 writes it.
  private mutating func upgraded() throws(ModelError) -> ArchiveDraft {
    let model = try Model(archive: archive, options: options)
    var draft = ArchiveDraft(kerasVersion: ModelConverter.keras3, backend: "tensorflow")
    do throws(LayerError) {
      let upgraded = try RewrittenModel(upgrading: model, options: options)
      for upgrade in model.upgrades + upgraded.notes {
        report.note(.upgraded, "\(upgrade.layer) (\(upgrade.className))", upgrade.change)
      }
      let isWidened: Bool
      (draft.weights, isWidened) = try upgraded.arrangement.weights(for: target, .keras3)
      if isWidened { report.noteWidenedWeights() }
      if target.holdsArchitecture {
        draft.architecture =
          target == .h5
          ? ArchitectureForm.legacy(upgraded.architecture, isKeras3: true) : upgraded.architecture
      }
    } catch {
      throw ModelError(error, file: archive.path)
    }
    draft.assets = ArchiveDraft(archive).assets
    noteTraining()
    return draft
  }

  /// The release in whose manner upgraded models are written.
  static let keras3 = "3.15.1"

  /// Notes that what training needs is not carried into another generation.
  private mutating func noteTraining() {
    let reason =
      "Keras \(target == .h5Keras2 ? 2 : 3) has optimizers of another kind; compile the model again"
    let compileConfig = archive.architecture?["compile_config"]?.object
    if archive.trainingConfig != nil || compileConfig?.isEmpty == false {
      report.note(.dropped, "the training configuration", reason)
    }
    if !archive.optimizerWeights.isEmpty {
      report.note(.dropped, "the optimizer's state", reason)
    }
    if !archive.otherEntries.isEmpty { report.note(.dropped, "the state of metrics", reason) }
  }

  /// The model as Keras 2.15 writes it.
  private mutating func downgraded() throws(ModelError) -> ArchiveDraft {
    let model = try Model(archive: archive, options: options)
    var draft = ArchiveDraft(kerasVersion: ModelConverter.keras2, backend: "tensorflow")
    do throws(LayerError) {
      let downgraded = try RewrittenModel(downgrading: model, options: options)
      for note in downgraded.notes {
        report.note(.kept, "\(note.layer) (\(note.className))", note.change)
      }
      let isWidened: Bool
      (draft.weights, isWidened) = try downgraded.arrangement.weights(for: target, .keras2)
      if isWidened { report.noteWidenedWeights() }
      draft.architecture = downgraded.architecture
      draft.assets = ArchiveDraft(archive).assets.filter {
        !downgraded.embeddedFiles.contains($0.path)
      }
    } catch {
      throw ModelError(error, file: archive.path)
    }
    noteTraining()
    return draft
  }

  /// The release in whose manner downgraded models are written.
  static let keras2 = "2.15.0"
}

extension WeightArrangement {
  /// The weights of a model that was opened.
  init(model: Model) {
    let bindings = model.bindings
    self.init(
      root: model.root, walk: VariableWalk(build: model.build, rules: model.rules),
      weight: { bindings.draft(of: $0, named: $1, spec: $2) }, opaque: bindings.opaque)
  }

  /// The names of the variables that training changes, in Keras's order.
  func trainedNames(_ manner: VariableNames.Manner) -> [String] {
    let names = VariableNames(root: root, walk: walk, manner: manner)
    return walk.variables(root).filter(\.isTrainable).map { names[$0] }
  }
}

extension DraftWeights {
  /// Whether an array has another type than the one at its place in other weights.
  func hasOtherTypes(than other: DraftWeights) -> Bool {
    guard case .legacy(let layers) = self, case .legacy(let others) = other else { return false }
    let types = layers.flatMap { $0.weights.map(\.dtype) }
    return types != others.flatMap { $0.weights.map(\.dtype) }
  }

  /// The weights with `bfloat16` widened to `float32`, which Keras casts back when it reads them.
  var withoutBrainFloats: DraftWeights {
    guard case .legacy(var layers) = self else { return self }
    for layer in layers.indices {
      for index in layers[layer].weights.indices {
        let weight = layers[layer].weights[index]
        guard weight.dtype == .bfloat16 else { continue }
        layers[layer].weights[index] = DraftWeight(
          name: weight.name, shape: weight.shape, dtype: .float32
        ) { () throws(ArchiveError) in try weight.read().converted(to: .float32) }
      }
    }
    return .legacy(layers)
  }
}

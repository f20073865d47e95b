import HornbillCore
package import HornbillFormats
import HornbillLayers

/// A model or its weights on the way from one kind of file into another.
///
///     let conversion = try Conversion(contentsOf: "old.h5", to: .keras)
///     for note in conversion.report.notes { print(note) }
///     try conversion.write(to: "new.keras")
///
/// Within one generation of Keras the architecture passes as it is and the weights bit for bit, with everything that Hornbill does not
/// know: classes of others, `Lambda`, optimizer, assets. Weights are read one by one while the file is written.
public struct Conversion: Sendable {
  /// What the conversion changes.
  public private(set) var report: ConversionReport
  /// What the new file is to hold.
  package private(set) var draft: ArchiveDraft

  /// Opens a file and works out what the new one is to hold; no weight is read yet.
  ///
  /// - Parameters:
  ///   - path: a model file of any Keras, or weights, also as npz and safetensors; ``LoadOptions/architecture`` gives the model of
  ///     weights alone.
  ///   - target: the kind of file to make.
  ///   - options: how the file is opened.
  /// - Throws: ``ModelError`` when the file cannot be opened or understood, and with the code `unsupported` when the new kind of file
  ///   cannot say what the model does; the message names the layer.
  public init(
    contentsOf path: String, to target: ConversionTarget, options: LoadOptions = LoadOptions()
  ) throws(ModelError) {
    let archive: ModelArchive?
    let named: [DraftWeight]?
    do {
      named = try NamedArrays.open(path)
      archive = named == nil ? try ModelArchive.open(path, architecture: options.architecture) : nil
    } catch {
      throw ModelError(error)
    }
    guard let archive else {
      try self.init(NamedWeights(path: path, arrays: named ?? []), to: target, options: options)
      return
    }
    try self.init(archive: archive, to: target, options: options)
  }

  /// What is written as it is.
  init(_ draft: ArchiveDraft, from source: String, to target: ConversionTarget) {
    self.draft = draft
    report = ConversionReport(source: source, target: target)
    report.kerasVersion = draft.kerasVersion
    report.weightCount = draft.weights.count
  }

  package init(
    archive: ModelArchive, to target: ConversionTarget, options: LoadOptions = LoadOptions()
  ) throws(ModelError) {
    var converter = ModelConverter(archive: archive, target: target, options: options)
    draft = try converter.converted()
    report = converter.report
    report.kerasVersion = draft.kerasVersion
    report.weightCount = draft.weights.count
  }

  /// A model in the spelling of the generation that the target is of.
  init(_ written: RewrittenModel, to target: ConversionTarget) throws(LayerError) {
    let isKeras2 = target == .h5Keras2
    var draft = ArchiveDraft(
      kerasVersion: isKeras2 ? ModelConverter.keras2 : ModelConverter.keras3,
      backend: "tensorflow")
    let isWidened: Bool
    (draft.weights, isWidened) = try written.arrangement.weights(
      for: target, isKeras2 ? .keras2 : .keras3)
    if target.holdsArchitecture {
      draft.architecture =
        target == .h5
        ? ArchitectureForm.legacy(written.architecture, isKeras3: true) : written.architecture
    }
    var report = ConversionReport(source: "a model in memory", target: target)
    report.kerasVersion = draft.kerasVersion
    report.weightCount = draft.weights.count
    for note in written.notes {
      report.note(.upgraded, "\(note.layer) (\(note.className))", note.change)
    }
    if isWidened { report.noteWidenedWeights() }
    self.draft = draft
    self.report = report
  }

  /// Puts a model's weights in the place of those of the file that it came from.
  mutating func replaceWeights(
    _ arrangement: WeightArrangement, _ manner: VariableNames.Manner
  ) throws(LayerError) {
    let isWidened: Bool
    (draft.weights, isWidened) = try arrangement.weights(
      for: report.target, manner, like: draft.weights)
    if isWidened { report.noteWidenedWeights() }
    report.weightCount = draft.weights.count
  }

  /// Writes the new file; it appears under its name only when it is complete.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - overwriting: whether a file of that name is replaced.
  ///   - maximumShardSize: the most GiB that a file of ``ConversionTarget/sharded`` weights has, as Keras's `max_shard_size`.
  /// - Returns: what the file does not hold because its format has no place for it.
  /// - Throws: ``ModelError`` with the code `archive` when the file cannot be written or the weights cannot be read.
  @discardableResult
  public func write(
    to path: String, overwriting: Bool = false, maximumShardSize: Double = 5
  ) throws(ModelError) -> ConversionReport {
    var report = report
    do {
      let omissions: [Omission]
      switch report.target {
      case .npz:
        try Npz.writeWeights(draft.weights.named, to: path, overwriting: overwriting)
        omissions = []
      case .safetensors:
        try Safetensors.write(draft.weights.named, to: path, overwriting: overwriting)
        omissions = []
      default:
        omissions = try draft.write(
          to: path, as: report.target.format, overwriting: overwriting,
          options: WritingOptions(maximumShardSize: maximumShardSize))
      }
      for omission in omissions {
        let object = omission.object.map { "\(omission.part) \($0)" } ?? omission.part
        report.note(.dropped, object, omission.reason)
      }
    } catch {
      throw ModelError(error)
    }
    return report
  }
}

extension DraftWeights {
  /// The number of arrays.
  package var count: Int {
    switch self {
    case .none: 0
    case .legacy(let layers): layers.reduce(0) { $0 + $1.weights.count }
    case .objectPaths(let objects): objects.reduce(0) { $0 + $1.variables.count }
    }
  }

  /// The arrays under names of their own: the paths of variables, or the names of a legacy file below those of its layers.
  var named: [DraftWeight] {
    switch self {
    case .none:
      return []
    case .objectPaths(let objects):
      return objects.flatMap { $0.variables.map(\.weight) }
    case .legacy(let layers):
      return layers.flatMap { layer in
        layer.weights.map { weight in
          var weight = weight
          if !weight.name.hasPrefix(layer.name + "/") {
            weight.name = "\(layer.name)/\(weight.name)"
          }
          return weight
        }
      }
    }
  }
}

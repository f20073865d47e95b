import HornbillCore
import HornbillHDF5

/// Writes HDF5 files with weights by layer name: whole models and weights alone.
///
/// The order in which objects are made is that of `keras/src/legacy/saving/legacy_h5_format.py`.
struct LegacyHDF5Writer {
  private let draft: ArchiveDraft
  private let format: ArchiveFormat
  private let style: LegacyStyle

  /// Prepares writing.
  ///
  /// - Parameter format: ``ArchiveFormat/legacyModel`` or ``ArchiveFormat/legacyWeights``.
  init(_ draft: ArchiveDraft, _ format: ArchiveFormat) {
    self.draft = draft
    self.format = format
    let known = draft.legacyStyle.flatMap {
      $0.kerasVersion == draft.kerasVersion ? $0 : nil
    }
    style = known ?? LegacyStyle(kerasVersion: draft.kerasVersion)
  }

  /// Writes the file and returns what it cannot hold.
  func write(to path: String, overwriting: Bool) throws(ArchiveError) -> [Omission] {
    let layers: [DraftLayer]
    switch draft.weights {
    case .legacy(let known): layers = known
    case .none: layers = []
    case .objectPaths:
      throw ArchiveError(
        .unsupported, path: path,
        "\(format) keeps weights by layer name, but these are kept by object path; convert them first"
      )
    }
    let isModel = format == .legacyModel
    let architecture =
      isModel ? try ArchitectureText.require(of: draft, path: path, format) : nil
    try HDF5Image.write(to: path, overwriting: overwriting) { (image) throws(ArchiveError) in
      var group = image.root
      if let architecture {
        try writeAttributes(architecture, image)
        group = try image.group(at: "model_weights", of: image.root)
      }
      try write(layers, in: group, &image)
      if isModel, !draft.optimizerWeights.isEmpty {
        let optimizer = try image.group(at: "optimizer_weights", of: image.root)
        try write(draft.optimizerWeights, in: optimizer, &image)
      }
    }
    var parts: Set<DraftPart> = [.weights]
    if isModel { parts.formUnion([.architecture, .training, .optimizer]) }
    return draft.omissions(holding: parts, in: format)
  }

  /// The attributes of the root of a whole model.
  private func writeAttributes(
    _ architecture: JSON, _ image: borrowing HDF5Image
  ) throws(ArchiveError) {
    let root = image.root
    if let version = draft.kerasVersion {
      try image.set("keras_version", .string(version, as: style.rootText), of: root)
    }
    if let backend = draft.backend {
      try image.set("backend", .string(backend, as: style.rootText), of: root)
    }
    try image.set("model_config", text(architecture.withoutVersion), of: root)
    if let training = draft.trainingConfig {
      try image.set("training_config", text(training), of: root)
    }
  }

  /// JSON as Python's `json.dumps` spells it, which is ASCII.
  private func text(_ json: JSON) -> HDF5.AttributeValue {
    .string(json.text(style: .python, ensureASCII: true), as: .variableLength(.ascii))
  }

  private func write(
    _ layers: [DraftLayer], in group: HDF5.Group, _ image: inout HDF5Image
  ) throws(ArchiveError) {
    let own = layers.filter { !$0.isTopLevel }
    try writeNames("layer_names", own.map(\.name), of: group, image)
    if style.namesWeightsBackend, let backend = draft.backend {
      try image.set("backend", bytes(backend), of: group)
    }
    if let version = style.weightsVersion {
      try image.set("keras_version", bytes(version), of: group)
    }
    // In order of their names, so that no group is made on the way to another before its turn.
    for layer in own.sorted(by: { $0.name.precedes($1.name) }) {
      try write(layer.weights, in: image.group(at: layer.name, of: group), &image)
    }
    let topLevel = layers.filter(\.isTopLevel).flatMap(\.weights)
    let hasGroup = own.contains { $0.name == LegacyHDF5Archive.topLevel }
    if !hasGroup, style.hasTopLevelGroup || !topLevel.isEmpty {
      try write(topLevel, in: image.group(at: LegacyHDF5Archive.topLevel, of: group), &image)
    }
  }

  private func write(
    _ weights: [DraftWeight], in group: HDF5.Group, _ image: inout HDF5Image
  ) throws(ArchiveError) {
    try writeNames("weight_names", weights.map(\.name), of: group, image)
    for weight in weights { try image.add(weight, at: weight.name, of: group) }
  }

  private func writeNames(
    _ name: String, _ names: [String], of group: HDF5.Group, _ image: borrowing HDF5Image
  ) throws(ArchiveError) {
    guard let list = NameList(name, names, isFixed: style.hasFixedLists) else {
      throw ArchiveError(
        .limit, path: image.path, object: "\(group.path)@\(name)",
        "a name has more than \(NameList.limit) bytes; shorten it")
    }
    for (attribute, value) in list.attributes { try image.set(attribute, value, of: group) }
  }

  /// What Python writes for encoded text.
  private func bytes(_ text: String) -> HDF5.AttributeValue {
    .strings(bytes: [Array(text.utf8)], shape: [])
  }
}

extension String {
  /// Whether the text comes before another in the order of code points, which is Python's.
  func precedes(_ other: String) -> Bool {
    unicodeScalars.lexicographicallyPrecedes(other.unicodeScalars)
  }
}

/// The parts of a draft that a format may have no place for.
enum DraftPart: CaseIterable {
  case architecture, weights, training, optimizer, otherState, assets, metadata
}

extension ArchiveDraft {
  /// What a format that holds only some parts leaves out.
  func omissions(holding parts: Set<DraftPart>, in format: ArchiveFormat) -> [Omission] {
    var result: [Omission] = []
    func omit(_ part: DraftPart, _ name: String, _ object: String? = nil) {
      guard !parts.contains(part) else { return }
      result.append(Omission(part: name, object: object, reason: "\(format) has no place for it"))
    }
    if architecture != nil { omit(.architecture, "the architecture") }
    switch weights {
    case .none: break
    case .legacy(let layers):
      for layer in layers where !layer.weights.isEmpty {
        omit(.weights, "the weights of", layer.name)
      }
    case .objectPaths(let objects):
      for object in objects where !object.variables.isEmpty {
        omit(.weights, "the weights of", object.path)
      }
    }
    if trainingConfig != nil { omit(.training, "the training configuration") }
    for weight in optimizerWeights { omit(.optimizer, "the optimizer's state", weight.name) }
    for weight in otherEntries { omit(.otherState, "the state", weight.name) }
    for asset in assets { omit(.assets, "the asset", asset.path) }
    for key in KerasMetadata.unknownKeys(of: self) { omit(.metadata, "the metadata", key) }
    return result
  }
}

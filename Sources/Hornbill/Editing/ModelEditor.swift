package import HornbillFormats

/// Changes a model file without understanding more of it than it must, so that unknown layers stay what they are.
///
/// Edits are made in the order in which they are given; the file is written at the end, in the container that it had.
package struct ModelEditor: Sendable {
  /// The file.
  package let archive: ModelArchive
  /// What was done.
  package private(set) var report = EditReport()
  var draft: ArchiveDraft
  var step = EditReport.Step(edit: "")

  /// Opens a file.
  package init(contentsOf path: String) throws(ArchiveError) {
    archive = try ModelArchive.open(path)
    draft = ArchiveDraft(archive)
  }

  /// Makes one change.
  ///
  /// - Throws: ``EditError``, after which the draft is not to be written.
  package mutating func apply(_ edit: Edit) throws(EditError) {
    step = EditReport.Step(edit: edit.description)
    do throws(EditError) {
      switch edit {
      case .rename(let old, let new): try rename(old, to: new)
      case .set(let path, let file): try set(path, to: file)
      case .delete(let path): try delete(path)
      case .cast(let pattern, let dtype): try cast(pattern, to: dtype)
      case .setTrainable(let pattern, let flag): try setTrainable(pattern, flag)
      case .strip(let part): strip(part)
      case .loadWeights(let file, let rules): try loadWeights(file, rules: rules)
      }
    } catch {
      var error = error
      error.edit = edit.description
      throw error
    }
    report.steps.append(step)
  }

  /// Writes the file.
  ///
  /// - Returns: what the container cannot hold.
  /// - Throws: ``ArchiveError``.
  package func write(
    to path: String, overwriting: Bool
  ) throws(ArchiveError) -> [Omission] {
    try draft.write(to: path, as: archive.format, overwriting: overwriting)
  }

  /// The layers of the architecture as it is now; `nil` when the file has none.
  var layers: ArchitectureLayers? { draft.architecture.map { ArchitectureLayers($0) } }

  /// The arrays as they are named now.
  var addresses: [WeightAddress] { draft.addresses(in: archive.format, layers: layers) }

  /// The array of a path.
  ///
  /// - Throws: ``EditError`` with the code `noMatch` or `ambiguous`.
  func address(_ path: String) throws(EditError) -> WeightAddress {
    let all = addresses
    let matches = ModelEditor.matches(path, among: all)
    guard matches.count < 2 else { throw ModelEditor.ambiguous(path, matches.map(\.path)) }
    guard let match = matches.first else {
      throw noMatch("no weight '\(path)'", path, among: all.flatMap(\.spellings))
    }
    return match
  }

  /// The arrays that a path names: by the longest spelling that any of them has.
  static func matches(_ path: String, among all: [WeightAddress]) -> [WeightAddress] {
    let path = path.trimmingSlash
    for length in 0..<3 {
      let matches = all.filter {
        $0.spellings.count > length && $0.spellings[length] == path
      }
      if !matches.isEmpty { return matches }
    }
    return []
  }

  static func ambiguous(_ name: String, _ paths: [String]) -> EditError {
    EditError(.ambiguous, "'\(name)' may be \(paths.prefix(5).joined(separator: " or "))")
  }

  func noMatch(_ complaint: String, _ name: String, among names: [String]) -> EditError {
    EditError(
      .noMatch,
      NearestName.message(
        "\(archive.path) has \(complaint)", name.trimmingSlash, among: names))
  }

  mutating func strip(_ part: EditedPart) {
    let before = draft
    switch part {
    case .optimizer:
      draft.optimizerWeights = []
      draft.removeOptimizerObjects()
      if before.optimizerWeights.isEmpty {
        step.notes.append("the file holds no state of an optimizer")
      } else {
        step.changes.append(
          .init(.deleted, "state", "optimizer (\(before.optimizerWeights.count) arrays)"))
      }
    case .trainingConfig:
      draft.trainingConfig = nil
      draft.architecture = draft.architecture.map { architecture in
        guard let object = architecture.object, object["compile_config"] != nil else {
          return architecture
        }
        return .object(
          .init(object.pairs.filter { $0.key != "compile_config" }.map { ($0.key, $0.value) }))
      }
      if before.trainingConfig == nil, before.architecture == draft.architecture {
        step.notes.append("the file holds no training configuration")
      } else {
        step.changes.append(.init(.deleted, "configuration", "training"))
      }
    }
  }
}

extension String {
  /// The text without a slash before it.
  var trimmingSlash: String { hasPrefix("/") ? String(dropFirst()) : self }
}

import HornbillCore

/// Writes JSON files with a model's configuration alone, as `to_json()` gives them.
///
/// Sources: `Model.to_json` of Keras 3 (`keras/src/models/model.py`), which writes the serialised object, and of Keras
/// 2 (`keras/src/engine/training.py`), which puts the version and the backend beside class and configuration.
struct ArchitectureWriter {
  private let draft: ArchiveDraft

  /// Prepares writing.
  init(_ draft: ArchiveDraft) { self.draft = draft }

  /// Writes the file and returns what it cannot hold.
  func write(to path: String, overwriting: Bool) throws(ArchiveError) -> [Omission] {
    var json = try ArchitectureText.require(of: draft, path: path, .architecture)
    if json["module"] == nil { json = withVersion(json.withoutVersion) }
    var file = try AtomicFile(path: path, overwriting: overwriting)
    try file.write(ArchitectureText.bytes(json))
    try file.commit()
    return draft.omissions(holding: [.architecture], in: .architecture)
  }

  private func withVersion(_ json: JSON) -> JSON {
    guard var object = json.object else { return json }
    if let version = draft.kerasVersion { object["keras_version"] = .string(version) }
    if let backend = draft.backend { object["backend"] = .string(backend) }
    return .object(object)
  }
}

import HornbillCore

/// The text of a configuration in the files that hold one.
enum ArchitectureText {
  /// The bytes of JSON as Python's `json.dumps` spells it.
  static func bytes(_ json: JSON, style: JSONStyle = .python) -> [UInt8] {
    Array(json.text(style: style, ensureASCII: true).utf8)
  }

  /// The architecture of a draft, which a format asks for.
  static func require(
    of draft: ArchiveDraft, path: String, _ format: ArchiveFormat
  ) throws(ArchiveError) -> JSON {
    guard let architecture = draft.architecture else {
      throw ArchiveError(
        .missing, path: path, "\(format) holds an architecture, and there is none to write")
    }
    return architecture
  }
}

extension JSON {
  /// An architecture without the version and the backend that `to_json()` of Keras 2 puts beside it.
  var withoutVersion: JSON {
    guard let object, object["class_name"] != nil else { return self }
    let rest = object.pairs.filter { $0.key != "keras_version" && $0.key != "backend" }
    return .object(JSONObject(rest.map { ($0.key, $0.value) }))
  }
}

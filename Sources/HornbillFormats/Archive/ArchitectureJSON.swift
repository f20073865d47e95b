import HornbillCore

/// JSON files with a model's configuration alone.
enum ArchitectureJSON {
  /// Opens a file by path.
  static func open(_ path: String) throws(ArchiveError) -> ModelArchive {
    try archive(parse(.file(InputFile(path: path))), path: path)
  }

  /// Understands a JSON value as an architecture.
  ///
  /// Accepted are what `to_json()` gives (also when it was written as a JSON string), the `config.json` of a `.keras`
  /// archive, and a bare configuration: an object with `layers`, or Keras 1's list of layers.
  static func archive(_ json: JSON, path: String) throws(ArchiveError) -> ModelArchive {
    var archive = ModelArchive(path: path, format: .architecture)
    archive.kerasVersion = json["keras_version"]?.string
    archive.backend = json["backend"]?.string
    if json["class_name"]?.string != nil, json["config"] != nil {
      archive.architecture = json
    } else if json["layers"]?.array != nil {
      archive.architecture = wrap(json, json["input_layers"] == nil ? "Sequential" : "Functional")
    } else if let layers = json.array, !layers.isEmpty,
      layers.allSatisfy({ $0["class_name"] != nil })
    {
      archive.architecture = wrap(json, "Sequential")
    } else {
      var found = "a JSON value"
      if json["modelTopology"] != nil {
        found = "a TensorFlow.js model; convert it to a Keras file"
      } else if let keys = json.object?.keys {
        found = "the keys \(keys.prefix(8).joined(separator: ", "))".escapedForDisplay
      }
      throw ArchiveError(
        .notAModel, path: path,
        "expected an architecture with 'class_name' and 'config', found \(found)")
    }
    return archive
  }

  private static func wrap(_ config: JSON, _ className: String) -> JSON {
    .object(JSONObject([("class_name", .string(className)), ("config", config)]))
  }

  /// Reads a whole file as JSON; a string that holds JSON is unwrapped.
  static func parse(_ source: ByteSource) throws(ArchiveError) -> JSON {
    let limit = JSONLimits.default.byteCount
    guard source.count <= limit else {
      throw ArchiveError(
        .limit, path: source.path,
        "expected JSON of at most \(limit) bytes, found \(source.count)")
    }
    let bytes = try source.read(at: 0, count: source.count)
    let json = try parse(bytes, path: source.path, object: nil)
    guard case .string(let text) = json else { return json }
    return try parse(text, path: source.path, object: nil)
  }

  /// Reads JSON text.
  static func parse(
    _ text: String, path: String, object: String?
  ) throws(ArchiveError) -> JSON {
    try parse(Array(text.utf8), path: path, object: object)
  }

  /// Reads JSON text.
  static func parse(
    _ bytes: [UInt8], path: String, object: String?
  ) throws(ArchiveError) -> JSON {
    do throws(JSONError) {
      return try JSON(parsing: bytes)
    } catch {
      let isLimit = error.code == .depth || error.code == .size
      throw ArchiveError(
        isLimit ? .limit : .malformed, path: path, object: object, error.description)
    }
  }
}
